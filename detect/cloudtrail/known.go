package cloudtrail

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/program"
)

// documentFields are the fields that a raw event does not answer and a document of
// Elastic's may have: those of the integration's fields.yml and of its agent. A name that
// ends in a dot means all below it.
var documentFields = []string{
	"actor.entity.id", "agent.", "aws.cloudtrail.additional_eventdata.text", "aws.cloudtrail.digest.",
	"aws.cloudtrail.flattened.additional_eventdata", "aws.cloudtrail.flattened.digest", "aws.cloudtrail.flattened.insight_details",
	"aws.cloudtrail.flattened.request_parameters", "aws.cloudtrail.flattened.response_elements",
	"aws.cloudtrail.flattened.service_event_details", "aws.cloudtrail.insight_details", "aws.cloudtrail.request_parameters.text",
	"aws.cloudtrail.response_elements.text", "aws.cloudtrail.service_event_details.text", "aws.s3.",
	"client.user.", "cloud.account.name", "cloud.availability_zone", "cloud.instance.", "cloud.machine.", "cloud.project.", "cloud.service.name",
	"data_stream.namespace", "ecs.version", "elastic_agent.", "entity.", "error.", "event.agent_id_status", "event.code", "event.created",
	"event.duration", "event.end", "event.hash", "event.ingested", "event.original", "event.reason", "event.reference", "event.risk_score",
	"event.risk_score_norm", "event.sequence", "event.severity", "event.start", "event.timezone", "event.url",
	"file.hash.", "file.path", "host.", "input.type", "kibana.", "labels.", "log.", "message", "observer.", "organization.",
	"related.", "service.", "source.as.", "source.bytes", "source.domain", "source.geo.", "source.nat.", "source.packets", "source.port",
	"source.user.", "tags", "target.entity.id", "threat.", "tls.established", "tls.resumed",
	"user.changes.", "user.domain", "user.email", "user.entity.", "user.full_name", "user.hash", "user.risk.", "user.roles", "user.target.",
	"user_agent.device.", "user_agent.name", "user_agent.os.", "user_agent.version",
}

// IsKnown reports whether an event, raw or a document of Elastic's, may have a field of
// this name. A document can be given any other field too; only a rule's author knows of it.
func IsKnown(name string) bool {
	if _, ok := mapping[name]; ok {
		return true
	}
	if about, ok := strings.CutPrefix(name, GrantPrefix); ok {
		return grantByName[about] != 0
	}
	if strings.HasPrefix(name, UsePrefix) || strings.HasPrefix(name, ClosingPrefix) {
		return storyByName[name] != 0
	}
	for _, flat := range flattened {
		if strings.HasPrefix(name, flat.prefix) {
			return true
		}
	}
	for _, known := range documentFields {
		if name == known || strings.HasSuffix(known, ".") && strings.HasPrefix(name, known) {
			return true
		}
	}
	whole, isText := strings.CutSuffix(name, ".text") // the multi-fields of Elastic's mapping
	return isText && IsKnown(whole)
}

// Suggest returns the field that somebody may have meant by a name that is not known:
// that which is read from the member of a raw event with the name, else the one that is
// spelled most like it. It is empty if none is near.
func Suggest(name string) string {
	for known, f := range mapping {
		if strings.EqualFold(f.from, name) {
			return known
		}
	}
	for _, flat := range flattened {
		if head, member, found := strings.Cut(name, "."); found && strings.EqualFold(head, flat.from) {
			return flat.prefix + member
		}
	}
	candidates := make([]string, 0, len(mapping)+len(documentFields)+len(flattened))
	for known := range mapping {
		candidates = append(candidates, known)
	}
	if strings.HasPrefix(name, "trailwire.") {
		candidates = append(append(candidates, GrantFieldNames()...), StoryFieldNames()...)
	}
	for _, known := range documentFields {
		if !strings.HasSuffix(known, ".") {
			candidates = append(candidates, known)
		}
	}
	for _, flat := range flattened {
		if parts := strings.SplitN(name, ".", 5); len(parts) == 5 {
			candidates = append(candidates, flat.prefix+parts[4])
		}
	}
	slices.Sort(candidates) // of several that are as near, always the same
	return Nearest(name, candidates)
}

// Nearest returns the candidate that a text is most likely a misspelling of: the fewest
// letters differ, case not counted, and at most a fifth of them. It is empty if there
// is none.
func Nearest(text string, candidates []string) string {
	nearest, least := "", max(2, len(text)/5)+1
	for _, candidate := range candidates {
		if d := distance(strings.ToLower(text), strings.ToLower(candidate), least); d < least {
			nearest, least = candidate, d
		}
	}
	return nearest
}

// distance is how many bytes of a have to be replaced, left out or put in to make b of
// it (Levenshtein's distance), or limit if it is that many or more.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
			least = min(least, row[j+1])
		}
		if least >= limit {
			return limit
		}
	}
	return min(row[len(b)], limit)
}

// closed are the fields that have a few values and no others: constants of Elastic's
// pipeline and the allowed values of ECS. What an event may have in event.category and
// event.type comes from the table of calls.
var closed = map[string][]string{
	"event.outcome":       {"failure", "success", "unknown"},
	"event.kind":          {"alert", "event", "pipeline_error"},
	"event.dataset":       {"aws.cloudtrail"},
	"event.module":        {"aws"},
	"data_stream.dataset": {"aws.cloudtrail"},
	"data_stream.type":    {"logs"},
	"cloud.provider":      {"aws"},
	"event.category":      valuesInTable(func(row categorization) []string { return []string{row.category} }),
	"event.type":          valuesInTable(func(row categorization) []string { return strings.Fields(row.kinds) }),
}

// spelled are values that AWS writes in one way, of fields that may have others too
// (AWS CloudTrail User Guide, "CloudTrail record contents" and "userIdentity element").
var spelled = map[string][]string{
	"aws.cloudtrail.user_identity.type": {
		"AWSAccount", "AWSService", "AssumedRole", "Directory", "FederatedUser", "IAMUser", "IdentityCenterUser", "Role", "Root",
		"SAMLUser", "Unknown", "WebIdentityUser",
	},
	"aws.cloudtrail.event_type": {
		"AwsApiCall", "AwsConsoleAction", "AwsConsoleSignIn", "AwsCloudTrailInsight", "AwsServiceEvent", "AwsVpceEvent",
	},
	"aws.cloudtrail.event_category":                                    {"Data", "Insight", "Management", "NetworkActivity"},
	"aws.cloudtrail.user_identity.session_context.session_issuer.type": {"IAMUser", "Role", "Root"},
	"event.action": actionsInTable(func(categorization) bool { return true }),
}

// Values returns the values that the field can have and no others can, in order. It
// returns none if it can have any.
func (f Field) Values() []string {
	if f.grant != 0 {
		return closedGrants[f.grant&^GrantWorst]
	}
	if f.story != 0 {
		return closedStories[f.story]
	}
	return closed[f.name]
}

// Spelled returns values that the field has in this case of letters only. It may have
// others.
func (f Field) Spelled() []string { return spelled[f.name] }

// IsSingle reports whether an event has at most one value in the field. It is false for
// a field that is not in the table.
func (f Field) IsSingle() bool {
	switch f.name {
	case "event.category", "event.type", "related.user":
		return false // lists, in a document of Elastic's
	}
	_, known := mapping[f.name]
	return known && f.top != topResources && f.top != topRequestParameters && f.top != topResponseElements && !strings.HasPrefix(f.name, "aws.cloudtrail.resources.")
}

// Categorized returns what Elastic's pipeline makes of a call: its event.category, which
// may be empty, and the values of event.type.
func Categorized(action string) (category string, kinds []string) {
	row, ok := categories[action]
	if !ok {
		return "", []string{"info"}
	}
	return row.category, strings.Fields(row.kinds)
}

// CallsOf returns the calls that have an event.category, in order.
func CallsOf(category string) []string {
	return actionsInTable(func(row categorization) bool { return row.category == category })
}

func actionsInTable(wanted func(categorization) bool) (actions []string) {
	for action, row := range categories {
		if wanted(row) {
			actions = append(actions, action)
		}
	}
	slices.Sort(actions)
	return actions
}

func valuesInTable(of func(categorization) []string) (values []string) {
	for _, row := range categories {
		values = append(values, of(row)...)
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// TextsValue is the value of a field that has these texts.
func TextsValue(texts []string) program.Value {
	if len(texts) == 0 {
		return program.Null()
	}
	list := make([]program.Value, len(texts))
	for i, text := range texts {
		list[i] = program.Text([]byte(text))
	}
	return program.List(list)
}

// Fields returns every field that raw events or documents of Elastic's integration have,
// in the order of their names. One whose name ends in .* stands for all members below a
// structure, each of which is a field by its own name.
func Fields() []Field {
	names := append(append(KnownFields(), GrantFieldNames()...), StoryFieldNames()...)
	for name := range absent {
		names = append(names, name)
	}
	for _, flat := range flattened {
		names = append(names, strings.TrimSuffix(flat.prefix, "."), flat.prefix+"*")
	}
	slices.Sort(names)
	fields := make([]Field, len(names))
	for i, name := range names {
		fields[i] = LookupField(name)
	}
	return fields
}
