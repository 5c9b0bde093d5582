package call_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/call"
	"os"
)

// everything is all that an opening says, empty for none.
func everything(o *call.Opening) string {
	if o == nil {
		return ""
	}
	b, _ := o.AppendGrants(o.AppendGrant(nil, nil), nil)
	text, _ := document.AppendJSON(nil, b)
	return o.Sentence("alice", "", nil) + " " + o.Name() + " " + string(text) + string(b) +
		o.Show().Words + o.Undo().Words + summary(o)
}

// testdata are the events of calls that let somebody in, and of their neighbours.
func testdata(t testing.TB) (events [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../../../testdata/grants-*/*.ndjson")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			body, err := document.AppendFromJSON(nil, line)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			events = append(events, body)
		}
	}
	return events
}

func TestFieldsThatAreUsedAgainSayWhatFreshOnesSay(t *testing.T) {
	events := testdata(t)
	var f call.Fields
	var kept []*call.Opening
	var said []string
	for round := range 2 {
		for i := range events {
			// In the second round each event comes after another one.
			e := new(cloudtrail.Event)
			e.Reset(events[(i*7+round*i)%len(events)], cloudtrail.Raw)
			f.Reset(e, nil, nil)
			o, want := f.Opening(), call.Read(e, nil)
			if got := everything(o); got != everything(want) {
				t.Fatalf("after another event:\n%s\nalone:\n%s", got, everything(want))
			}
			if o != nil {
				kept, said = append(kept, o), append(said, everything(o))
			}
		}
	}
	if len(kept) < 200 {
		t.Fatalf("%d openings in testdata", len(kept))
	}
	for i, o := range kept {
		if everything(o) != said[i] {
			t.Errorf("an opening changed when others were read:\n%s\nwas:\n%s", everything(o), said[i])
		}
	}
}

// FuzzFieldsThatAreUsedAgain reads two events after one another, of which the second
// must not depend on the first.
func FuzzFieldsThatAreUsedAgain(f *testing.F) {
	events := testdata(f)
	for i := range events {
		f.Add(events[i], events[(i+1)%len(events)])
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var fields call.Fields
		for _, body := range [][]byte{first, second} {
			if _, err := document.Skip(body); err != nil {
				return
			}
			e := new(cloudtrail.Event)
			e.Reset(body, cloudtrail.Raw)
			fields.Reset(e, nil, nil)
			if got, want := everything(fields.Opening()), everything(call.Read(e, nil)); got != want {
				t.Errorf("after another event:\n%s\nalone:\n%s", got, want)
			}
		}
	})
}

func TestACallThatLetsInTheOwnAccountIsReadWithoutMemory(t *testing.T) {
	e := event(t, "s3.amazonaws.com", "PutBucketPolicy", `"requestParameters": {"Host": "b.s3.amazonaws.com", "bucketName": "b", "bucketPolicy": {"Statement": [
		{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}}`)
	var f call.Fields
	n := testing.AllocsPerRun(1_000, func() {
		f.Reset(e, nil, nil)
		if f.Opening() != nil {
			t.Fatal("something was opened")
		}
	})
	if n >= 1 {
		t.Errorf("%.1f allocations", n)
	}
}
