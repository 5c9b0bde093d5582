package grant

import (
	"bytes"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// maxStatement bounds the JSON text of a statement. A function's whole policy
// may have 20 KB (AWS Lambda Developer Guide, "Lambda quotas"); a longer text is
// not a statement that AWS stored, and is not parsed.
const maxStatement = 64 << 10

// stored reads the statement as AWS stored it, from the first form of it that
// can be read.
func (src Source) stored() (terms, bool) {
	if t, ok := readStatement(src.StatementValue); ok {
		return t, true
	}
	if t, ok := readStatementJSON(src.Statement); ok {
		return t, true
	}
	return readStatementJSON(statementInResponse(src.ResponseText))
}

func readStatementJSON(text []byte) (terms, bool) {
	if len(text) == 0 || len(text) > maxStatement {
		return terms{}, false
	}
	statement, err := document.AppendFromJSON(nil, text)
	if err != nil {
		return terms{}, false
	}
	return readStatement(statement)
}

// readStatement reads a policy statement (IAM User Guide, "IAM JSON policy
// elements reference"). A map with none of Principal, Action and Resource is
// none.
func readStatement(statement []byte) (terms, bool) {
	var t terms
	principals, some := document.GetFold(statement, "Principal")
	if some {
		t.principals = readPrincipals(principals)
	}
	if actions, ok := document.GetFold(statement, "Action"); ok {
		t.actions, some = readTexts(actions, plainText), true
	}
	if resources, ok := document.GetFold(statement, "Resource"); ok {
		t.functions, some = readFunctions(resources), true
	}
	if !some {
		return terms{}, false
	}
	t.statementID = textUnder(statement, "Sid")
	t.denies = strings.EqualFold(textUnder(statement, "Effect"), "Deny")
	if condition, ok := document.GetFold(statement, "Condition"); ok {
		t.conditions = readConditions(condition)
	}
	return t, true
}

func textUnder(m []byte, key string) string {
	value, _ := document.GetFold(m, key)
	text, _ := document.Text(value)
	return string(text)
}

// statementInResponse finds the statement's JSON text in the Java text of
// responseElements, {statement={"Sid":…}}. Statement is the only element of
// AddPermission's response (Lambda API model, shape AddPermissionResponse), so
// the JSON is all there is between the braces.
func statementInResponse(text []byte) []byte {
	const opening = "{statement="
	text = bytes.TrimSpace(text)
	if len(text) <= len(opening) || !bytes.EqualFold(text[:len(opening)], []byte(opening)) {
		return nil
	}
	statement, _ := bytes.CutSuffix(text[len(opening):], []byte("}"))
	return statement
}
