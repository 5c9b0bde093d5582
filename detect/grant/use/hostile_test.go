package use

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
)

func repeated(format string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return strings.Join(all, ", ")
}

// hostile are events that cost as much as can be for their size.
var hostile = []struct {
	why, source, name string
	members           func(n int) string
}{
	{"many resources", "s3", "GetObject", func(n int) string {
		return `"resources": [` + repeated(`{"ARN": "arn:aws:s3:::orders/%d", "accountId": "111122223333"}`, n) + `]`
	}},
	{"many accounts", "kms", "Decrypt", func(n int) string {
		return `"recipientAccountId": "", "resources": [` + repeated(`{"accountId": "%012d"}`, n) + `]`
	}},
	{"many secrets", "secretsmanager", "BatchGetSecretValue", func(n int) string {
		return `"requestParameters": {"secretIdList": [` + repeated(`"arn:aws:secretsmanager:eu-west-1:111122223333:secret:s%d-a1B2c3"`, n) + `]}`
	}},
	{"many keys", "lambda", "Invoke", func(n int) string { return `"requestParameters": {` + repeated(`"functionName%d": "f"`, n) + `}` }},
	{"one key many times", "lambda", "Invoke", func(n int) string { return `"requestParameters": {` + repeated(`"functionName": {"a": %d}`, n) + `}` }},
	{"Java text", "sns", "Publish", func(n int) string {
		return `"requestParameters": "{` + repeated(`k%d=[{topicArn={a=[b, c]}}]`, n) + `}"`
	}},
	{"a long name", "sqs", "ReceiveMessage", func(n int) string {
		return `"requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/` + strings.Repeat("%41", n*10) + `"}`
	}},
	{"details that nest", "ec2", "SharedSnapshotCopyInitiated", func(n int) string {
		return `"serviceEventDetails": {` + repeated(`"k%d": {"snapshotId": [[["snap-1"]]]}`, n) + `}`
	}},
}

func TestAHostileEventCostsInProportionToItsSize(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it measures")
	}
	for _, h := range hostile {
		t.Run(h.why, func(t *testing.T) {
			cost := func(n int) (perByte float64, bytes uint64) {
				e := raw(t, replaced(text(h.source, h.name, outsider+", "+h.members(n))))
				size := len(e.Body())
				least := time.Hour
				var before, after runtime.MemStats
				for range 5 {
					runtime.ReadMemStats(&before)
					start := time.Now()
					Read(e)
					least = min(least, time.Since(start))
					runtime.ReadMemStats(&after)
				}
				return float64(least.Nanoseconds()) / float64(size), (after.TotalAlloc - before.TotalAlloc) / uint64(size)
			}
			small, _ := cost(500)
			large, memory := cost(8_000)
			t.Logf("%.1f and %.1f ns a byte, %d bytes of memory a byte", small, large, memory)
			if large > 5*small+20 {
				t.Errorf("it takes %.1f ns a byte, and %.1f where it is sixteen times as long", small, large)
			}
			if memory > 60 {
				t.Errorf("it takes %d bytes of memory for each of its own", memory)
			}
		})
	}
}

func TestAUseListsNoMoreResourcesThanItMay(t *testing.T) {
	u, ok := Read(raw(t, text("s3", "DeleteObjects", outsider+`, "resources": [`+repeated(`{"ARN": "arn:aws:s3:::orders/%d"}`, 100)+`]`)))
	if !ok || len(u.Resources) != MaxResources || u.Rest != 100-MaxResources {
		t.Errorf("%v, %d are listed, %d are not", ok, len(u.Resources), u.Rest)
	}
}

func TestNestingBeyondWhatCallsHaveIsNotRead(t *testing.T) {
	nested := strings.Repeat(`{"content": `, 40) + `"arn:aws:sns:eu-west-1:111122223333:alarms"` + strings.Repeat("}", 40)
	u, ok := Read(raw(t, text("sns", "Publish", outsider+`, "requestParameters": {"topicArn": `+nested+`}`)))
	if !ok || len(u.Resources) > 0 {
		t.Errorf("got %+v, %v", u, ok)
	}
}

func FuzzRead(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.source, h.name, outsider+", "+h.members(2))
	}
	for _, c := range uses {
		name, _, _ := strings.Cut(c.calls, "=")
		f.Add(c.source, name, c.members)
	}
	f.Fuzz(func(t *testing.T, source, name, members string) {
		body, err := document.AppendFromJSON(nil, []byte(text(source, name, members)))
		if err != nil {
			return
		}
		for _, form := range []cloudtrail.Form{cloudtrail.Raw, cloudtrail.ECS} {
			var e cloudtrail.Event
			e.Reset(body, form)
			u, ok := Read(&e)
			if !ok {
				continue
			}
			if u.Account == "" && !u.Federated && !u.Anonymous || u.Account != "" && (!grant.IsAccountID(u.Account) || u.Account == u.Owner) {
				t.Errorf("nobody from outside: %+v", u)
			}
			if len(u.Resources) > MaxResources || len(u.Resources) == 0 && u.Rest > 0 {
				t.Errorf("%d resources are listed, %d are not", len(u.Resources), u.Rest)
			}
			for _, text := range append(u.Resources, u.Principal, u.Address, u.Via, u.SharedEventID, u.AccessKey, u.Session, u.Owner) {
				if len(text) > grant.MaxText || !utf8.ValidString(text) {
					t.Errorf("%q is too long or not UTF-8", text)
				}
			}
		}
	})
}
