package policy

import "testing"

func TestWhatIsOmittedIsLeftOutBeforeAnythingIsMadeOfIt(t *testing.T) {
	const (
		ours     = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:*"}`
		bound    = `{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`
		narrowed = `{"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}`
		unbound  = `{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage"}`
		theirs   = `{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*"}`
		weak     = `{"Effect":"Allow","Principal":"*","Condition":{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}}`
	)
	own, services := Options{Owner: owner, OmitOwn: true}, Options{Owner: owner, OmitUnboundServices: true}
	for _, test := range []struct {
		name, policy string
		options      Options
		want         string
	}{
		{"the own account", ours, own, ""},
		{"a service that acts for the own account", bound, own, ""},
		{"everybody, narrowed to the own account", narrowed, own, ""},
		{"a service that nothing binds stays", unbound, own, "service/unbound"},
		{"another account stays", theirs, own, "cross_account"},
		{"a condition that does not bind does not leave out", weak, own, "public"},
		{"the own account stays if its owner is not known", ours, Options{OmitOwn: true}, "unknown"},
		{"services alone are left out", ours + "," + bound + "," + unbound, services, "service/own_account same_account"},
		{"what is between them is found", ours + "," + theirs + "," + bound, own, "cross_account"},
		{"nothing is left out if nobody asks", ours + "," + unbound, Options{Owner: owner}, "service/unbound same_account"},
	} {
		t.Run(test.name, func(t *testing.T) {
			list := Read(packed(t, `{"Statement":[`+test.policy+`]}`), test.options)
			if got := relations(list); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWhatIsOmittedIsNotCountedAmongTheRest(t *testing.T) {
	many := `{"Effect":"Allow","Principal":{"AWS":[` + repeated(MaxGrants, func(i int) string {
		return `"` + string('0'+rune(i/10)) + string('0'+rune(i%10)) + `4455556666"`
	}) + `]}}`
	policy := packed(t, `{"Statement":[`+many+`,{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/app"]}}]}`)
	if list := Read(policy, Options{Owner: owner, OmitOwn: true}); len(list.Grants) != MaxGrants || list.Rest != 0 {
		t.Errorf("%d grants, %d more, want %d and none", len(list.Grants), list.Rest, MaxGrants)
	}
}

func TestWhatFollowsAStatementDoesNotHaveItsOrganization(t *testing.T) {
	list := ReadJSON([]byte(`{"Statement":[{"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}},{"Eff`), Options{Owner: owner})
	if len(list.Grants) != 2 || list.Grants[0].Reason != becauseCut || len(list.Grants[0].Organizations) > 0 {
		t.Errorf("%+v: want the part that was cut off, of no organization, and one grant more", list.Grants)
	}
}

func TestAPolicyForTheOwnAccountIsReadWithoutMemory(t *testing.T) {
	value := packed(t, `{"Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/app"]},"Action":["s3:GetObject","s3:List*"],"Resource":"*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`)
	if n := testing.AllocsPerRun(1_000, func() { Read(value, Options{Owner: owner, OmitOwn: true}) }); n >= 1 {
		t.Errorf("%.1f allocations", n)
	}
}

func TestAnUnknownGrantSaysNothingThatItsStatementDoesNot(t *testing.T) {
	for _, test := range []struct {
		name, policy, reason, id string
		classes                  Class
	}{
		{"what is neither allowed nor denied is good for nothing", `{"Sid":"a","Effect":"Maybe","Principal":"*","Action":"s3:*"}`, becauseEffect, "a", 0},
		{"what is allowed to nobody is good for something", `{"Sid":"a","Effect":"Allow","Action":"s3:GetObject"}`, becauseNoPrincipal, "a", ClassRead},
		{"what is not a statement has no id", `{"Sid":"a"}`, becauseNoPolicy, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			list := ReadJSON([]byte(test.policy), Options{Owner: owner})
			if len(list.Grants) != 1 {
				t.Fatalf("%d grants, want one", len(list.Grants))
			}
			if g := list.Grants[0]; g.Reason != test.reason || g.StatementID != test.id || g.Classes != test.classes {
				t.Errorf("%q of %q with classes %v, want %q of %q with %v", g.Reason, g.StatementID, g.Classes.Names(), test.reason, test.id, test.classes.Names())
			}
		})
	}
}
