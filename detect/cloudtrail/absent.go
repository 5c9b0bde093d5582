package cloudtrail

import (
	"strings"

	"github.com/trailwire/trailwire/detect/program"
)

// Why no raw event has a field that Elastic's integration knows. An ECS document may have it.
const (
	lookedUpByAddress = "a database looks it up by the source address"
	parsedFromAgent   = "a parser of user agents makes it of userAgent"
	setByAgent        = "Elastic's agent sets it"
	ofDigestFiles     = "it is about digest files, not events"
	ofEntities        = "an option of Elastic's integration adds it"
	ofAlerts          = "it is a field of Elastic's alerts, not of events"
	ofTheIndex        = "Elasticsearch sets it when it stores the event"
	laterPackages     = "later packages of Elastic's integration fill it, in a form that is not known"
)

// absent are the fields of Elastic's integration that no raw event has.
var absent = map[string]struct {
	typ program.FieldType
	why string
}{
	"event.created":  {program.Date, setByAgent},
	"event.ingested": {program.Date, ofTheIndex},
	"event.original": {program.FullText, "it is kept for people and cannot be searched"},
	"error.message":  {program.FullText, "it is about the pipeline, not the event"},
	"input.type":     {program.Keyword, setByAgent},
	"tags":           {program.Keyword, setByAgent},

	"cloud.service.name": {program.Keyword, laterPackages},
	"related.hosts":      {program.Keyword, laterPackages},
	"related.hash":       {program.Keyword, ofDigestFiles},

	"source.geo.location": {program.GeoPoint, lookedUpByAddress},

	"user_agent.name":        {program.Keyword, parsedFromAgent},
	"user_agent.version":     {program.Keyword, parsedFromAgent},
	"user_agent.device.name": {program.Keyword, parsedFromAgent},
	"user_agent.os.name":     {program.Keyword, parsedFromAgent},
	"user_agent.os.full":     {program.Keyword, parsedFromAgent},
	"user_agent.os.version":  {program.Keyword, parsedFromAgent},

	"related.entity":           {program.Keyword, ofEntities},
	"entity.id":                {program.Keyword, ofEntities},
	"entity.target.id":         {program.Keyword, ofEntities},
	"actor.entity.id":          {program.Keyword, ofEntities},
	"target.entity.id":         {program.Keyword, ofEntities},
	"user.entity.id":           {program.Keyword, ofEntities},
	"user.target.entity.id":    {program.Keyword, ofEntities},
	"service.entity.id":        {program.Keyword, ofEntities},
	"service.target.entity.id": {program.Keyword, ofEntities},
	"host.entity.id":           {program.Keyword, ofEntities},
	"host.target.entity.id":    {program.Keyword, ofEntities},

	"aws.cloudtrail.flattened.digest": {program.Flattened, ofDigestFiles},
	"file.path":                       {program.Keyword, ofDigestFiles},
	"file.hash.sha256":                {program.Keyword, ofDigestFiles},
	"aws.s3.bucket.name":              {program.Keyword, setByAgent},
	"aws.s3.bucket.arn":               {program.Keyword, setByAgent},
	"aws.s3.object.key":               {program.Keyword, setByAgent},
	"aws.s3.metadata":                 {program.Flattened, setByAgent},

	"kibana.alert.risk_score":      {program.Long, ofAlerts},
	"kibana.alert.severity":        {program.Keyword, ofAlerts},
	"kibana.alert.workflow_status": {program.Keyword, ofAlerts},
	"kibana.alert.rule.name":       {program.Keyword, ofAlerts},
	"kibana.alert.rule.rule_id":    {program.Keyword, ofAlerts},
	"kibana.alert.rule.type":       {program.Keyword, ofAlerts},
}

// lookupAbsent resolves a field that no raw event has, or a leaf below one.
func lookupAbsent(name string) (Field, bool) {
	if row, ok := absent[name]; ok {
		return Field{typ: row.typ, absent: row.why, source: source{trace: Verbatim}, leaves: row.typ == program.Flattened}, true
	}
	for _, root := range [...]string{"aws.cloudtrail.flattened.digest", "aws.s3.metadata"} {
		if strings.HasPrefix(name, root+".") {
			return Field{typ: program.Flattened, absent: absent[root].why, source: source{trace: Verbatim}}, true
		}
	}
	if of, isText := strings.CutSuffix(name, ".text"); isText {
		_, inEvents := mapping[of]
		if _, inDocuments := absent[of]; inEvents || inDocuments {
			return Field{typ: program.FullText, absent: "it is an index of the words in " + of, source: source{trace: Verbatim}}, true
		}
	}
	return Field{}, false
}
