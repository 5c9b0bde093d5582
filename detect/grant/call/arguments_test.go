package call_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/call"
)

// ecs makes the view of a document of Elastic's.
func ecs(t testing.TB, text string) *cloudtrail.Event {
	t.Helper()
	body, err := document.AppendFromJSON(nil, []byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	e := new(cloudtrail.Event)
	e.Reset(body, cloudtrail.ECS)
	return e
}

func TestArgumentsAreReadWhereverAnEventHasThem(t *testing.T) {
	for _, c := range []struct {
		why   string
		event *cloudtrail.Event
		path  string
		want  string
	}{
		{"a parameter", event(t, "ec2", "X", `"requestParameters": {"XRequest": {"SnapshotId": "snap-1"}}`), "snapshotId", "snap-1"},
		{"an answer", event(t, "ec2", "X", `"responseElements": {"a": {"b": "c"}}`), "response.a.b", "c"},
		{"a service's details", event(t, "ec2", "X", `"requestParameters": null, "serviceEventDetails": {"snapshotId": "snap-1"}`), "serviceEventDetails.snapshotId", "snap-1"},
		{"details as JSON text", event(t, "ec2", "X", `"serviceEventDetails": "{\"snapshotId\": \"snap-1\"}"`), "serviceEventDetails.snapshotId", "snap-1"},
		{"details as a structure of Elastic's", ecs(t, `{"aws": {"cloudtrail": {"flattened": {"service_event_details": {"snapshotId": "snap-1"}}}}}`), "serviceEventDetails.snapshotId", "snap-1"},
		{"details as Java text", ecs(t, `{"aws": {"cloudtrail": {"service_event_details": "{snapshotId=snap-1, a=b}"}}}`), "serviceEventDetails.snapshotId", "snap-1"},
		{"additional data", event(t, "kms", "X", `"additionalEventData": {"grantId": "g"}`), "additionalEventData.grantId", "g"},
		{"a parameter of that name is not a detail", event(t, "s3", "X", `"requestParameters": {"details": {"name": "n"}}`), "details.name", "n"},
		{"an account that is a number", event(t, "rds", "X", `"requestParameters": {"a": 12345678901}`), "a", "012345678901"},
		{"an encoded ARN", event(t, "eks", "X", `"requestParameters": {"a": "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"}`), "a", "arn:aws:iam::1:role/r"},
		{"nothing", event(t, "eks", "X", `"requestParameters": {}`), "serviceEventDetails.a | additionalEventData.a | a | response.a", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			var a call.Arguments
			a.Reset(c.event)
			var got []string
			a.Each(c.path, func(text string) bool {
				got = append(got, text)
				return true
			})
			if strings.Join(got, ",") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestArgumentsThatSayTwoThingsAreNotClear(t *testing.T) {
	const ways = "response.arn | arn:{partition}:x:{region}:{account}:{a.b}/{c}"
	for _, c := range []struct {
		why, members string
		want         bool
	}{
		{"each once", `"requestParameters": {"a": {"b": "1"}, "c": "2"}, "responseElements": {"arn": "arn:aws:x:r:1:y"}`, true},
		{"none at all", `"requestParameters": {}`, true},
		{"the same twice", `"requestParameters": {"c": "2", "C": "2"}`, true},
		{"a key in two cases of letters", `"requestParameters": {"c": "2", "C": "3"}`, false},
		{"a list", `"requestParameters": {"a": {"b": ["1", "2"]}}`, false},
		{"a map beside a text", `"requestParameters": {"a": [{"b": "1"}, {"b": {}}]}`, false},
		{"Java text with a key in a value", `"requestParameters": "{a={b=1}, c=2, c=3}"`, false},
		{"an answer that says two", `"responseElements": {"arn": "arn:aws:x:r:1:y", "ARN": "arn:aws:x:r:1:z"}`, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			var a call.Arguments
			a.Reset(event(t, "x", "X", c.members))
			if got := a.IsClear(ways); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestArgumentsOfTheEventBeforeAreForgotten(t *testing.T) {
	var a call.Arguments
	a.Reset(event(t, "x", "X", `"requestParameters": {"a": "1"}, "responseElements": {"b": "2"}`))
	first := []string{a.First("a"), a.First("response.b")}
	a.Reset(event(t, "x", "X", `"requestParameters": {"a": "3"}`))
	second := []string{a.First("a"), a.First("response.b")}
	if !slices.Equal(first, []string{"1", "2"}) || !slices.Equal(second, []string{"3", ""}) {
		t.Errorf("got %q and %q", first, second)
	}
	if arn, ok := a.ARN("arn:{partition}:x:{region}:{account}:{a}", "444455556666"); arn != "arn:aws:x:eu-west-1:444455556666:3" || !ok {
		t.Errorf("got %q, %v", arn, ok)
	}
	if arn, ok := a.ARN("arn:{partition}:x:{region}:{account}:{b}", "444455556666"); ok {
		t.Errorf("%q is complete", arn)
	}
}

func TestArgumentsFindAResourceAsAnOpeningDoes(t *testing.T) {
	for _, c := range []struct{ why, ways, owner, members, arn, account string }{
		{"the first way", "arn | resources", "", `"requestParameters": {"arn": "arn:aws:x:r:444455556666:y"}`, "arn:aws:x:r:444455556666:y", "444455556666"},
		{"the second", "arn | arn:{partition}:x:{region}:{account}:{name}", "", `"requestParameters": {"name": "n"}`, "arn:aws:x:eu-west-1:111122223333:n", "111122223333"},
		{"another owner", "arn:{partition}:x:{region}:{account}:{name}", "registryId", `"requestParameters": {"name": "n", "registryId": "444455556666"}`, "arn:aws:x:eu-west-1:444455556666:n", "444455556666"},
		{"a name is not an ARN", "{name}", "", `"requestParameters": {"name": "n"}`, "", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			var a call.Arguments
			a.Reset(event(t, "x", "X", c.members))
			arn, account, ok := a.Resource(c.ways, c.owner)
			if ok != (c.arn != "") || ok && (arn != c.arn || account != c.account) {
				t.Errorf("got %q of %q, %v", arn, account, ok)
			}
		})
	}
}
