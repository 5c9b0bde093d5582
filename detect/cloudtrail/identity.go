package cloudtrail

import (
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// appendIdentity appends what the Java text of a userIdentity says, as a map:
// {type=IAMUser, principalId=AIDA…, arn=…}, as a table of Athena's prints the
// column and java.util.Map does. It returns false if that cannot be told.
//
// The text does not say where a value ends, and who calls may choose some of them. Hence:
//
//   - It begins with the type. Types of which AWS lets no value have a comma and a
//     space in it are read (IAM API reference, the patterns of UserName, RoleName,
//     Path and RoleSessionName; STS, of a federated user's Name). Of others, whose
//     names come from an identity provider, nothing but the type is.
//   - It is read up to the first unknown key, since its value may contain anything:
//     above all the attributes that a provider vouches for. Of a key that is repeated
//     the first counts.
//   - A path may have a brace in it. One ends a value only if the text goes on as it
//     must, to its very end.
func appendIdentity(dst []byte, text string) (identity []byte, ok bool) {
	rest, isMap := strings.CutPrefix(strings.TrimSpace(text), "{type=")
	if !isMap {
		return dst, false
	}
	name, _, _ := strings.Cut(rest, ",")
	name = strings.TrimSuffix(name, "}")
	if !isKey(name) {
		return dst, false
	}
	r := identityReader{dst: dst, rest: "{type=" + rest}
	if boundedTypes[name] && r.readMap(0) && (r.stopped || r.rest == "") {
		return r.dst, true
	}
	if boundedTypes[name] {
		return dst, false
	}
	dst = msgp.AppendMapHeader(dst, 1)
	dst = msgp.AppendString(dst, "type")
	return msgp.AppendString(dst, name), true
}

// boundedTypes are the types of identities of which no value has a comma and a
// space in it.
var boundedTypes = map[string]bool{
	"Root": true, "IAMUser": true, "AssumedRole": true, "Role": true, "FederatedUser": true,
	"AWSAccount": true, "AWSService": true, "IdentityCenterUser": true,
}

// identityKeys are the members of a userIdentity that are read, in lower case, and
// whether they are structures.
var identityKeys = map[string]bool{
	"type": false, "principalid": false, "arn": false, "accountid": false, "accesskeyid": false,
	"username": false, "invokedby": false, "credentialid": false, "sourceidentity": false,
	"userid": false, "identitystorearn": false, "creationdate": false, "mfaauthenticated": false,
	"ec2roledelivery": false,
	"sessioncontext":  true, "sessionissuer": true, "attributes": true, "onbehalfof": true,
}

// maxIdentityDepth is how deep structures nest in a userIdentity that is read.
const maxIdentityDepth = 4

// identityReader reads the Java text of a userIdentity from left to right.
type identityReader struct {
	dst     []byte
	rest    string // what is ahead
	stopped bool   // at a key that is not known
}

// readMap reads a map and appends it. It returns false if the text is not one.
func (r *identityReader) readMap(depth int) bool {
	inner, isMap := strings.CutPrefix(r.rest, "{")
	if !isMap || depth > maxIdentityDepth {
		return false
	}
	r.rest = inner
	at, pairs, seen := len(r.dst), 0, map[string]bool{}
	r.dst = append(r.dst, 0xdf, 0, 0, 0, 0)
	for {
		before := len(r.dst)
		name, some, ok := r.readPair(depth)
		if !ok {
			return false
		}
		if some && !seen[name] {
			seen[name] = true
			pairs++
		} else {
			r.dst = r.dst[:before]
		}
		if next, more := strings.CutPrefix(r.rest, ", "); more && !r.stopped {
			r.rest = next
			continue
		}
		break
	}
	r.dst = setMapHeader(r.dst, at, pairs)
	if r.stopped {
		return true
	}
	after, closed := strings.CutPrefix(r.rest, "}")
	r.rest = after
	return closed
}

// readPair reads a key and its value, and appends them if there is some value.
func (r *identityReader) readPair(depth int) (name string, some, ok bool) {
	key, value, found := strings.Cut(r.rest, "=")
	if !found || !isKey(key) {
		return "", false, false
	}
	name = strings.ToLower(key)
	structure, known := identityKeys[name]
	if strings.HasPrefix(value, "null, ") || strings.HasPrefix(value, "null}") {
		r.rest = value[len("null"):]
		return name, false, true
	}
	if !known {
		r.stopped = true
		return name, false, true
	}
	r.dst = msgp.AppendString(r.dst, key)
	r.rest = value
	if structure {
		return name, true, r.readMap(depth + 1)
	}
	n := endOfJavaValue(value)
	if n < 0 {
		return "", false, false
	}
	r.dst = msgp.AppendString(r.dst, value[:n])
	r.rest = value[n:]
	return name, n > 0, true
}

// endOfJavaValue returns where a value without a comma and a space in it ends: before
// those, or before the braces that end the structures around it. It returns -1 for
// nowhere.
func endOfJavaValue(text string) int {
	for i := 0; i < len(text); i++ {
		end := i
		for i < len(text) && text[i] == '}' {
			i++
		}
		if end < i && i == len(text) || strings.HasPrefix(text[i:], ", ") {
			return end
		}
	}
	return -1
}

// isKey reports whether text is a name as CloudTrail's keys and types have them.
func isKey(text string) bool {
	for i := range len(text) {
		c := text[i] | 0x20
		if (c < 'a' || c > 'z') && (text[i] < '0' || text[i] > '9' || i == 0) {
			return false
		}
	}
	return text != "" && len(text) < 64
}
