package cloudtrail

import (
	"strings"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/program"
)

// LookupMember resolves a name of CloudTrail's own, which is the path of a member of a
// raw event: userIdentity.arn. Rules of Sigma have these names. Unlike a field with an
// ECS name, it has the empty texts that an event has. A structure is its Java text, as
// Elastic stores it. An ECS document is read by the ECS name for the same, where there
// is one: [Field.Name] returns that.
func LookupMember(path string) Field {
	head, below, _ := strings.Cut(path, ".")
	f := Field{name: ecsNames[path], from: path, typ: program.Keyword, source: source{trace: Verbatim}}
	f.top = topKey([]byte(head))
	f.path = below
	switch {
	case f.top < 0:
		f.path, f.raw = path, readUnknownMember
	case below == "" && isJavaText(f.top):
		f = LookupField(ecsNames[path])
		f.from = path
		return f
	case below == "" && !isStructure(f.top):
		f.raw = readMember
	default:
		f.trace, f.raw = JavaText, readMember
	}
	if f.name == "" {
		f.name = flattenedName(f.top, below)
	}
	return f
}

// IsMember reports whether events of CloudTrail have a member of this name, or one that a
// path begins with (AWS CloudTrail User Guide, "CloudTrail record contents").
func IsMember(path string) bool {
	head, _, _ := strings.Cut(path, ".")
	switch head {
	case "addendum", "edgeDeviceDetails", "eventContext", "sharedEventId", "vpcEndpointAccountId":
		return true
	}
	return topKey([]byte(head)) >= 0
}

func isJavaText(top int) bool {
	for _, k := range javaTextTop {
		if k == top {
			return true
		}
	}
	return false
}

func readMember(e *Event, s source) program.Value {
	if s.top == topUserIdentity && s.path != "" && !e.lower {
		var value []byte
		value, s.path = e.identityAt(s.path)
		return e.memberAt(value, s)
	}
	v := e.memberAt(e.member(s.top), s)
	if e.lower && v.Kind() == program.KindNull {
		s.path = strings.ToLower(s.path)
		v = e.memberAt(e.member(s.top), s)
	}
	return v
}

func readUnknownMember(e *Event, s source) program.Value { return e.memberAt(e.body, s) }

// memberAt collects the values at a path, of which an empty text is one.
func (e *Event) memberAt(value []byte, s source) program.Value {
	if s.path == "" && document.KindOf(value) == document.KindText { // as most members are
		text, _ := document.Text(value)
		return program.Text(text)
	}
	start := len(e.list)
	document.Leaves(value, s.path, func(leaf []byte) {
		v := scalar(leaf)
		switch document.KindOf(leaf) {
		case document.KindText:
			text, _ := document.Text(leaf)
			v = program.Text(text)
		case document.KindMap:
			if s.trace != JavaText {
				return
			}
			from := len(e.json)
			if grown, some, err := document.AppendJavaText(e.json, leaf); some && err == nil {
				e.json = grown
				v = program.Text(grown[from:len(grown):len(grown)])
			}
		}
		if v.Kind() != program.KindNull {
			e.list = append(e.list, v)
		}
	})
	return e.collected(start)
}

// ecsNames are the ECS names of what raw events have under names of their own.
var ecsNames = func() map[string]string {
	names := map[string]string{
		"userIdentity.accountId": "cloud.account.id", "userIdentity.userName": "user.name", "userIdentity.principalId": "user.id",
		"requestParameters":   "aws.cloudtrail.request_parameters",
		"responseElements":    "aws.cloudtrail.response_elements",
		"additionalEventData": "aws.cloudtrail.additional_eventdata",
		"serviceEventDetails": "aws.cloudtrail.service_event_details",
		"resources.ARN":       "aws.cloudtrail.resources.arn",
		"resources.accountId": "aws.cloudtrail.resources.account_id",
	}
	for name, f := range mapping {
		if f.trace == Verbatim && !strings.ContainsAny(f.from, " [") && !isFlattened(f.from) {
			names[f.from] = name
		}
	}
	return names
}()

// isFlattened reports whether a path is below one of the structures that keep their
// members' names.
func isFlattened(path string) bool {
	for _, flat := range flattened {
		if strings.HasPrefix(path, flat.from+".") {
			return true
		}
	}
	return false
}

// flattenedName is the ECS name of what is below one of the structures that keep their
// members' names.
func flattenedName(top int, below string) string {
	for _, flat := range flattened {
		if flat.top == top && below != "" {
			return flat.prefix + below
		}
	}
	return ""
}
