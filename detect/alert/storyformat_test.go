package alert_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
)

// payRelated are two earlier calls.
func payRelated() []alert.Related {
	return []alert.Related{
		{Time: opened.Add(-time.Minute), Action: "UpdateFunctionCode20150331v2", Provider: "lambda.amazonaws.com", EventID: "e-code", Target: "pay", Address: "198.51.100.7"},
		{Time: opened.Add(-2 * time.Minute), Action: "CreateUser", Provider: "iam.amazonaws.com", EventID: "e-user", Target: "bob", Address: "cloudformation.amazonaws.com", Failed: true},
	}
}

// asJSON is what is under a path, as JSON, or the word nothing.
func asJSON(t testing.TB, record []byte, path string) string {
	t.Helper()
	value, there := document.Path(record, path)
	if !there {
		return "nothing"
	}
	text, err := document.AppendJSON(nil, value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const payStoryJSON = `"grant":{"resource":"arn:aws:lambda:eu-west-1:111122223333:function:pay","resource_type":"AWS::Lambda::Function",
	"principal":"999988887777","account":"999988887777","relation":"cross_account","actions":["lambda:InvokeFunction"],"statement_id":"partner","means":"policy",
	"opened_at":"2026-03-01T09:00:00Z","opened_by":"arn:aws:iam::111122223333:user/alice","opened_event_id":"e-open","dedup_key":"r:e-open:0123456789abcdef"`

func TestEachFormatSaysWhatAnAlertKnowsOfThePast(t *testing.T) {
	const (
		use = `{"action":"lambda:InvokeFunction","takes_out":true,"account":"999988887777","principal":"AROAEXAMPLE:ci",
			"first":"2026-03-01T12:00:00Z","last":"2026-03-01T13:00:00Z","count":2,"addresses":["198.51.100.7","203.0.113.9"],"event_id":"e-use","late":true,` +
			payStoryJSON + `,"granted_before":true,"forgotten":true}}`
		closing = `{"how":"removed","at":"2026-03-01T12:00:00Z","stood_seconds":10800,"used":true,"uses":[
			{"action":"lambda:InvokeFunction","count":4,"first":"2026-03-01T10:00:00Z","last":"2026-03-01T11:00:00Z"},
			{"action":"lambda:GetFunction","count":1,"first":"2026-03-01T10:00:00Z","last":"2026-03-01T10:00:00Z"}],` +
			payStoryJSON + `,"closed_at":"2026-03-01T12:00:00Z"}}`
		related = `[
			{"time":"2026-03-01T08:59:00Z","action":"UpdateFunctionCode20150331v2","provider":"lambda.amazonaws.com","event_id":"e-code","target":"pay","address":"198.51.100.7"},
			{"time":"2026-03-01T08:58:00Z","action":"CreateUser","provider":"iam.amazonaws.com","event_id":"e-user","target":"bob","address":"cloudformation.amazonaws.com","failed":true}]`
		visibility = `{"visible":["GetFunction, in any trail"],"not_visible":["invocations without data events"]}`
		actor      = `"actor":{"user":{"uid":"arn:aws:iam::111122223333:user/alice","account":{"uid":"111122223333","type_id":10,"type":"AWS Account"}}}`
		evidence1  = `{` + actor + `,"src_endpoint":{"ip":"198.51.100.7"},"api":{"operation":"UpdateFunctionCode20150331v2","service":{"name":"lambda.amazonaws.com"}},
			"data":{"related":{"failed":false,"time":"2026-03-01T08:59:00Z","event_id":"e-code","target":"pay"}}}`
		evidence2 = `{` + actor + `,"src_endpoint":{"domain":"cloudformation.amazonaws.com"},"api":{"operation":"CreateUser","service":{"name":"iam.amazonaws.com"}},
			"data":{"related":{"failed":true,"time":"2026-03-01T08:58:00Z","event_id":"e-user","target":"bob"}}}`
	)
	used := func(a *alert.Alert) {
		u := payUse()
		u.Late, u.Grant.GrantedBefore, u.Grant.Forgotten = true, true, true
		a.Use(&u)
	}
	closed := func(a *alert.Alert) { c := payClosing(); a.Close(&c) }
	told := func(a *alert.Alert) {
		a.Relate(payRelated())
		a.Visible, a.NotVisible = []string{"GetFunction, in any trail"}, []string{"invocations without data events"}
	}
	nothing := func(*alert.Alert) {}
	for _, test := range []struct {
		format alert.Format
		path   string
		change func(*alert.Alert)
		want   string
	}{
		{alert.FormatNative, "alert.use", used, use},
		{alert.FormatNative, "alert.closing", closed, closing},
		{alert.FormatNative, "alert.related", told, related},
		{alert.FormatNative, "alert.visibility", told, visibility},
		{alert.FormatECS, "trailwire.use", used, use},
		{alert.FormatECS, "trailwire.closing", closed, closing},
		{alert.FormatECS, "trailwire.related", told, related},
		{alert.FormatECS, "trailwire.visibility", told, visibility},
		{alert.FormatOCSF, "unmapped.alert.use", used, use},
		{alert.FormatOCSF, "unmapped.alert.closing", closed, closing},
		{alert.FormatOCSF, "unmapped.alert.visibility", told, visibility},
		{alert.FormatOCSF, "unmapped.alert.related", told, ""},
		{alert.FormatNative, "alert.use", nothing, ""},
		{alert.FormatNative, "alert.closing", nothing, ""},
		{alert.FormatNative, "alert.related", nothing, ""},
		{alert.FormatNative, "alert.visibility", nothing, ""},
		{alert.FormatOCSF, "evidences", told, `[{"actor":{"user":{"uid":"arn:aws:iam::111122223333:user/alice","account":{"uid":"111122223333","type_id":10,"type":"AWS Account"},"type_id":1,"type":"IAMUser"}},
			"api":{"operation":"RemovePermission20150331v2","service":{"name":"lambda.amazonaws.com"}}},` + evidence1 + `,` + evidence2 + `]`},
	} {
		a := calledByAlice(t, nil)
		test.change(&a)
		record, _ := test.format.Append(nil, []byte{0x80}, []alert.Alert{a}, "alert", now)
		if got := asJSON(t, record, test.path); !sameJSON(t, got, test.want) {
			t.Errorf("%s is\n%s\nwant\n%s", test.path, got, test.want)
		}
	}
}

// sameJSON reports whether two texts are the same JSON; empty is nothing.
func sameJSON(t testing.TB, got, want string) bool {
	t.Helper()
	if want == "" || got == "nothing" {
		return want == "" && got == "nothing"
	}
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(a, b)
}

func TestWhatIsAppendedOfThePastIsReadBack(t *testing.T) {
	u, c, calls := payUse(), payClosing(), payRelated()
	u.Late, u.Grant.Forgotten, u.Grant.GrantedBefore = true, true, true
	if got := alert.ReadUsed(u.AppendMsg(nil)); !reflect.DeepEqual(got, &u) {
		t.Errorf("read\n%+v\nwant\n%+v", got, u)
	}
	if got := alert.ReadClosed(c.AppendMsg(nil)); !reflect.DeepEqual(got, &c) {
		t.Errorf("read\n%+v\nwant\n%+v", got, c)
	}
	if got := alert.ReadRelated(alert.AppendRelated(nil, calls)); !reflect.DeepEqual(got, calls) {
		t.Errorf("read\n%+v\nwant\n%+v", got, calls)
	}
}

func TestThePastOfAnAlertIsBounded(t *testing.T) {
	long := strings.Repeat("é", 5000) + "\xff"
	u, c := payUse(), payClosing()
	u.Account, u.Grant.Account = strings.Repeat("1", 5000), "\xff"
	for _, text := range []*string{&u.Action, &u.Principal, &u.EventID, &u.Grant.Resource, &u.Grant.Principal, &u.Grant.OpenedBy, &u.Grant.Means, &c.How, &c.Grant.StatementID} {
		*text = long
	}
	u.Addresses = slices.Repeat([]string{long}, 1000)
	u.Grant.Actions = slices.Repeat([]string{long}, 1000)
	c.Uses = slices.Repeat([]alert.UseCount{{Action: long}}, 1000)
	calls := slices.Repeat([]alert.Related{{Action: long, Provider: long, EventID: long, Target: long, Address: long}}, 1000)
	a := calledByAlice(t, nil)
	a.Use(&u)
	a.Closed = &c
	a.Relate(calls)
	a.Visible, a.NotVisible = slices.Repeat([]string{long}, 1000), []string{long}
	for name, format := range formats {
		record, _ := format.Append(nil, []byte{0x80}, []alert.Alert{a}, "alert", now)
		if len(record) > 400_000 {
			t.Errorf("%s: %d bytes", name, len(record))
		}
		read := alert.Read(record, format, "alert")
		if len(read) != 1 || len(read[0].Related) != 20 || len(read[0].Used.Addresses) != 8 || len(read[0].Used.Grant.Actions) != 16 || len(read[0].Closed.Uses) != 16 || len(read[0].Visible) != 16 {
			t.Errorf("%s: a list is not cut", name)
		}
		if account := read[0].Used.Account; len(account) != 2048 {
			t.Errorf("%s: a text has %d bytes", name, len(account))
		}
		if account := read[0].Used.Grant.Account; account != "\ufffd" {
			t.Errorf("%s: a text is %q", name, account)
		}
	}
	if len(a.Reason) > 2000 {
		t.Errorf("the reason has %d bytes", len(a.Reason))
	}
}

func TestARecordOfAnAlertWithOtherRelatedCallsIsTaggedAlready(t *testing.T) {
	for _, format := range []alert.Format{alert.FormatNative, alert.FormatECS} {
		first, again := calledByAlice(t, nil), calledByAlice(t, nil)
		first.Relate(payRelated())
		for _, calls := range [][]alert.Related{nil, payRelated()[1:]} {
			again.Relate(calls)
			for _, list := range [][2][]alert.Alert{{{first}, {again}}, {{first, first}, {again, again}}} {
				tagged, _ := format.Append(nil, []byte{0x80}, list[0], "alert", now)
				if out, changed := format.Append(nil, tagged, list[1], "alert", now); changed {
					t.Errorf("format %d, %d alerts: it is tagged again: %s", format, len(list[0]), asJSON(t, out, "alert"))
				}
			}
		}
		other := calledByAlice(t, nil)
		u := payUse()
		other.Use(&u)
		tagged, _ := format.Append(nil, []byte{0x80}, []alert.Alert{first}, "alert", now)
		if _, changed := format.Append(nil, tagged, []alert.Alert{other}, "alert", now); !changed {
			t.Errorf("format %d: an alert about a use passes for another", format)
		}
	}
}

func TestTheForgedPastOfAnAlertIsReadWithoutHarm(t *testing.T) {
	for _, test := range []struct {
		past string
		want string // actions of uses and related calls
	}{
		{`"use":7,"closing":[],"related":{},"visibility":"x"`, ""},
		{`"use":{"action":1},"closing":{"how":{}},"related":[1,"x",[],{}],"visibility":{"visible":{},"not_visible":1}`, ""},
		{`"use":{"action":"a","first":"yesterday","count":-3,"addresses":{"a":1},"grant":[1]},"related":[{"action":"b","time":1,"failed":"yes"}]`, "a b"},
		{`"closing":{"how":"removed","stood_seconds":9223372036854775807,"uses":[1,{"count":"x"}],"grant":{"opened_at":"0000-00-00"}}`, "closed"},
	} {
		record, err := document.AppendFromJSON(nil, []byte(`{"alert":{"rule":{"id":"r"},`+test.past+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		read := alert.Read(record, alert.FormatNative, "alert")
		if len(read) != 1 {
			t.Fatalf("%d alerts", len(read))
		}
		var said []string
		if u := read[0].Used; u != nil {
			said = append(said, u.Action)
		}
		if c := read[0].Closed; c != nil {
			said = append(said, "closed")
			if c.Stood != 0 {
				t.Errorf("it stood %v", c.Stood)
			}
		}
		for _, r := range read[0].Related {
			said = append(said, r.Action)
		}
		if got := strings.Join(said, " "); got != test.want {
			t.Errorf("%s: read %q, want %q", test.past, got, test.want)
		}
	}
}

func TestALongForgedPastIsNotReadToItsEnd(t *testing.T) {
	calls := strings.Repeat(`{"action":"a"},`, 1000) + `{"action":"b"}`
	evidences := strings.Repeat(`{"api":{"operation":"a"},"data":{"related":{"failed":false}}},`, 1000) + `{}`
	uses := strings.Repeat(`{},`, 1000) + `{}`
	for format, text := range map[alert.Format]string{
		alert.FormatNative: `{"alert":{"rule":{"id":"r"},"related":[` + calls + `],"closing":{"how":"removed","uses":[` + uses + `]}}}`,
		alert.FormatOCSF: `{"class_uid":2004,"metadata":{"product":{"name":"Trailwire"}},"finding_info":{"analytic":{"uid":"r"}},"evidences":[` + evidences + `],
			"unmapped":{"alert":{"closing":{"how":"removed","uses":[` + uses + `]}}}}`,
	} {
		record, err := document.AppendFromJSON(nil, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		read := alert.Read(record, format, "alert")
		if len(read) != 1 || len(read[0].Related) != 20 || len(read[0].Closed.Uses) != 16 {
			t.Errorf("format %d: %d alerts, or a list is longer than any that is written", format, len(read))
		}
	}
}
