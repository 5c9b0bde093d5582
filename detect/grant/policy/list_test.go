package policy

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// relations writes what a list holds in a few words.
func relations(list List) string {
	var words []string
	for _, g := range list.Grants {
		word := string(g.Relation)
		if g.Binding != "" {
			word += "/" + string(g.Binding)
		}
		words = append(words, word)
	}
	if list.Rest > 0 {
		words = append(words, "+"+strconv.Itoa(list.Rest))
	}
	return strings.Join(words, " ")
}

// TestTheOrderOfHarm has every relation in the order in which alerts should
// show them.
func TestTheOrderOfHarm(t *testing.T) {
	want := strings.Fields(`public federated/unbound cross_account unknown federated/unknown service/unbound
		service/unknown service/foreign_account federated/network network service/secret service/organization
		organization federated/provider federated/subject service/own_account same_account`)
	var grants []Grant
	for i := len(want) - 1; i >= 0; i-- {
		relation, binding, _ := strings.Cut(want[i], "/")
		grants = append(grants, Grant{Relation: Relation(relation), Binding: Binding(binding)})
	}
	if got := relations(List{Grants: listed(grants)}); got != strings.Join(want, " ") {
		t.Errorf("got  %s\nwant %s", got, strings.Join(want, " "))
	}
}

func TestAListTakesOutWhatIsRepeated(t *testing.T) {
	a := Grant{Relation: RelationCrossAccount, Principal: "444455556666", Actions: []string{"s3:GetObject"}, StatementID: "1"}
	b := a
	b.Principal = "777788889999"
	again := a
	again.StatementID, again.Actions = "2", []string{"s3:GetObject"}
	other := a
	other.Actions = []string{"s3:PutObject"}
	public := Grant{Relation: RelationPublic}
	got := listed([]Grant{a, b, again, public, other, public})
	if want := []Grant{public, a, b, other}; !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestWhatActionsAreGoodForBreaksATie(t *testing.T) {
	read := Grant{Relation: RelationPublic, Classes: ClassRead}
	write := Grant{Relation: RelationPublic, Classes: ClassRead | ClassWrite}
	admin := Grant{Relation: RelationPublic, Classes: ClassAdmin}
	none := Grant{Relation: RelationPublic}
	got := listed([]Grant{read, none, write, admin})
	if want := []Grant{admin, none, write, read}; !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// TestAListKeepsTheWorst adds the harmless first, and more of it than fits.
func TestAListKeepsTheWorst(t *testing.T) {
	var list List
	for i := range 100 {
		list.Add(Grant{Relation: RelationSameAccount, Principal: fmt.Sprint(i)})
	}
	for i := range 50 {
		list.Add(Grant{Relation: RelationCrossAccount, Principal: fmt.Sprint(i)})
		list.Add(Grant{Relation: RelationCrossAccount, Principal: fmt.Sprint(i)})
	}
	list.Add(Grant{Relation: RelationPublic})
	list.Add(Grant{Relation: RelationSameAccount, Principal: "last"})
	if len(list.Grants) != 64 || list.Rest != 88 || list.Grants[0].Relation != "public" ||
		list.Grants[1].Principal != "0" || list.Grants[50].Principal != "49" || list.Grants[51].Relation != "same_account" ||
		list.Grants[63].Principal != "12" {
		t.Errorf("%d grants, %d more: %s", len(list.Grants), list.Rest, relations(list))
	}
	checkOrder(t, list)
}

// listed returns what a list keeps of grants.
func listed(grants []Grant) []Grant {
	var list List
	for _, g := range grants {
		list.Add(g)
	}
	return list.Grants
}

func checkOrder(t *testing.T, list List) {
	t.Helper()
	for i := 1; i < len(list.Grants); i++ {
		if list.Grants[i-1].severity() < list.Grants[i].severity() {
			t.Errorf("grant %d is worse than the one before", i)
		}
	}
}

// TestAListThatIsCutOffEqualsOnlyItself: what the rest holds is not known, so
// two grants with a rest may differ in it.
func TestAListThatIsCutOffEqualsOnlyItself(t *testing.T) {
	var actions, others []string
	for i := range 16 {
		actions = append(actions, fmt.Sprint("s3:Get", i))
		others = append(others, fmt.Sprint("s3:Get", i))
	}
	a := Grant{Relation: RelationPublic, Actions: actions, ActionsRest: 1}
	b := Grant{Relation: RelationPublic, Actions: others, ActionsRest: 1}
	if got := listed([]Grant{a, b, a}); len(got) != 2 {
		t.Errorf("%d grants, want 2", len(got))
	}
}

func TestTheWorstOfAnEmptyListIsNone(t *testing.T) {
	var list List
	if relation, ok := list.Worst(); ok || relation != "" {
		t.Errorf("got %q, %v", relation, ok)
	}
}
