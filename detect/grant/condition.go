package grant

import (
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// conditions are what narrows a grant.
type conditions struct {
	sourceAccounts, sourceARNs, orgIDs, urlAuthTypes []string

	token  bool // the invoker must supply a token (lambda:EventSourceToken)
	viaURL bool // only calls through the function's URL count
}

// readConditions reads a statement's Condition element, which maps an operator
// to keys and each key to a value or a list of them.
//
// Of the operators, those count that AddPermission stores and their closest
// kin. The others do not narrow, or not to the values they name: StringNotEquals
// excludes, and the …IfExists and ForAllValues: forms let a request pass that
// does not have the key at all.
func readConditions(condition []byte) conditions {
	var c conditions
	// An error means that the element is cut off; what came before it is kept
	// out too, so that half a condition narrows nothing.
	if err := document.Each(condition, func(key, keys []byte) bool {
		operator, _ := document.Text(key)
		switch strings.ToLower(string(operator)) {
		case "stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "bool":
			c.read(keys)
		}
		return true
	}); err != nil {
		return conditions{}
	}
	return c
}

// read adds the keys under one operator. Keys are compared without regard to
// case: AWS stores AWS:SourceArn but aws:PrincipalOrgID.
func (c *conditions) read(keys []byte) {
	// The caller walked over keys already, so they are well formed.
	_ = document.Each(keys, func(key, value []byte) bool {
		name, _ := document.Text(key)
		switch strings.ToLower(string(name)) {
		case "aws:sourceaccount":
			c.sourceAccounts = readTexts(c.sourceAccounts, value, accountText)
		case "aws:sourcearn":
			c.sourceARNs = readTexts(c.sourceARNs, value, plainText)
		case "aws:principalorgid":
			c.orgIDs = readTexts(c.orgIDs, value, plainText)
		case "lambda:functionurlauthtype":
			c.urlAuthTypes = readTexts(c.urlAuthTypes, value, plainText)
		case "lambda:eventsourcetoken":
			c.token = true
		case "lambda:invokedviafunctionurl":
			c.viaURL = isTrue(value)
		}
		return true
	})
}

// widest returns the value that narrows least if a condition lists several:
// the first of which wide says so, else the first of all. AddPermission stores
// one value a condition.
func widest(values []string, wide func(string) bool) string {
	for _, value := range values {
		if wide(value) {
			return value
		}
	}
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// isOrganizationID reports whether text is the ID of an organization: o- and 10
// to 32 lower-case letters or digits (Lambda API model, shape PrincipalOrgID).
// A pattern such as o-* names every organization and is none.
func isOrganizationID(text string) bool {
	id, found := strings.CutPrefix(text, "o-")
	if !found || len(id) < 10 || len(id) > 32 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isTrue reports whether value is true, as a boolean or, as in policies, a text.
func isTrue(value []byte) bool {
	if b, ok := document.Bool(value); ok {
		return b
	}
	text, ok := document.Text(value)
	return ok && strings.EqualFold(string(text), "true")
}

// plainText reads a text.
func plainText(value []byte) (string, bool) {
	text, ok := document.Text(value)
	return string(text), ok
}

// readTexts appends a value that is one text or a list of them, each of them read with
// read. What is neither is passed over.
func readTexts(dst []string, value []byte, read func([]byte) (string, bool)) []string {
	if !document.IsArray(value) {
		if text, ok := read(value); ok {
			dst = append(dst, text)
		}
		return dst
	}
	texts := dst
	items := document.OverArray(value)
	for items.Next() {
		if text, ok := read(items.Value); ok {
			texts = append(texts, text)
		}
	}
	if items.Err() != nil {
		return dst
	}
	return texts
}
