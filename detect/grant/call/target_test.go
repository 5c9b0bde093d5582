package call

import (
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

func TestTheTargetOfACallIsItsResource(t *testing.T) {
	for name, test := range map[string]struct{ way, event, want string }{
		"a name that makes an ARN": {"arn:{partition}:lambda:{region}:{account}:function:{functionName}", `{"awsRegion":"eu-west-1","recipientAccountId":"111122223333","requestParameters":{"functionName":"pay"}}`,
			"arn:aws:lambda:eu-west-1:111122223333:function:pay"},
		"a name that makes none":  {"arn:{partition}:lambda:{region}:{account}:function:{functionName}", `{"requestParameters":{"functionName":"pay"}}`, "pay"},
		"a path":                  {"userName", `{"requestParameters":{"userName":"bob"}}`, "bob"},
		"the second of two ways":  {"userName | roleName", `{"requestParameters":{"roleName":"deploy"}}`, "deploy"},
		"parameters as Java text": {"userName", `{"requestParameters":"{userName=bob, path=/}"}`, "bob"},
		"no way":                  {"", `{"requestParameters":{"userName":"bob"},"resources":[{"ARN":"arn:aws:s3:::x"}]}`, ""},
		"nothing":                 {"userName", `{"requestParameters":{"userName":[]}}`, ""},
	} {
		body, err := document.AppendFromJSON(nil, []byte(test.event))
		if err != nil {
			t.Fatal(err)
		}
		var event cloudtrail.Event
		event.Reset(body, cloudtrail.Raw)
		c, before := Call{Resource: test.way}, Call{Resource: "arn:aws:x:::{userName} | {functionName}"}
		for range 2 { // with a reader that has read another row
			before.AppendTarget(nil, &event)
			if got := string(c.AppendTarget([]byte("x "), &event)); got != "x "+test.want {
				t.Errorf("%s: %q, want %q", name, got, test.want)
			}
		}
	}
}
