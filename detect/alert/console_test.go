package alert_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

// alertOf makes an alert of an event that grants nothing.
func alertOf(t *testing.T, event string) alert.Alert {
	t.Helper()
	body, err := document.AppendFromJSON(nil, []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	var e cloudtrail.Event
	e.Reset(body, cloudtrail.Raw)
	return alert.NewTemplate(&rule.Rule{ID: "r", Name: "R", Severity: "low"}).Alert(&e, new(alert.Facts), alert.Granted{}, alert.CoverRule, now)
}

// quoted is a text as JSON.
func quoted(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestALinkLeadsToTheEventInTheConsoleOfItsPartitionAndNowhereElse(t *testing.T) {
	const id = "6c0f3b1e-7a44-4b4e-9d53-1f2e3d4c5b6a"
	for _, test := range []struct{ name, region, id, category, want string }{
		{"a commercial region", "eu-west-1", id, "Management", "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/" + id},
		{"an event before categories", "ap-southeast-2", id, "", "https://ap-southeast-2.console.aws.amazon.com/cloudtrailv2/home?region=ap-southeast-2#/events/" + id},
		{"China", "cn-northwest-1", id, "Management", "https://cn-northwest-1.console.amazonaws.cn/cloudtrailv2/home?region=cn-northwest-1#/events/" + id},
		{"GovCloud", "us-gov-east-1", id, "Management", "https://us-gov-east-1.console.amazonaws-us-gov.com/cloudtrailv2/home?region=us-gov-east-1#/events/" + id},
		{"an id in capitals", "us-east-1", strings.ToUpper(id), "Management", "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/" + strings.ToUpper(id)},
		{"an isolated region", "us-iso-east-1", id, "Management", ""},
		{"the sovereign cloud", "eusc-de-east-1", id, "Management", ""},
		{"a data event, which the history does not have", "eu-west-1", id, "Data", ""},
		{"an insight", "eu-west-1", id, "Insight", ""},
		{"no region", "", id, "Management", ""},
		{"another host as region", "evil.example/x-y-1", id, "Management", ""},
		{"a user before another host", "eu-west-1@evil.example", id, "Management", ""},
		{"a region with a line break", "eu-west-1\n", id, "Management", ""},
		{"a region in other letters", "ＥU-west-1", id, "Management", ""},
		{"a region without a number", "eu-west", id, "Management", ""},
		{"a region that is too long", strings.Repeat("a", 30) + "-b-1", id, "Management", ""},
		{"no id", "eu-west-1", "", "Management", ""},
		{"an id with a path", "eu-west-1", "../../../iam/home#/users/evil?x=123456789", "Management", ""},
		{"an id that is a letter too long", "eu-west-1", id + "0", "Management", ""},
		{"an id with another character", "eu-west-1", "6c0f3b1e-7a44-4b4e-9d53-1f2e3d4c5b6?", "Management", ""},
		{"an id without dashes", "eu-west-1", strings.ReplaceAll(id, "-", "a"), "Management", ""},
	} {
		text := `{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":` + quoted(t, test.region) + `,"eventID":` + quoted(t, test.id) + `,"eventCategory":` + quoted(t, test.category) + `}`
		if a := alertOf(t, text); a.Event.URL != test.want {
			t.Errorf("%s: %q, want %q", test.name, a.Event.URL, test.want)
		}
	}
}

func TestAnAlertSaysHowItsSessionBegan(t *testing.T) {
	for _, test := range []struct {
		name, event string
		mfa         alert.MFA
		created     string
	}{
		{"with a second factor", `"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":"true","creationDate":"2026-06-18T08:30:00Z"}}}`, alert.WithMFA, "2026-06-18T08:30:00Z"},
		{"without one", `"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":"false"}}}`, alert.WithoutMFA, ""},
		{"as booleans, which other writers make of it", `"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":false}}}`, alert.WithoutMFA, ""},
		{"a sign-in to the console", `"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"Yes"}`, alert.WithMFA, ""},
		{"a sign-in without a second factor", `"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"No"}`, alert.WithoutMFA, ""},
		{"a long-term key, which has no session", `"userIdentity":{"type":"IAMUser"}`, alert.MFAUnknown, ""},
		{"other words", `"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":"True","creationDate":"yesterday"}}}`, alert.MFAUnknown, ""},
		{"other types", `"userIdentity":{"sessionContext":{"attributes":{"mfaAuthenticated":{"a":"true"},"creationDate":{"a":1}}}}`, alert.MFAUnknown, ""},
		{"a time of another zone", `"userIdentity":{"sessionContext":{"attributes":{"creationDate":"2026-06-18T10:30:00.1239+02:00"}}}`, alert.MFAUnknown, "2026-06-18T08:30:00.123Z"},
	} {
		a := alertOf(t, `{"eventSource":"signin.amazonaws.com",`+test.event+`}`)
		created := ""
		if !a.Actor.SessionCreated.IsZero() {
			created = a.Actor.SessionCreated.Format("2006-01-02T15:04:05.999Z07:00")
		}
		if a.Actor.MFA != test.mfa || created != test.created {
			t.Errorf("%s: MFA %d, created %q; want %d, %q", test.name, a.Actor.MFA, created, test.mfa, test.created)
		}
	}
}

func TestTheResourceIsTheFirstThatTheEventNamesByAnARN(t *testing.T) {
	for _, test := range []struct{ resources, want string }{
		{`[{"ARN":"arn:aws:s3:::pay/x","type":"AWS::S3::Object"},{"ARN":"arn:aws:s3:::pay","accountId":"111122223333"}]`, "arn:aws:s3:::pay/x"},
		{`[{"accountId":"111122223333"},{"ARN":"arn:aws:s3:::pay"}]`, "arn:aws:s3:::pay"},
		{`[{"ARN":"pay"}]`, ""}, {`[{"ARN":"arn:pay"}]`, ""}, {`[{"ARN":7}]`, ""}, {`"x"`, ""}, {`null`, ""},
		{`[{"ARN":"arn:aws:s3:::` + strings.Repeat("é", 3000) + `"}]`, "arn:aws:s3:::" + strings.Repeat("é", 1017)},
	} {
		a := alertOf(t, `{"eventSource":"s3.amazonaws.com","eventName":"GetObject","resources":`+test.resources+`}`)
		if !strings.HasPrefix(a.ResourceARN, test.want) || test.want == "" && a.ResourceARN != "" || len(a.ResourceARN) > 2048 {
			t.Errorf("%.60s: %.60q, want %.60q", test.resources, a.ResourceARN, test.want)
		}
	}
}
