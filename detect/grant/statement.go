package grant

import (
	"bytes"

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
	statement, err := document.AppendFromJSON(make([]byte, 0, len(text)+roomForHeaders), text)
	if err != nil {
		return terms{}, false
	}
	return readStatement(statement)
}

// roomForHeaders is how much longer a statement mostly is as MessagePack than as text.
const roomForHeaders = 32

// The members of a statement, and their places in statementNames.
const (
	memberPrincipal = iota
	memberAction
	memberResource
	memberSid
	memberEffect
	memberCondition
	memberCount
)

var statementNames = [memberCount]string{"Principal", "Action", "Resource", "Sid", "Effect", "Condition"}

// readStatement reads a policy statement (IAM User Guide, "IAM JSON policy
// elements reference"). A map with none of Principal, Action and Resource is
// none.
func readStatement(statement []byte) (terms, bool) {
	var m [memberCount][]byte
	document.GetFolds(statement, statementNames[:], m[:])
	if m[memberPrincipal] == nil && m[memberAction] == nil && m[memberResource] == nil {
		return terms{}, false
	}
	effect, _ := document.Text(m[memberEffect])
	return terms{
		function:    m[memberResource],
		action:      m[memberAction],
		principal:   m[memberPrincipal],
		statementID: m[memberSid],
		condition:   m[memberCondition],
		denies:      bytes.EqualFold(effect, []byte("Deny")),
	}, true
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
