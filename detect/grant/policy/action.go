package policy

import "strings"

// Class says what actions are good for. Several may hold.
type Class uint8

// The classes, after the access levels of the Service Authorization Reference.
const (
	// ClassRead is its levels List and Read: data or settings come out.
	ClassRead Class = 1 << iota

	// ClassWrite is its levels Write and Tagging: data or settings change, or
	// something is run.
	ClassWrite

	// ClassAdmin is its level Permissions management: who may do what changes.
	ClassAdmin
)

// Names returns the names of the classes: read, write, admin, in this order.
func (c Class) Names() []string {
	var names []string
	for _, class := range [...]struct {
		class Class
		name  string
	}{{ClassRead, "read"}, {ClassWrite, "write"}, {ClassAdmin, "admin"}} {
		if c&class.class != 0 {
			names = append(names, class.name)
		}
	}
	return names
}

// ClassesOf returns what actions are good for.
func ClassesOf(actions []string) Class {
	var classes Class
	for _, action := range actions {
		classes |= classOf([]byte(action))
	}
	return classes
}

const allClasses = ClassRead | ClassWrite | ClassAdmin

// readVerbs begin the names of actions that read. They are the verbs that have
// the level List or Read in most actions of the Service Authorization Reference
// that begin with them. Decrypt is there with the level Write; it is listed here
// since what it is good for is reading.
var readVerbs = [...]string{
	"get", "list", "describe", "search", "query", "scan", "select", "lookup", "view", "read",
	"download", "check", "detect", "validate", "discover", "count", "preview", "estimate", "calculate",
	"receive", "head", "decrypt", "batchget", "batchdescribe", "batchlist", "batchdetect", "batchcheck",
	"batchread", "partiqlselect", "eshttpget", "eshttphead", "simulate",
}

// adminNouns are in the names of actions that change who may do what.
var adminNouns = [...]string{
	"policy", "policies", "permission", "grant", "objectacl", "bucketacl", "objectversionacl", "publicaccess",
	"ownershipcontrols",
}

// adminActions change who may do what, and do not say so in their names.
var adminActions = [...]string{
	"sns:settopicattributes", "sqs:setqueueattributes", "ec2:modifysnapshotattribute", "ec2:modifyimageattribute",
	"rds:modifydbsnapshotattribute", "rds:modifydbclustersnapshotattribute", "redshift:authorizesnapshotaccess",
	"redshift:authorizeendpointaccess", "redshift:authorizedatashare",
}

// classOf returns the classes of an action as a policy writes it: a name with
// the prefix of its service, in any case, perhaps with IAM's wildcards. A
// pattern has the classes of all that it may match. What is not an action
// has none.
//
// The rule looks at the name alone: an action that begins with a verb of
// readVerbs reads; another one with a noun of adminNouns is about permissions;
// any other writes.
func classOf(action []byte) Class {
	if len(action) > maxAction {
		return 0
	}
	var buffer [maxAction]byte
	for i := range action {
		buffer[i] = lower(action[i])
	}
	full := string(buffer[:len(action)])
	if full == "*" {
		return allClasses
	}
	_, name, found := strings.Cut(full, ":")
	if !found { // SQS and SNS log actions without the prefix of the service
		name = full
	}
	known, isPattern := name, false
	if at := strings.IndexAny(name, "*?"); at >= 0 {
		known, isPattern = name[:at], true
	}
	switch {
	case isPattern:
		return classOfPattern(known)
	case name == "":
		return 0
	case beginsWithVerb(name):
		return ClassRead
	case hasAdminNoun(name) || isAdminAction(full):
		return ClassAdmin
	}
	return ClassWrite
}

// maxAction is longer than any action's name: the longest in the Service
// Authorization Reference has 71 characters with its prefix.
const maxAction = 128

// classOfPattern returns the classes of the actions whose names begin with
// known, which is all that a wildcard left.
func classOfPattern(known string) Class {
	if beginsWithVerb(known) {
		return ClassRead
	}
	classes := ClassWrite | ClassAdmin
	for _, verb := range readVerbs {
		if strings.HasPrefix(verb, known) {
			return classes | ClassRead
		}
	}
	return classes
}

func beginsWithVerb(name string) bool {
	for _, verb := range readVerbs {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

func hasAdminNoun(name string) bool {
	for _, noun := range adminNouns {
		if strings.Contains(name, noun) {
			return true
		}
	}
	return false
}

func isAdminAction(full string) bool {
	for _, action := range adminActions {
		if full == action {
			return true
		}
	}
	return false
}
