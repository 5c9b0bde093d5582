package grant

import (
	"bytes"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// javaText takes apart what Java's Map.toString makes of requestParameters. The
// text does not say where a value ends: {functionName=f, sourceArn=a, principal=b}
// may be three parameters, or two of which the second is "a, principal=b". What
// AWS checks before it answers with success tells most of them apart. The Lambda
// API model gives every parameter of AddPermission a pattern, and only
// SourceArn's, which ends in (.*), lets a comma and a space pass. (RevisionId has
// none, but has to equal what AWS itself made.) Hence:
//
//   - Up to the first sourceArn the text is what it seems: nobody can make a
//     parameter appear there that was not sent. The same goes for the first key
//     that the model does not know, as nobody knows what its value may contain.
//   - After it, what looks like a parameter may be a part of the ARN. The
//     required ones (functionName, action, principal) are there in truth, so one
//     that is found exactly once, and not before, is the real one.
//   - A required one that is found twice after it is ambiguous: of the functions
//     or principals, what all have in common is reported, and all actions are.
//   - AddPermission has no parameter that is a list or a map. What looks like one
//     is kept as it is written, which makes an action or a principal of no kind.
//   - principalOrgID, the one optional parameter that makes a relation look
//     better, is not believed after it.
type javaText struct {
	found  map[string][]string // values of a known parameter, by name in lower case
	before map[string]bool     // parameters that were found where nothing can be forged
}

// parameterNames are the members of AddPermissionRequest in the Lambda API model,
// in lower case.
var parameterNames = [...]string{
	"functionname", "statementid", "action", "principal", "sourcearn", "sourceaccount",
	"eventsourcetoken", "qualifier", "revisionid", "principalorgid",
	"functionurlauthtype", "invokedviafunctionurl",
}

// readRequestText reads the Java text of requestParameters.
func readRequestText(text []byte) (terms, bool) {
	text = bytes.TrimSpace(text)
	if len(text) < 2 || text[0] != '{' || text[len(text)-1] != '}' {
		return terms{}, false
	}
	j := javaText{found: map[string][]string{}, before: map[string]bool{}}
	j.read(string(text[1 : len(text)-1]))

	t, ok := readRequest(j.appendParameters(nil))
	t.eitherFunction = len(j.found["functionname"]) > 1
	t.eitherPrincipal = len(j.found["principal"]) > 1
	t.eitherAction = len(j.found["action"]) > 1
	return t, ok
}

// read takes the text between the braces apart.
func (j *javaText) read(rest string) {
	forgeable := false
	for rest != "" {
		var key, value string
		key, value, rest = cutParameter(rest)
		name := strings.ToLower(key)
		if isParameter(name) {
			j.add(name, value, forgeable)
		}
		// The values of the other parameters have no ", " inside. One that does
		// is not what the model promises, so neither is what follows it.
		if !isParameter(name) || name == "sourcearn" || strings.Contains(value, ", ") {
			forgeable = true
		}
	}
}

// add notes a parameter. What is certain stays so, with anything after it.
func (j *javaText) add(name, value string, forgeable bool) {
	if forgeable && (j.before[name] || name == "principalorgid") {
		return
	}
	j.before[name] = j.before[name] || !forgeable
	j.found[name] = append(j.found[name], value)
}

// cutParameter splits text before the first ", key=", and what is before that
// into a key and a value. Text that does not start with "key=" has an empty key.
func cutParameter(text string) (key, value, rest string) {
	key, _, found := strings.Cut(text, "=")
	if !found || !isKey(key) {
		key = ""
	} else {
		text = text[len(key)+1:]
	}
	for at := 0; ; {
		comma := strings.Index(text[at:], ", ")
		if comma < 0 {
			return key, text, ""
		}
		at += comma
		next := text[at+2:]
		// A key is short, so the search for its end need not go far.
		if candidate, _, found := strings.Cut(next[:min(len(next), 64)], "="); found && isKey(candidate) {
			return key, text[:at], next
		}
		at += 2
	}
}

func isKey(text string) bool {
	if text == "" || len(text) > 63 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

func isParameter(name string) bool {
	for _, known := range parameterNames {
		if name == known {
			return true
		}
	}
	return false
}

// appendParameters appends the parameters as a MessagePack map, so that a
// request of any form is read in one way. A required parameter
// that was found more than once is a list; an optional one is left out.
func (j *javaText) appendParameters(dst []byte) []byte {
	var names []string
	for _, name := range parameterNames {
		if n := len(j.found[name]); n == 1 || (n > 1 && isRequired(name)) {
			names = append(names, name)
		}
	}
	dst = msgp.AppendMapHeader(dst, uint32(len(names)))
	for _, name := range names {
		dst = msgp.AppendString(dst, name)
		values := j.found[name]
		if len(values) > 1 {
			dst = msgp.AppendArrayHeader(dst, uint32(len(values)))
		}
		for _, value := range values {
			dst = msgp.AppendString(dst, value)
		}
	}
	return dst
}

func isRequired(name string) bool {
	return name == "functionname" || name == "action" || name == "principal"
}
