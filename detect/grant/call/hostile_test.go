package call_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
)

func repeated(format string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return strings.Join(all, ", ")
}

// hostile are parameters that cost as much as can be for their size.
var hostile = []struct {
	why, source, name string
	members           func(n int) string
}{
	{"many accounts", "rds", "ModifyDBSnapshotAttribute", func(n int) string {
		return `"requestParameters": {"attributeName": "restore", "valuesToAdd": [` + repeated(`"%012d"`, n) + `]}`
	}},
	{"many organizations", "ram", "CreateResourceShare", func(n int) string {
		return `"requestParameters": {"principals": [` + repeated(`"arn:aws:organizations::111122223333:organization/o-%010d"`, n) + `]}`
	}},
	{"many statements", "s3", "PutBucketPolicy", func(n int) string {
		return `"requestParameters": {"bucketPolicy": {"Statement": [` + repeated(`{"Effect": "Allow", "Principal": {"AWS": "%012d"}, "Action": "s3:GetObject"}`, n) + `]}}`
	}},
	{"many policies under one key", "kms", "PutKeyPolicy", func(n int) string {
		return `"requestParameters": {` + repeated(`"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"%012d\",\"Action\":\"kms:Decrypt\"}]}"`, n) + `}`
	}},
	{"many grants of a list", "s3", "PutBucketAcl", func(n int) string {
		return `"requestParameters": {"AccessControlPolicy": {"AccessControlList": {"Grant": [` + repeated(`{"Grantee": {"ID": "%064d"}, "Permission": "READ"}`, n) + `]}}}`
	}},
	{"Java text with many keys", "kms", "PutKeyPolicy", func(n int) string {
		return `"requestParameters": "{` + repeated(`k%d=[{policy={a=[b, c]}}]`, n) + `}"`
	}},
	{"many providers", "iam", "CreateOpenIDConnectProvider", func(n int) string {
		return `"requestParameters": {` + repeated(`"url": "https://example.com/%d"`, n) + `}`
	}},
}

func TestAHostileCallCostsInProportionToItsSize(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it measures")
	}
	for _, h := range hostile {
		t.Run(h.why, func(t *testing.T) {
			cost := func(n int) (perByte float64, bytes uint64) {
				e := event(t, h.source+".amazonaws.com", h.name, h.members(n))
				size := len(e.Body())
				least := time.Hour
				var before, after runtime.MemStats
				for range 5 {
					runtime.ReadMemStats(&before)
					start := time.Now()
					call.Read(e, nil)
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

func TestAListedOpeningIsBoundedWhateverItsStatementsSay(t *testing.T) {
	long := strings.Repeat("x", 1900)
	e := event(t, "s3.amazonaws.com", "PutBucketPolicy", `"requestParameters": {"bucketPolicy": {"Statement": [{"Effect": "Allow",
		"Principal": {"AWS": [`+repeated(`"%012d"`, 60)+`]}, "Action": [`+repeated(`"s3:`+long+`%d"`, 16)+`],
		"Condition": {"StringLike": {"s3:prefix": [`+repeated(`"`+long+`%d"`, 16)+`]}}}]}}`)
	o := call.Read(e, nil)
	list, rest := o.AppendGrants(nil, nil)
	if len(list) > 3*len(e.Body()) {
		t.Errorf("%d bytes are listed of an event of %d", len(list), len(e.Body()))
	}
	n, _, err := msgp.ReadArrayHeaderBytes(list)
	if err != nil || int(n)+rest != 60 {
		t.Errorf("%d are listed and %d are not, %v", n, rest, err)
	}
}

func TestNestingBeyondWhatCallsHaveIsUnknown(t *testing.T) {
	nested := strings.Repeat(`{"content": `, 40) + `"444455556666"` + strings.Repeat("}", 40)
	e := event(t, "rds.amazonaws.com", "ModifyDBSnapshotAttribute", `"requestParameters": {"valuesToAdd": `+nested+`}`)
	if got := summary(call.Read(e, nil)); got != "unknown" {
		t.Errorf("got %q", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.source+".amazonaws.com", h.name, `{`+h.members(2)+`}`)
	}
	f.Add("kms.amazonaws.com", "PutKeyPolicy", `{"requestParameters": "{a=b, policy={\"Statement\":[]}}"}`)
	f.Fuzz(func(t *testing.T, source, name, members string) {
		if len(members) < 2 || members[0] != '{' {
			return
		}
		text := fmt.Sprintf(`{"eventSource": %q, "eventName": %q, "recipientAccountId": "111122223333", %s`, source, name, members[1:])
		body, ok := packed(text)
		if !ok {
			return
		}
		var e cloudtrail.Event
		e.Reset(body, cloudtrail.Raw)
		o := call.Read(&e, nil)
		if o == nil {
			return
		}
		if len(o.Grants) == 0 {
			t.Fatal("an opening without a grant")
		}
		line := o.Sentence("", "", nil)
		if len(line) > 8<<10 {
			t.Errorf("the sentence has %d bytes", len(line))
		}
		list, rest := o.AppendGrants(nil, nil)
		back := call.ReadMsg(o.AppendGrant(nil, nil), list, rest)
		if back == nil || back.Grants[0].Relation != o.Grants[0].Relation || len(back.Grants)+back.Rest != len(o.Grants)+o.Rest {
			t.Errorf("%+v is read back as %+v", o, back)
		}
	})
}
