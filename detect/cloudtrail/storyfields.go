package cloudtrail

import (
	"strings"

	"github.com/trailwire/trailwire/detect/program"
)

// StoryField is what a field says of a grant that was used, or closed. Such a field is
// answered by package detect, which remembers the grants that are open. An event is never
// read by its name, as with a [GrantField].
type StoryField uint8

// The fields, by the names in storyNames.
const (
	UseAction StoryField = iota + 1
	UseTakesOut
	UseAccount
	UsePrincipal
	UseCount
	UseLate
	UseResource
	UseResourceType
	UseRelation
	UseGrantedBefore
	UseAfterClosing
	UseForgotten
	ClosingHow
	ClosingUsed
	ClosingStood
	ClosingAccount
	ClosingPrincipal
	ClosingResource
	ClosingResourceType
	ClosingRelation
	storyFields
)

// unknownStoryField is a name below the prefixes that means nothing. It is null.
const unknownStoryField StoryField = 255

// The names of the fields begin with one of these.
const (
	UsePrefix     = "trailwire.use."
	ClosingPrefix = "trailwire.closing."
)

var storyNames = [storyFields]struct {
	name, from string
	typ        program.FieldType
}{
	UseAction:           {UsePrefix + "action", "what the outsider did, as IAM names it: lambda:InvokeFunction", program.Keyword},
	UseTakesOut:         {UsePrefix + "takes_out", "whether data, code, secrets or credentials came out", program.Boolean},
	UseAccount:          {UsePrefix + "account", "the outsider's account", program.Keyword},
	UsePrincipal:        {UsePrefix + "principal", "the outsider, as far as the owner's trail tells", program.Keyword},
	UseCount:            {UsePrefix + "count", "how often so far", program.Long},
	UseLate:             {UsePrefix + "late", "whether the use came in before the grant", program.Boolean},
	UseResource:         {UsePrefix + "resource", "the ARN of what was used", program.Keyword},
	UseResourceType:     {UsePrefix + "resource_type", "its type, as in CloudFormation", program.Keyword},
	UseRelation:         {UsePrefix + "relation", "what the grant's principal is to the account: public, cross_account, …", program.Keyword},
	UseGrantedBefore:    {UsePrefix + "granted_before", "whether the outsider used the resource before the grant was seen", program.Boolean},
	UseAfterClosing:     {UsePrefix + "after_closing", "whether the use happened after the grant was closed", program.Boolean},
	UseForgotten:        {UsePrefix + "forgotten", "whether the grant's details were given up, because the memory was full", program.Boolean},
	ClosingHow:          {ClosingPrefix + "how", "removed, replaced or deleted", program.Keyword},
	ClosingUsed:         {ClosingPrefix + "used", "whether a use was seen", program.Boolean},
	ClosingStood:        {ClosingPrefix + "stood_seconds", "how long the grant was open", program.Long},
	ClosingAccount:      {ClosingPrefix + "account", "the account that was let in, where one is named", program.Keyword},
	ClosingPrincipal:    {ClosingPrefix + "principal", "who was let in, as written", program.Keyword},
	ClosingResource:     {ClosingPrefix + "resource", "the ARN of what was open", program.Keyword},
	ClosingResourceType: {ClosingPrefix + "resource_type", "its type, as in CloudFormation", program.Keyword},
	ClosingRelation:     {ClosingPrefix + "relation", "what the principal was to the account: public, cross_account, …", program.Keyword},
}

// closedStories are the fields that have a few values and no others, in order.
var closedStories = map[StoryField][]string{
	UseRelation:     closedGrants[GrantRelation],
	ClosingRelation: closedGrants[GrantRelation],
	ClosingHow:      {"deleted", "removed", "replaced"},
}

// IsOfUse reports whether the field is about a use.
func (f StoryField) IsOfUse() bool { return f != 0 && f < ClosingHow }

// IsOfClosing reports whether the field is about a closing.
func (f StoryField) IsOfClosing() bool { return f >= ClosingHow && f < storyFields }

var storyByName = func() map[string]StoryField {
	fields := make(map[string]StoryField)
	for f := UseAction; f < storyFields; f++ {
		fields[storyNames[f].name] = f
	}
	return fields
}()

func lookupStoryField(name string) (Field, bool) {
	if !strings.HasPrefix(name, UsePrefix) && !strings.HasPrefix(name, ClosingPrefix) {
		return Field{}, false
	}
	f, known := storyByName[name]
	if !known {
		return Field{name: name, story: unknownStoryField}.is(program.Keyword), true
	}
	about := "a grant that was used: "
	if f.IsOfClosing() {
		about = "a grant that was closed: "
	}
	return Field{name: name, from: about + storyNames[f].from, story: f}.is(storyNames[f].typ), true
}

// StoryFieldNames returns the names of all fields about used and closed grants, in no order.
func StoryFieldNames() []string {
	names := make([]string, 0, len(storyByName))
	for name := range storyByName {
		names = append(names, name)
	}
	return names
}
