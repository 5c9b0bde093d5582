package alert_test

import (
	"fmt"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

const file = `[rule]
name = "A trail is stopped"
rule_id = "0c1b2c6e-8f1c-4b0e-9e63-2f0b9d7f1a11"
type = "eql"
severity = "high"
risk_score = 73
query = 'any where event.action == "StopLogging"'
`

const stopLogging = `{"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging",
  "userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/mallory","accountId":"111122223333"}}`

// An alert is made by the template of its rule. A format writes it into a record,
// and Read reads it back.
func Example() {
	r, err := rule.Parse("trail.toml", []byte(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := document.AppendFromJSON(nil, []byte(stopLogging))
	if err != nil {
		fmt.Println(err)
		return
	}
	var event cloudtrail.Event
	event.Reset(body, cloudtrail.Raw)

	now := time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	a := alert.NewTemplate(r).Alert(&event, new(alert.Facts), alert.Granted{}, alert.CoverRule, now)
	record, changed := alert.FormatNative.Append(nil, body, []alert.Alert{a}, "alert", now)
	fmt.Println(changed)
	for _, a := range alert.Read(record, alert.FormatNative, "alert") {
		fmt.Println(a.Rule.Severity, a.Rule.Name)
		fmt.Println(a.Reason)
	}
	// Output:
	// true
	// high A trail is stopped
	// arn:aws:iam::111122223333:user/mallory called StopLogging of cloudtrail.amazonaws.com
}
