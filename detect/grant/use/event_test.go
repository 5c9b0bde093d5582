package use

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// outsider is userIdentity as the owner's trail has it of another account.
const outsider = `"userIdentity": {"type": "AWSAccount", "principalId": "AROAEXAMPLEOUTSIDE001:audit", "accountId": "444455556666"}`

// text is an event in the trail of account 111122223333, as CloudTrail writes it.
// A member that members has takes the place of another.
func text(source, name, members string) string {
	return fmt.Sprintf(`{"eventVersion": "1.09", "eventTime": "2026-03-01T10:00:00Z", "eventSource": "%s.amazonaws.com", "eventName": %q,
		"awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2", "eventType": "AwsApiCall",
		"eventID": "11111111-2222-4333-8444-555555555555", "sharedEventID": "99999999-8888-4777-8666-555555555555",
		"recipientAccountId": "111122223333", %s}`, source, name, members)
}

// raw is the view of an event.
func raw(t testing.TB, text string) *cloudtrail.Event {
	t.Helper()
	return view(t, []byte(text), cloudtrail.Raw)
}

func view(t testing.TB, text []byte, form cloudtrail.Form) *cloudtrail.Event {
	t.Helper()
	body, err := document.AppendFromJSON(nil, text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	e := new(cloudtrail.Event)
	e.Reset(body, form)
	return e
}

// ecs is the view of the document that Elastic's pipeline makes of an event: parts are
// Java text, and the account is the receiver's where the identity has none.
func ecs(t testing.TB, text string) *cloudtrail.Event {
	t.Helper()
	var event struct {
		EventSource, EventName, AWSRegion, SourceIPAddress, EventID, SharedEventID, RecipientAccountID string
		ErrorCode                                                                                      string
		UserIdentity                                                                                   map[string]any
		RequestParameters, ResponseElements, ServiceEventDetails, AdditionalEventData                  json.RawMessage
		Resources                                                                                      []struct{ ARN, AccountID, Type string }
	}
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	outcome, account := "success", event.UserIdentity["accountId"]
	if event.ErrorCode != "" {
		outcome = "failure"
	}
	if account == nil {
		account = event.RecipientAccountID
	}
	identity := map[string]any{"type": event.UserIdentity["type"]}
	if by, ok := event.UserIdentity["invokedBy"]; ok {
		identity["invoked_by"] = by
	}
	if arn, ok := event.UserIdentity["arn"]; ok {
		identity["arn"] = arn
	}
	trail := map[string]any{"user_identity": identity, "recipient_account_id": event.RecipientAccountID, "shared_event_id": event.SharedEventID}
	for name, value := range map[string]json.RawMessage{
		"request_parameters": event.RequestParameters, "response_elements": event.ResponseElements,
		"service_event_details": event.ServiceEventDetails, "additional_eventdata": event.AdditionalEventData,
	} {
		if len(value) == 0 || value[0] != '{' {
			continue
		}
		packed, err := document.AppendFromJSON(nil, value)
		if err != nil {
			t.Fatal(err)
		}
		java, _, err := document.AppendJavaText(nil, packed)
		if err != nil {
			t.Fatal(err)
		}
		trail[name] = string(java)
	}
	var resources []map[string]any
	for _, r := range event.Resources {
		resources = append(resources, map[string]any{"arn": r.ARN, "account_id": r.AccountID, "type": r.Type})
	}
	if resources != nil {
		trail["resources"] = resources
	}
	user := map[string]any{"id": event.UserIdentity["principalId"]}
	if name, ok := event.UserIdentity["userName"]; ok {
		user["name"] = name
	}
	out, err := json.Marshal(map[string]any{
		"event":  map[string]any{"provider": event.EventSource, "action": event.EventName, "outcome": outcome, "id": event.EventID},
		"cloud":  map[string]any{"region": event.AWSRegion, "account": map[string]any{"id": account}},
		"source": map[string]any{"address": event.SourceIPAddress, "ip": event.SourceIPAddress},
		"user":   user, "aws": map[string]any{"cloudtrail": trail},
	})
	if err != nil {
		t.Fatal(err)
	}
	return view(t, out, cloudtrail.ECS)
}
