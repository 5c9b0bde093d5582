package follow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/closing"
	"github.com/trailwire/trailwire/detect/grant/policy"
	"github.com/trailwire/trailwire/detect/grant/use"
	"github.com/trailwire/trailwire/detect/state"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const (
	function = "arn:aws:lambda:eu-west-1:111122223333:function:pay"
	alice    = "arn:aws:iam::111122223333:user/alice"
	outsider = "444455556666"
	another  = "777788889999"
)

func newLedger(limit int64) *Ledger { return Of(state.New(limit), noon) }

// at is an event some time after noon.
func at(id string, d time.Duration) *Event {
	return &Event{ID: id, At: noon.Add(d), Now: noon.Add(max(d, 0)), Actor: alice, DedupKey: "alert-" + id}
}

// to is a grant to an account, by the statement with an id.
func to(account, statement string, actions ...string) policy.Grant {
	return policy.Grant{
		Relation: policy.RelationCrossAccount, Principal: "arn:aws:iam::" + account + ":root", PrincipalAccount: account, Accounts: []string{account},
		StatementID: statement, Actions: actions,
	}
}

var toAll = policy.Grant{Relation: policy.RelationPublic, Principal: "*", StatementID: "all", Actions: []string{"lambda:InvokeFunction"}}

func opens(grants ...policy.Grant) *call.Opening {
	if len(grants) == 0 {
		return nil
	}
	return &call.Opening{Resource: function, ResourceType: "AWS::Lambda::Function", Grants: grants}
}

// by is how an AddPermission opens, with the statement of each grant.
var by = Origin{Means: "policy"}

func uses(account, action string) *use.Use {
	return &use.Use{Action: action, Type: "AWS::Lambda::Function", TakesOut: true, Resources: []string{function}, Account: account, Principal: "AROAEXAMPLE:bob", Address: "198.51.100.7"}
}

func invokes(account string) *use.Use { return uses(account, "lambda:InvokeFunction") }

func removes(statement string) *closing.Closing {
	return &closing.Closing{Resource: function, Means: "policy", Statement: statement, All: true}
}

// tells writes stories as a line each.
func tells(used []*alert.Used, closed []*alert.Closed) string {
	var lines []string
	for _, u := range used {
		line := fmt.Sprintf("%s used %s %s %d times", u.Account, u.Grant.StatementID, u.Action, u.Count)
		for word, isSo := range map[string]bool{" late": u.Late, " before": u.Grant.GrantedBefore, " closed": !u.Grant.ClosedAt.IsZero(), " forgotten": u.Grant.Forgotten} {
			if isSo {
				line += word
			}
		}
		lines = append(lines, line)
	}
	for _, c := range closed {
		lines = append(lines, fmt.Sprintf("%s %s after %s, used %t", c.Grant.StatementID, c.How, c.Stood, c.Used))
	}
	return strings.Join(lines, "; ")
}

func TestTheStoryOfAGrantIsToldInAnyOrder(t *testing.T) {
	type step struct {
		do   func(l *Ledger) string
		want string
	}
	open := func(e *Event, grants ...policy.Grant) func(l *Ledger) string {
		return func(l *Ledger) string { return tells(l.Open(opens(grants...), by, e)) }
	}
	// A new policy is a closing of what it replaces, and then an opening.
	replace := func(e *Event, grants ...policy.Grant) func(l *Ledger) string {
		return func(l *Ledger) string {
			o := opens(grants...)
			closed := l.Close(&closing.Closing{Resource: function, Means: "policy", Replaces: true, Kept: o}, e)
			if o == nil {
				return tells(nil, closed)
			}
			used, late := l.Open(o, by, e)
			return tells(used, append(closed, late...))
		}
	}
	used := func(e *Event, u *use.Use) func(l *Ledger) string {
		return func(l *Ledger) string { return tells(l.Use(u, e), nil) }
	}
	closed := func(e *Event, c *closing.Closing) func(l *Ledger) string {
		return func(l *Ledger) string { return tells(nil, l.Close(c, e)) }
	}
	invoke := "lambda:InvokeFunction"
	for _, test := range []struct {
		why   string
		steps []step
	}{
		{"opened, used, closed", []step{
			{open(at("1", 0), to(outsider, "s1", invoke)), ""},
			{used(at("2", time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times"},
			{closed(at("3", 2*time.Hour), removes("s1")), "s1 removed after 2h0m0s, used true"},
		}},
		{"a use is told once a day", []step{
			{open(at("1", 0), to(outsider, "s1", invoke)), ""},
			{used(at("2", time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times"},
			{used(at("3", 2*time.Hour), invokes(outsider)), ""},
			{used(at("4", 24*time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 3 times"},
			{used(at("5", 3*time.Hour), invokes(outsider)), ""},
		}},
		{"another account has no grant", []step{
			{open(at("1", 0), to(outsider, "s1", invoke)), ""},
			{used(at("2", time.Hour), invokes(another)), ""},
		}},
		{"the grant is for another action", []step{
			{open(at("1", 0), to(outsider, "s1", "lambda:GetFunction")), ""},
			{used(at("2", time.Hour), invokes(outsider)), ""},
		}},
		{"all actions but one", []step{
			{open(at("1", 0), policy.Grant{Relation: policy.RelationCrossAccount, Accounts: []string{outsider}, StatementID: "s1", Actions: []string{"lambda:Get*"}, NotAction: true}), ""},
			{used(at("2", time.Hour), uses(outsider, "lambda:GetFunction")), ""},
			{used(at("3", time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times"},
		}},
		{"actions have any case and patterns", []step{
			{open(at("1", 0), to(outsider, "s1", "LAMBDA:invoke*")), ""},
			{used(at("2", time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times"},
		}},
		{"a public grant lets in anybody", []step{
			{open(at("1", 0), toAll), ""},
			{used(at("2", time.Hour), invokes(another)), "777788889999 used all lambda:InvokeFunction 1 times"},
			{used(at("3", time.Hour), invokes(outsider)), "444455556666 used all lambda:InvokeFunction 1 times"},
		}},
		{"a use that comes in before its grant", []step{
			{used(at("2", time.Minute), invokes(outsider)), ""},
			{open(at("1", 0), to(outsider, "s1", invoke)), "444455556666 used s1 lambda:InvokeFunction 1 times late"},
			{used(at("3", time.Hour), invokes(outsider)), ""},
		}},
		{"a use from before the grant is not one of it", []step{
			{used(at("1", 0), invokes(outsider)), ""},
			{open(at("2", time.Minute), to(outsider, "s1", invoke)), ""},
			{used(at("3", time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times before"},
		}},
		{"a use from before the grant that comes in after it", []step{
			{open(at("2", time.Minute), to(outsider, "s1", invoke)), ""},
			{used(at("1", 0), invokes(outsider)), ""},
			{used(at("3", time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times before"},
		}},
		{"a use after the closing", []step{
			{open(at("1", 0), to(outsider, "s1", invoke)), ""},
			{closed(at("2", time.Hour), removes("s1")), "s1 removed after 1h0m0s, used false"},
			{used(at("3", 2*time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times closed"},
		}},
		{"a closing that comes in before the grant", []step{
			{closed(at("2", time.Hour), removes("s1")), ""},
			{open(at("1", 0), to(outsider, "s1", invoke)), "s1 removed after 1h0m0s, used false"},
			{used(at("3", time.Minute), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times closed"},
		}},
		{"a closing from before the grant leaves it", []step{
			{closed(at("1", 0), removes("s1")), ""},
			{open(at("2", time.Minute), to(outsider, "s1", invoke)), ""},
			{closed(at("3", time.Second), removes("s1")), ""},
			{used(at("4", time.Hour), invokes(outsider)), "444455556666 used s1 lambda:InvokeFunction 1 times"},
		}},
		{"only the statement that is named is closed", []step{
			{open(at("1", 0), to(outsider, "s1", invoke)), ""},
			{open(at("2", 0), to(another, "s2", invoke)), ""},
			{closed(at("3", time.Minute), removes("S1")), ""},
			{closed(at("4", time.Minute), &closing.Closing{Resource: function, Means: "acl", All: true}), ""},
			{closed(at("5", time.Minute), &closing.Closing{Resource: function + "2", All: true}), ""},
			{closed(at("6", time.Minute), removes("s2")), "s2 removed after 1m0s, used false"},
		}},
		{"a new policy closes what it does not have", []step{
			{replace(at("1", 0), to(outsider, "s1", invoke), to(another, "s2", invoke)), ""},
			{replace(at("2", time.Minute), to(another, "s2", invoke)), "s1 replaced after 1m0s, used false"},
			{replace(at("3", time.Hour)), "s2 replaced after 1h0m0s, used false"},
		}},
		{"an older policy that comes in later opens nothing", []step{
			{replace(at("2", time.Hour), to(another, "s2", invoke)), ""},
			{replace(at("1", 0), to(outsider, "s1", invoke)), "s1 replaced after 1h0m0s, used false"},
		}},
		{"a deleted resource has no grants", []step{
			{open(at("1", 0), to(outsider, "s1", invoke), toAll), ""},
			{closed(at("2", time.Hour), &closing.Closing{Resource: function, All: true}), "s1 deleted after 1h0m0s, used false; all deleted after 1h0m0s, used false"},
		}},
		{"an account is taken off a list", []step{
			{open(at("1", 0), to(outsider, "", invoke)), ""},
			{open(at("2", 0), policy.Grant{Relation: policy.RelationPublic, Principal: "all"}), ""},
			{closed(at("3", time.Hour), &closing.Closing{Resource: function, Means: "policy", Accounts: []string{another}}), ""},
			{closed(at("4", time.Hour), &closing.Closing{Resource: function, Means: "policy", Accounts: []string{outsider}}), " removed after 1h0m0s, used false"},
			{closed(at("5", time.Hour), &closing.Closing{Resource: function, Means: "policy", Everyone: true}), " removed after 1h0m0s, used false"},
		}},
		{"the same grant once more changes nothing", []step{
			{open(at("1", 0), to(outsider, "s1", invoke)), ""},
			{open(at("2", time.Minute), to(outsider, "s1", invoke)), ""},
			{closed(at("3", time.Hour), removes("s1")), "s1 removed after 1h0m0s, used false"},
		}},
		{"who comes through a provider is not let in as everyone", []step{
			{open(at("1", 0), policy.Grant{Relation: policy.RelationPublic, Principal: "*", StatementID: "s1", Actions: []string{"sts:*"}}), ""},
			{used(at("2", time.Minute), &use.Use{Action: "sts:AssumeRoleWithWebIdentity", Federated: true, Principal: "x@y", Resources: []string{function}}), ""},
			{used(at("3", time.Minute), uses(outsider, "sts:AssumeRole")), "444455556666 used s1 sts:AssumeRole 1 times"},
		}},
		{"a role is assumed through a provider", []step{
			{open(at("1", 0), policy.Grant{Relation: policy.RelationFederated, Principal: "token.actions.githubusercontent.com", StatementID: "s1", Actions: []string{"sts:AssumeRoleWithWebIdentity"}}), ""},
			{used(at("2", time.Minute), uses(outsider, "sts:AssumeRole")), ""},
			{used(at("3", time.Minute), &use.Use{Action: "sts:AssumeRoleWithWebIdentity", Federated: true, Principal: "repo:x/y@token.actions.githubusercontent.com", Resources: []string{function}}), " used s1 sts:AssumeRoleWithWebIdentity 1 times"},
		}},
	} {
		l := newLedger(0)
		for i, s := range test.steps {
			if got := s.do(l); got != s.want {
				t.Errorf("%s: step %d: got %q, want %q", test.why, i+1, got, s.want)
			}
		}
	}
}

func TestAStorySaysWhoOpenedTheGrantAndWhen(t *testing.T) {
	l := newLedger(0)
	l.Open(opens(to(outsider, "s1", "lambda:InvokeFunction")), by, at("1", 0))
	u := l.Use(invokes(outsider), at("2", 3*time.Hour))[0]
	want := alert.Used{
		Grant: alert.GrantStory{
			Resource: function, ResourceType: "AWS::Lambda::Function", Principal: "arn:aws:iam::444455556666:root", Account: outsider, Relation: "cross_account",
			Actions: []string{"lambda:InvokeFunction"}, StatementID: "s1", Means: "policy", OpenedAt: noon, OpenedBy: alice,
			OpenedEventID: "1", DedupKey: "alert-1",
		},
		Action: "lambda:InvokeFunction", TakesOut: true, Account: outsider, Principal: "AROAEXAMPLE:bob", First: noon.Add(3 * time.Hour), Last: noon.Add(3 * time.Hour),
		Count: 1, Addresses: []string{"198.51.100.7"}, EventID: "2",
	}
	if got, want := fmt.Sprintf("%+v", *u), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// accounts is a watcher.
type accounts map[uint64]bool

func (a accounts) Add(id uint64) error {
	a[id] = true
	return nil
}
func (a accounts) Remove(id uint64) { delete(a, id) }

func (a accounts) list() (all []uint64) {
	for id := range a {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

func TestTheAccountsOfGrantsAreLookedFor(t *testing.T) {
	memory := state.New(0)
	l := Of(memory, noon)
	first, second := accounts{}, accounts{}
	l.Watch(first)
	l.Open(opens(to(outsider, "s1"), to(another, "s2"), to(another, "s3")), by, at("1", 0))
	stop := Of(memory, noon).Watch(second)
	for who, a := range map[string]accounts{"the first": first, "one that came later": second} {
		if got, want := a.list(), []uint64{444455556666, 777788889999}; !slices.Equal(got, want) {
			t.Errorf("%s: got %d", who, got)
		}
	}
	stop()
	l.Close(removes("s1"), at("2", time.Hour))
	l.Close(removes("s2"), at("3", time.Hour))
	l.Close(removes("s3"), at("4", time.Hour))
	if got := first.list(); len(got) != 2 {
		t.Errorf("uses may come after the closing: got %d", got)
	}
	// Closed grants are given up when others are closed after their time.
	for i := range 4 {
		o := opens(to("000000000007", "s1"))
		o.Resource = fmt.Sprintf("%s%d", function, i)
		l.Open(o, by, at("5", AfterClosing+2*time.Hour))
		l.Close(&closing.Closing{Resource: o.Resource, All: true}, at("6", AfterClosing+2*state.Grace+time.Hour))
	}
	if got, want := first.list(), []uint64{7}; !slices.Equal(got, want) {
		t.Errorf("after their time: got %d", got)
	}
	if got := second.list(); len(got) != 2 {
		t.Errorf("one that was stopped is told all the same: got %d", got)
	}
}

func TestGrantsSurviveInWhatIsSaved(t *testing.T) {
	memory := state.New(0)
	l := Of(memory, noon)
	l.Open(opens(to(outsider, "s1", "lambda:InvokeFunction"), toAll), by, at("1", 0))
	l.Use(invokes(outsider), at("2", time.Hour))
	restored := saveAndRestore(t, memory)
	l = Of(restored, noon)
	watched := accounts{}
	l.Watch(watched)
	if got := watched.list(); !slices.Equal(got, []uint64{444455556666}) {
		t.Errorf("looked for: %d", got)
	}
	if got, want := tells(l.Use(invokes(outsider), at("3", 25*time.Hour)), nil), "444455556666 used s1 lambda:InvokeFunction 2 times"; got != want {
		t.Errorf("got %q", got)
	}
}

func saveAndRestore(t *testing.T, m *state.Memory) *state.Memory {
	t.Helper()
	pages := map[uint32][]byte{}
	header, _, err := m.Save(1<<20, func(page uint32, data []byte) error {
		pages[page] = data
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	restored, err := state.Restore(0, header, func(yield func(uint32, []byte) bool) {
		for i := range uint32(len(pages)) {
			if !yield(i, pages[i]) {
				return
			}
		}
	}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return restored
}

// flood opens so many grants on functions of their own, to accounts of their own.
func flood(l *Ledger, n int, actor func(i int) string) {
	for i := range n {
		o := opens(to(fmt.Sprintf("%012d", 500000000000+i), "statement-1", "lambda:InvokeFunction"))
		o.Resource = fmt.Sprintf("arn:aws:lambda:eu-west-1:111122223333:function:noise-%07d", i)
		e := at(fmt.Sprintf("08dd169e-1c30-587a-9b98-%012d", i), time.Minute)
		e.Actor = actor(i)
		e.DedupKey = "8f985da6-66e8-4838-a63e-21636eb9adc5:" + e.ID + ":0123456789abcdef"
		l.Open(o, by, e)
	}
}

func TestAHundredThousandOpenGrantsFitIntoTheDefaultMemory(t *testing.T) {
	memory := state.New(0)
	l := Of(memory, noon)
	flood(l, 100_000, func(i int) string {
		return fmt.Sprintf("arn:aws:sts::111122223333:assumed-role/deploy/session-%d", i%1000)
	})
	if s := l.Stats(); s.Resources != 100_000 || s.Evicted != 0 || s.Accounts != 100_000 {
		t.Errorf("%+v in %d bytes", s, memory.Used())
	}
	t.Logf("100,000 grants take %d bytes", memory.Used())
}

func TestAFloodOfGrantsHidesNoUse(t *testing.T) {
	const noise = 60_000
	for _, test := range []struct {
		why, actor, want string
	}{
		{"by somebody else", "arn:aws:iam::111122223333:user/mallory", "444455556666 used s1 lambda:InvokeFunction 1 times"},
		{"by who opened the grant", alice, "444455556666 used  lambda:InvokeFunction 1 times forgotten"},
	} {
		memory := state.New(8 << 20)
		l := Of(memory, noon)
		watched := accounts{}
		l.Watch(watched)
		l.Open(opens(to(outsider, "s1", "lambda:InvokeFunction")), by, at("1", 0))
		for test.actor != alice && l.share(test.actor) == l.share(alice) {
			test.actor += "y" // one in eight has the same share
		}
		flood(l, noise, func(int) string { return test.actor })
		if got := tells(l.Use(invokes(outsider), at("2", time.Hour)), nil); got != test.want {
			t.Errorf("%s: got %q", test.why, got)
		}
		if !watched[444455556666] {
			t.Errorf("%s: the account is not looked for any more", test.why)
		}
		if s := l.Stats(); s.Evicted == 0 || memory.Used() > 8<<20 {
			t.Errorf("%s: %+v in %d bytes", test.why, s, memory.Used())
		}
	}
}

func TestForgedUsesHideNoRealOne(t *testing.T) {
	l := newLedger(0)
	l.Open(opens(to(outsider, "s1", "lambda:InvokeFunction"), toAll), by, at("1", 0))
	for i := range 5000 { // by accounts of all kinds, on all days
		e := at(fmt.Sprint("f", i), time.Duration(i%30)*time.Hour)
		l.Use(uses(fmt.Sprintf("%012d", i), "lambda:InvokeFunction"), e)
	}
	for i := range 100 { // replayed from before
		l.Use(invokes(outsider), at(fmt.Sprint("r", i), -time.Duration(i)*time.Hour))
	}
	if got, want := tells(l.Use(invokes(outsider), at("2", 31*time.Hour)), nil), "444455556666 used s1 lambda:InvokeFunction 2 times before"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestBoundsOfAResource(t *testing.T) {
	l := newLedger(0)
	watched := accounts{}
	l.Watch(watched)
	l.Open(opens(to(outsider, "s1", "lambda:InvokeFunction")), by, at("1", 0))
	l.Use(invokes(outsider), at("2", time.Minute))
	for i := range 10 * maxGrants {
		l.Open(opens(to(fmt.Sprintf("%012d", i+1), fmt.Sprint("n", i))), by, at(fmt.Sprint("n", i), time.Hour))
	}
	if s := l.Stats(); s.Dropped != 9*maxGrants+1 {
		t.Errorf("%+v", s)
	}
	if got, want := tells(l.Use(invokes(outsider), at("3", 24*time.Hour)), nil), "444455556666 used s1 lambda:InvokeFunction 2 times"; got != want {
		t.Errorf("a grant that was used is given up last: got %q", got)
	}
	for i := range 3 * maxUsages { // actions without end
		l.Use(uses(outsider, fmt.Sprint("lambda:Action", i)), at(fmt.Sprint("a", i), 25*time.Hour))
	}
	if got, want := tells(l.Use(invokes(outsider), at("4", 50*time.Hour)), nil), "444455556666 used s1 lambda:InvokeFunction 3 times"; got != want {
		t.Errorf("after many actions: got %q", got)
	}
}
