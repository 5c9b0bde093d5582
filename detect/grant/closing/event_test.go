package closing

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// text is an event of a call in account 111122223333, as CloudTrail writes it.
func text(source, name, members string) string {
	return fmt.Sprintf(`{"eventVersion": "1.09", "eventTime": "2026-03-01T10:00:00Z", "eventSource": "%s.amazonaws.com", "eventName": %q,
		"awsRegion": "eu-west-1", "eventID": "11111111-2222-4333-8444-555555555555", "recipientAccountId": "111122223333",
		"userIdentity": {"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/alice"}, %s}`, source, name, members)
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

// raw is the view of an event.
func raw(t testing.TB, text string) *cloudtrail.Event {
	t.Helper()
	return view(t, []byte(text), cloudtrail.Raw)
}

// ecs is the view of the document that Elastic's pipeline makes of an event.
func ecs(t testing.TB, text string) *cloudtrail.Event {
	t.Helper()
	var event struct {
		EventSource, EventName, AWSRegion, RecipientAccountID    string
		RequestParameters, ResponseElements, AdditionalEventData json.RawMessage
		Resources                                                []struct{ ARN, AccountID, Type string }
	}
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	trail := map[string]any{"recipient_account_id": event.RecipientAccountID, "user_identity": map[string]any{"type": "IAMUser"}}
	for name, value := range map[string]json.RawMessage{
		"request_parameters": event.RequestParameters, "response_elements": event.ResponseElements, "additional_eventdata": event.AdditionalEventData,
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
	out, err := json.Marshal(map[string]any{
		"event": map[string]any{"provider": event.EventSource, "action": event.EventName, "outcome": "success"},
		"cloud": map[string]any{"region": event.AWSRegion, "account": map[string]any{"id": event.RecipientAccountID}},
		"aws":   map[string]any{"cloudtrail": trail},
	})
	if err != nil {
		t.Fatal(err)
	}
	return view(t, out, cloudtrail.ECS)
}
