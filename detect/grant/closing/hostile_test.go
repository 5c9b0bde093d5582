package closing

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
	{"many accounts", "rds", "ModifyDBSnapshotAttribute", func(n int) string {
		return `"requestParameters": {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToRemove": [` + repeated(`"%012d"`, n) + `]}`
	}},
	{"one key many times", "lambda", "RemovePermission20150331v2", func(n int) string {
		return `"requestParameters": {"functionName": "pay", ` + repeated(`"statementId": {"a": %d}`, n) + `}`
	}},
	{"many resources", "ecr", "DeleteRepositoryPolicy", func(n int) string {
		return `"resources": [` + repeated(`{"ARN": "x%d", "accountId": "111122223333"}`, n) + `]`
	}},
	{"many statements", "s3", "PutBucketPolicy", func(n int) string {
		return `"requestParameters": {"bucketName": "orders", "bucketPolicy": {"Statement": [` + repeated(`{"Effect": "Allow", "Principal": {"AWS": "%012d"}, "Action": "s3:GetObject"}`, n) + `]}}`
	}},
	{"Java text", "sns", "RemovePermission", func(n int) string { return `"requestParameters": "{` + repeated(`k%d=[{label={a=[b, c]}}]`, n) + `}"` }},
	{"a long name", "sqs", "DeleteQueue", func(n int) string {
		return `"requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/` + strings.Repeat("%41", n*10) + `"}`
	}},
}

func TestAHostileEventCostsInProportionToItsSize(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it measures")
	}
	for _, h := range hostile {
		t.Run(h.why, func(t *testing.T) {
			cost := func(n int) (perByte float64, bytes uint64) {
				e := raw(t, text(h.source, h.name, h.members(n)))
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

func TestAClosingListsNoMoreAccountsThanItMay(t *testing.T) {
	c, ok := Read(raw(t, text("rds", "ModifyDBSnapshotAttribute", hostile[0].members(1000))))
	if !ok || len(c.Accounts) != MaxListed {
		t.Errorf("%v, %d are listed", ok, len(c.Accounts))
	}
}

func TestAnEventOfAnotherCallAllocatesNothing(t *testing.T) {
	e := raw(t, text("s3", "GetObject", `"requestParameters": {"bucketName": "orders", "key": "a"}`))
	if n := testing.AllocsPerRun(100, func() { Read(e) }); n > 0 {
		t.Errorf("it allocates %v times", n)
	}
}

func BenchmarkRead(b *testing.B) {
	for name, text := range map[string]string{
		"another call":     text("s3", "GetObject", `"requestParameters": {"bucketName": "orders", "key": "a"}`),
		"RemovePermission": text("lambda", "RemovePermission20150331v2", `"requestParameters": {"functionName": "pay", "statementId": "s1"}`),
	} {
		b.Run(name, func(b *testing.B) {
			body, err := document.AppendFromJSON(nil, []byte(text))
			if err != nil {
				b.Fatal(err)
			}
			var e cloudtrail.Event
			b.ReportAllocs()
			for b.Loop() {
				e.Reset(body, cloudtrail.Raw)
				Read(&e)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.source, h.name, h.members(2))
	}
	for _, c := range closings {
		one, _, _ := strings.Cut(c.calls, " ")
		source, name, _ := strings.Cut(one, "/")
		f.Add(source, name, `"requestParameters": `+c.parameters)
	}
	f.Fuzz(func(t *testing.T, source, name, members string) {
		body, err := document.AppendFromJSON(nil, []byte(text(source, name, members)))
		if err != nil {
			return
		}
		for _, form := range []cloudtrail.Form{cloudtrail.Raw, cloudtrail.ECS} {
			var e cloudtrail.Event
			e.Reset(body, form)
			c, ok := Read(&e)
			if !ok {
				continue
			}
			if !strings.HasPrefix(c.Resource, "arn:") {
				t.Errorf("%q is not an ARN", c.Resource)
			}
			if !c.All && !c.Replaces && !c.Everyone && len(c.Accounts)+len(c.Principals) == 0 {
				t.Errorf("it closes nothing: %+v", c)
			}
			if c.Means == "" && (!c.All || c.Replaces || c.Statement != "") {
				t.Errorf("a resource is gone, in part: %+v", c)
			}
			for _, text := range append(append(c.Accounts, c.Principals...), c.Resource, c.Statement, c.Qualifier) {
				if len(text) > grant.MaxText || !utf8.ValidString(text) {
					t.Errorf("%q is too long or not UTF-8", text)
				}
			}
		}
	})
}
