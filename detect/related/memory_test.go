package related

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/needle"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// made is an event: who called what, and how.
type made struct {
	id, source, name string
	arn, principal   string
	accessKey        string
	parameters       string // JSON
	address, failure string
}

func (c made) event(t testing.TB) *cloudtrail.Event {
	t.Helper()
	if c.parameters == "" {
		c.parameters = "null"
	}
	text, err := json.Marshal(map[string]any{
		"eventID": c.id, "eventSource": c.source, "eventName": c.name, "eventTime": "2026-03-01T12:00:00Z", "sourceIPAddress": c.address, "errorCode": c.failure,
		"awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
		"userIdentity":      map[string]any{"arn": c.arn, "principalId": c.principal, "accessKeyId": c.accessKey},
		"requestParameters": json.RawMessage(c.parameters),
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := document.AppendFromJSON(nil, text)
	if err != nil {
		t.Fatal(err)
	}
	event := new(cloudtrail.Event)
	event.Reset(body, cloudtrail.Raw)
	return event
}

const (
	alice    = "arn:aws:iam::111122223333:user/alice"
	bob      = "arn:aws:iam::111122223333:user/bob"
	session  = "arn:aws:sts::111122223333:assumed-role/Admin/carol"
	oneKey   = "ASIAIOSFODNN7EXAMPL1"
	otherKey = "ASIAIOSFODNN7EXAMPL2"
	iam      = "iam.amazonaws.com"
	lambda   = "lambda.amazonaws.com"
)

// ids are the ids of calls, in order.
func ids(calls []alert.Related) string {
	var all []string
	for _, c := range calls {
		all = append(all, c.EventID)
	}
	return strings.Join(all, " ")
}

func TestACallIsToldAsTheEventSaysIt(t *testing.T) {
	m := New()
	for i, c := range []made{
		{id: "1", source: lambda, name: "UpdateFunctionCode20150331v2", arn: alice, parameters: `{"functionName":"pay"}`, address: "198.51.100.7"},
		{id: "2", source: iam, name: "CreateUser", arn: alice, parameters: `{"userName":"mallory"}`, failure: "AccessDenied", address: "cloudformation.amazonaws.com"},
		{id: "3", source: "s3.amazonaws.com", name: "PutBucketPolicy", arn: alice, parameters: `{"bucketName":"reports"}`},
		{id: "4", source: "cloudtrail.amazonaws.com", name: "StopLogging", arn: alice, parameters: `{"name":"arn:aws:cloudtrail:eu-west-1:111122223333:trail/all"}`},
		{id: "5", source: "securityhub.amazonaws.com", name: "DisableSecurityHub", arn: alice},
	} {
		m.Note(c.event(t), noon.Add(time.Duration(i)*time.Second))
	}
	want := []alert.Related{
		{Time: noon.Add(4 * time.Second), Action: "DisableSecurityHub", Provider: "securityhub.amazonaws.com", EventID: "5"},
		{Time: noon.Add(3 * time.Second), Action: "StopLogging", Provider: "cloudtrail.amazonaws.com", EventID: "4", Target: "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all"},
		{Time: noon.Add(2 * time.Second), Action: "PutBucketPolicy", Provider: "s3.amazonaws.com", EventID: "3", Target: "arn:aws:s3:::reports"},
		{Time: noon.Add(time.Second), Action: "CreateUser", Provider: iam, EventID: "2", Target: "mallory", Address: "cloudformation.amazonaws.com", Failed: true},
		{Time: noon, Action: "UpdateFunctionCode20150331v2", Provider: lambda, EventID: "1", Target: "arn:aws:lambda:eu-west-1:111122223333:function:pay", Address: "198.51.100.7"},
	}
	if got := m.Of(made{id: "x", arn: alice}.event(t), noon.Add(time.Minute)); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestWhoseCallsAreRelated(t *testing.T) {
	user := func(id string, c made) made { c.id, c.source, c.name = id, iam, "CreateUser"; return c }
	notes := []made{
		user("a1", made{arn: alice}),
		user("b1", made{arn: bob}),
		user("s1", made{arn: session, accessKey: oneKey}),
		user("s2", made{arn: session, accessKey: otherKey}),
		user("k1", made{accessKey: oneKey}),
		user("p1", made{principal: "AIDAEXAMPLE"}),
		user("n1", made{}),
		user("n2", made{principal: "Anonymous"}),
		user("h1", made{accessKey: "HIDDEN_DUE_TO_SECURITY_REASONS"}),
		{id: "a2", source: "forged.amazonaws.com", name: "CreateUser", arn: alice},
		{id: "a3", source: iam, name: "CreateUser20150331", arn: alice},
		{id: "a4", source: iam, name: "createuser", arn: alice},
		{id: "a5", source: iam, name: "GetUser", arn: alice},
		{id: "a6", source: lambda, name: "CreateFunction20150331", arn: alice},
	}
	m := New()
	for i, c := range notes {
		m.Note(c.event(t), noon.Add(time.Duration(i)*time.Second))
	}
	for name, test := range map[string]struct {
		of   made
		want string
	}{
		"a user's own, of the list alone":           {made{arn: alice}, "a6 a1"},
		"not those of another user":                 {made{arn: bob}, "b1"},
		"a session and its key are one past":        {made{arn: session, accessKey: oneKey}, "k1 s2 s1"},
		"an access key alone":                       {made{accessKey: oneKey}, "k1 s1"},
		"a session alone":                           {made{arn: session}, "s2 s1"},
		"a principal without an ARN":                {made{principal: "AIDAEXAMPLE"}, "p1"},
		"an ARN is not a principal's id":            {made{arn: "AIDAEXAMPLE2"}, ""},
		"nobody has no past":                        {made{}, ""},
		"unsigned callers have none in common":      {made{principal: "Anonymous"}, ""},
		"nor do those whose access keys are hidden": {made{accessKey: "HIDDEN_DUE_TO_SECURITY_REASONS"}, ""},
	} {
		test.of.id = "x"
		if got := ids(m.Of(test.of.event(t), noon.Add(time.Minute))); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestWhichCallsAreRelatedByTime(t *testing.T) {
	m := New()
	for id, at := range map[string]time.Time{
		"hour": noon.Add(-time.Hour), "longer": noon.Add(-time.Hour - time.Second), "now": noon, "later": noon.Add(time.Second), "before": noon.Add(-time.Second),
	} {
		m.Note(made{id: id, source: iam, name: "CreateUser", arn: alice}.event(t), at)
	}
	if got := ids(m.Of(made{id: "x", arn: alice}.event(t), noon)); got != "now before hour" {
		t.Errorf("related are %q", got)
	}
}

func TestAnEventIsNotRelatedToItself(t *testing.T) {
	m := New()
	own := made{id: "1", source: iam, name: "CreateUser", arn: alice, parameters: `{"userName":"mallory"}`, accessKey: oneKey}
	forged := own
	forged.parameters = `{"userName":"x"}`
	for range 3 { // deliveries of one event are one call
		m.Note(own.event(t), noon)
		m.Note(forged.event(t), noon)
	}
	if got := m.Of(own.event(t), noon); len(got) != 1 || got[0].Target != "x" {
		t.Errorf("related are %+v, want the other event with the same id", got)
	}
	if got := m.Of(made{id: "2", arn: alice, accessKey: oneKey}.event(t), noon); len(got) != 2 {
		t.Errorf("%d calls are related, want each of two once", len(got))
	}
}

func TestTheLastTwentyCallsOfAnActorAreKept(t *testing.T) {
	order := make([]int, 60)
	for i := range order {
		order[i] = (i * 37) % 60 // they come in any order
	}
	m := New()
	for _, i := range order {
		m.Note(made{id: strconv.Itoa(i), source: iam, name: "CreateUser", arn: alice}.event(t), noon.Add(time.Duration(i)*time.Second))
	}
	var want []string
	for i := 59; i >= 40; i-- {
		want = append(want, strconv.Itoa(i))
	}
	if got := ids(m.Of(made{id: "x", arn: alice}.event(t), noon.Add(time.Minute))); got != strings.Join(want, " ") {
		t.Errorf("related are %s", got)
	}
}

func TestTheTextsOfACallAreBounded(t *testing.T) {
	long := strings.Repeat("é", 100_000)
	m := New()
	c := made{id: "i" + long, source: lambda, name: "UpdateFunctionCode1" + long, arn: alice + long, address: "\xff\xff" + long, parameters: `{"functionName":"` + long + `"}`}
	m.Note(c.event(t), noon)
	c.id = "x"
	got := m.Of(c.event(t), noon)
	if len(got) != 1 {
		t.Fatalf("%d calls are related", len(got))
	}
	r := got[0]
	for _, test := range []struct {
		text string
		most int
	}{{r.Target, 256}, {r.EventID, 64}, {r.Action, 64}, {r.Address, 64}} {
		if len(test.text) > test.most || len(test.text) < test.most-3 || !utf8.ValidString(test.text) {
			t.Errorf("a text has %d bytes, want about %d: %q", len(test.text), test.most, test.text)
		}
	}
}

func TestDeliveriesOfOneEventTakeOnePlace(t *testing.T) {
	m := New()
	m.Note(made{id: "1", source: iam, name: "CreateUser", arn: alice}.event(t), noon)
	for range 30 {
		m.Note(made{id: "2", source: iam, name: "CreateUser", arn: alice}.event(t), noon.Add(time.Second))
	}
	if got := ids(m.Of(made{id: "x", arn: alice}.event(t), noon.Add(time.Minute))); got != "2 1" {
		t.Errorf("related are %q", got)
	}
}

func TestATextThatIsNotUTF8IsMadeSo(t *testing.T) {
	for text, want := range map[string]string{"\xffb": "\ufffdb", "\xff\xff": "\ufffd", "é": "é", "aé": "aé", "abcé": "abc"} {
		if got := string(bounded([]byte(text), 4)); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestAFloodByOneActorCostsThatActorItsOwnPast(t *testing.T) {
	m := New()
	m.Note(made{id: "b", source: iam, name: "CreateUser", arn: bob}.event(t), noon)
	for i := range 10_000 {
		m.Note(made{id: strconv.Itoa(i), source: iam, name: "CreateUser", arn: alice}.event(t), noon)
	}
	if got := ids(m.Of(made{id: "x", arn: bob}.event(t), noon)); got != "b" || m.Evicted() != 0 {
		t.Errorf("related are %q, and %d actors were given up", got, m.Evicted())
	}
}

func TestAFloodOfSessionsOfOneRoleCostsThatRoleItsOwnPast(t *testing.T) {
	m := New()
	m.Note(made{id: "b", source: iam, name: "CreateUser", arn: bob}.event(t), noon)
	for i := range 20_000 {
		c := made{id: strconv.Itoa(i), source: iam, name: "CreateUser", arn: fmt.Sprintf("arn:aws:sts::111122223333:assumed-role/Deploy/%d", i), accessKey: fmt.Sprintf("ASIA%016d", i)}
		m.Note(c.event(t), noon)
	}
	if got := ids(m.Of(made{id: "x", arn: bob}.event(t), noon)); got != "b" {
		t.Errorf("related are %q", got)
	}
	if got := m.Evicted(); got < 2*(20_000-4096) {
		t.Errorf("%d actors and keys were given up by the count", got)
	}
}

func TestAFloodOfInventedActorsLeavesThoseThatAreActive(t *testing.T) {
	m := New()
	// Of twenty sessions of one role some share a segment: they are a family there.
	active := make([]made, 20)
	for i := range active {
		active[i] = made{source: iam, name: "CreateUser", arn: session + strconv.Itoa(i), accessKey: fmt.Sprintf("ASIA%016d", i)}
	}
	for i := range 40_000 {
		if i%1500 == 0 {
			for n := range active {
				active[n].id = strconv.Itoa(i)
				m.Note(active[n].event(t), noon)
			}
		}
		c := made{id: "f", source: iam, name: "CreateUser", arn: fmt.Sprintf("arn:aws:iam::%012d:user/x", i), accessKey: fmt.Sprintf("AKIA%016d", i)}
		m.Note(c.event(t), noon)
	}
	for _, c := range active {
		c.id = "x"
		if got := m.Of(c.event(t), noon); len(got) != 20 {
			t.Errorf("%d calls of an active actor are known, want 20", len(got))
		}
	}
	held := 0
	for kind := range m.segments {
		for i := range m.segments[kind] {
			s := &m.segments[kind][i]
			held += len(s.actors)
			if n := len(s.families); n > len(s.actors) {
				t.Errorf("%d families of %d actors", n, len(s.actors))
			}
		}
	}
	if held != 2*Actors {
		t.Errorf("%d actors and keys are held, want %d", held, 2*Actors)
	}
}

func TestWhoIsGivenUpWithoutACallInTheWindowIsNotCounted(t *testing.T) {
	m := New()
	for i := range 3 * Actors {
		m.Note(made{id: "f", source: iam, name: "CreateUser", arn: fmt.Sprintf("arn:aws:iam::%012d:user/x", i)}.event(t), noon.Add(time.Duration(i)*time.Hour))
	}
	if got := m.Evicted(); got != 0 {
		t.Errorf("%d were counted", got)
	}
}

func TestTheHeapOfAMemoryThatIsFullOfTheLongestLines(t *testing.T) {
	heap := func() int {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int(s.HeapAlloc)
	}
	text := strings.Repeat("x", maxTarget+3*maxShort)
	m, before := New(), heap()
	for kind := range m.segments {
		for n := range Actors {
			handle := key{byte(n), byte(n >> 8)}
			for i := range PerActor {
				l := line{at: noon, id: key{byte(i)}, text: strings.Clone(text)}
				m.segments[kind][n%segments].note(handle, uint64(n), l)
			}
		}
	}
	grown := heap() - before
	if t.Logf("%d MB", grown>>20); grown > 95<<20 {
		t.Errorf("it takes %d MB", grown>>20)
	}
	runtime.KeepAlive(m)
}

func TestAMemoryMayBeUsedByManyAtOnce(t *testing.T) {
	m := New()
	var wait sync.WaitGroup
	for n := range 4 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range 500 {
				c := made{id: fmt.Sprint(n, i), source: iam, name: "CreateUser", arn: fmt.Sprintf("arn:aws:iam::%012d:user/x", i%7), accessKey: oneKey}
				event := c.event(t)
				m.Note(event, noon)
				m.Of(event, noon)
			}
		}()
	}
	wait.Wait()
	if got := m.Of(made{id: "x", accessKey: oneKey}.event(t), noon); len(got) != 20 {
		t.Errorf("%d calls", len(got))
	}
}

func TestTheListOfCalls(t *testing.T) {
	calls := namesOfCalls()
	if !slices.IsSorted(calls) {
		t.Error("they are not in order")
	}
	for _, name := range []string{
		"AddPermission*", "AttachRolePolicy", "CreateAccessKey", "CreateFunction*", "CreateLoginProfile", "CreateUser", "DeleteTrail", "PublishLayerVersion*",
		"PutBucketPolicy", "PutEventSelectors", "PutRolePolicy", "StopLogging", "UpdateFunctionCode*", "UpdateFunctionConfiguration*",
	} {
		if !slices.Contains(calls, name) {
			t.Errorf("%s is not on the list", name)
		}
	}
	needles := append(call.Needles(), Needles()...)
	for _, name := range calls {
		if !slices.ContainsFunc(further, func(c call.Call) bool { return c.Name == name }) {
			continue // a row of the table says what it is found by
		}
		if !slices.Contains(needles, needle.OfCall(name)) {
			t.Errorf("%s is found by nothing", name)
		}
	}
	for i, c := range further {
		if call.Find(c.Source, c.Name) != nil {
			t.Errorf("%s is in the table of calls that let somebody in", c.Name)
		}
		if slices.ContainsFunc(further[:i], func(b call.Call) bool { return b.Source == c.Source && b.Name == c.Name }) {
			t.Errorf("%s is there twice", c.Name)
		}
	}
}

func TestToNoteACallAllocatesItsTextAlone(t *testing.T) {
	m := New()
	event := made{id: "1", source: lambda, name: "UpdateFunctionCode20150331v2", arn: session, accessKey: oneKey, parameters: `{"functionName":"pay"}`, address: "198.51.100.7"}.event(t)
	// A pool may lose a buffer, as under the race detector: the least of many runs counts.
	least := func(event *cloudtrail.Event) float64 {
		n := testing.AllocsPerRun(10, func() { m.Note(event, noon) })
		for range 50 {
			n = min(n, testing.AllocsPerRun(1, func() { m.Note(event, noon) }))
		}
		return n
	}
	if n := least(event); n != 1 {
		t.Errorf("%.0f allocations", n)
	}
	if n := least(made{id: "1", source: lambda, name: "Invoke", arn: session}.event(t)); n != 0 {
		t.Errorf("%.0f allocations for a call that is not on the list", n)
	}
}

func BenchmarkNote(b *testing.B) {
	events := map[string]made{
		"on the list":     {id: "1", source: lambda, name: "UpdateFunctionCode20150331v2", arn: session, accessKey: oneKey, parameters: `{"functionName":"pay"}`, address: "198.51.100.7"},
		"not on the list": {id: "1", source: "s3.amazonaws.com", name: "GetObject", arn: session, accessKey: oneKey},
	}
	for name, c := range events {
		b.Run(name, func(b *testing.B) {
			m := New()
			event := c.event(b)
			b.ReportAllocs()
			at := noon
			for b.Loop() {
				at = at.Add(time.Second)
				m.Note(event, at)
			}
		})
	}
	b.Run("of a new actor in a full memory", func(b *testing.B) {
		var all []*cloudtrail.Event
		for i := range 4 * Actors {
			all = append(all, made{id: "1", source: iam, name: "CreateUser", arn: fmt.Sprintf("arn:aws:iam::%012d:user/x", i), accessKey: fmt.Sprintf("AKIA%016d", i)}.event(b))
		}
		m := New()
		for _, event := range all {
			m.Note(event, noon)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			m.Note(all[i%len(all)], noon)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	m := New()
	for i := range PerActor {
		m.Note(made{id: strconv.Itoa(i), source: iam, name: "CreateUser", arn: session, accessKey: oneKey}.event(b), noon)
	}
	event := made{id: "x", arn: session, accessKey: oneKey}.event(b)
	b.ReportAllocs()
	for b.Loop() {
		if len(m.Of(event, noon)) != PerActor {
			b.Fatal("calls are missing")
		}
	}
}

// namesOfCalls returns the names of the calls on the list, each once, in order. A star at the end
// means any version of the API.
func namesOfCalls() []string {
	names := call.Names()
	for i := range further {
		names = append(names, further[i].Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
