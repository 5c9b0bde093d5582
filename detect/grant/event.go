package grant

import (
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// IsAddPermission reports whether the event is a call of Lambda's AddPermission,
// in any version of the API.
func IsAddPermission(event *cloudtrail.Event) bool {
	const call = "addpermission"
	action := event.ReadText(&cloudtrail.FieldAction)
	return len(action) >= len(call) && strings.EqualFold(string(action[:len(call)]), call) &&
		string(event.ReadText(&cloudtrail.FieldProvider)) == "lambda.amazonaws.com"
}

// Of reads what an AddPermission event granted. It returns false for any other
// event, and if the event does not say.
func Of(event *cloudtrail.Event) (*Grant, bool) {
	if !IsAddPermission(event) {
		return nil, false
	}
	response := event.ResponseElements()
	statement, _ := document.Get(response, "statement")
	text, _ := document.Text(statement)
	g, ok := Read(Source{
		RequestParameters: event.RequestParameters(),
		RequestText:       event.RequestText(),
		StatementValue:    statement,
		Statement:         text,
		ResponseText:      event.ReadText(&cloudtrail.FieldResponse),
		RecipientAccount:  string(event.ReadText(&cloudtrail.FieldReceiver)),
		ActorAccount:      string(event.ReadText(&cloudtrail.FieldAccount)),
		Region:            string(event.ReadText(&cloudtrail.FieldRegion)),
	})
	if !ok {
		return nil, false
	}
	g.FindEvasions(event.RequestText())
	return &g, true
}
