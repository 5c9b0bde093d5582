package conformance

import (
	"fmt"
	"testing"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

func TestExceptions(t *testing.T) {
	sameAccount := object{"requestParameters.principal": "arn:aws:iam::111122223333:role/worker"}
	byRole := object{"userIdentity": object{
		"type": "AssumedRole", "accountId": "111122223333",
		"arn": "arn:aws:sts::111122223333:assumed-role/deploy/alice",
		"sessionContext": object{"sessionIssuer": object{
			"type": "Role", "arn": "arn:aws:iam::111122223333:role/ci/deploy", "userName": "deploy",
		}},
	}}
	for _, test := range []struct {
		name       string
		exceptions detect.Exceptions
		changes    object
		excepted   bool
	}{
		{"none", detect.Exceptions{}, nil, false},
		{"same account is ignored", detect.Exceptions{SameAccount: true}, sameAccount, true},
		{"another account is not the same account", detect.Exceptions{SameAccount: true}, nil, false},
		{"trusted account", detect.Exceptions{Accounts: []string{"444455556666"}}, nil, true},
		{"other account than the trusted one", detect.Exceptions{Accounts: []string{"777788889999"}}, nil, false},
		{"trusted account does not vouch for an unknown principal", detect.Exceptions{Accounts: []string{"444455556666"}},
			object{"requestParameters.principal": "AROAEXAMPLEID"}, false},
		{"trusted actor by pattern", detect.Exceptions{Actors: []string{"arn:aws:iam::111122223333:user/a*"}}, nil, true},
		{"pattern covers the whole ARN", detect.Exceptions{Actors: []string{"arn:aws:iam::111122223333:user/a"}}, nil, false},
		{"question mark is one character", detect.Exceptions{Actors: []string{"arn:aws:iam::111122223333:user/alic?"}}, nil, true},
		{"session by its role's ARN with path", detect.Exceptions{Actors: []string{"arn:aws:iam::111122223333:role/ci/deploy"}}, byRole, true},
		{"session by its role's ARN without path", detect.Exceptions{Actors: []string{"arn:aws:iam::111122223333:role/deploy"}}, byRole, true},
		{"session by its own ARN", detect.Exceptions{Actors: []string{"arn:aws:sts::111122223333:assumed-role/deploy/*"}}, byRole, true},
		{"session of another role", detect.Exceptions{Actors: []string{"arn:aws:iam::111122223333:role/deployer"}}, byRole, false},
		{"trusted actor does not vouch for an unknown principal", detect.Exceptions{Actors: []string{"*"}},
			object{"requestParameters.principal": "AROAEXAMPLEID"}, false},
		{"trusted function by name", detect.Exceptions{Functions: []string{"billing-*"}}, nil, true},
		{"trusted function by ARN", detect.Exceptions{Functions: []string{"arn:aws:lambda:*:111122223333:function:billing-export"}}, nil, true},
		{"function of the same name elsewhere", detect.Exceptions{Functions: []string{"arn:aws:lambda:*:999900001111:function:billing-export"}}, nil, false},
		{"function by its ARN also where an alias is opened", detect.Exceptions{Functions: []string{"arn:aws:lambda:eu-west-1:111122223333:function:billing-export"}},
			object{"requestParameters.qualifier": "live"}, true},
		{"alias by its ARN", detect.Exceptions{Functions: []string{"arn:aws:lambda:*:111122223333:function:billing-export:live"}},
			object{"requestParameters.qualifier": "live"}, true},
		{"another alias", detect.Exceptions{Functions: []string{"arn:aws:lambda:*:111122223333:function:billing-export:test"}},
			object{"requestParameters.qualifier": "live"}, false},
		{"a star does not match a colon", detect.Exceptions{Functions: []string{"arn:aws:*:function:billing-export"}}, nil, false},
		{"a role with a colon in its path is not another one", detect.Exceptions{Actors: []string{"arn:aws:iam::*:role/deploy-*"}}, object{"userIdentity": object{
			"arn": "arn:aws:sts::111122223333:assumed-role/evil/s", "type": "AssumedRole",
			"sessionContext": object{"sessionIssuer": object{"arn": "arn:aws:iam::111122223333:role/x:role/deploy-a/evil"}},
		}}, false},
		{"a user with colons in his path is not another account's", detect.Exceptions{Actors: []string{"arn:aws:iam::999900001111:*"}},
			object{"userIdentity": object{"arn": "arn:aws:iam::111122223333:user/x:999900001111:y"}}, false},
		{"trusted organization", detect.Exceptions{Orgs: []string{"o-exampleorgid"}},
			object{"requestParameters.principalOrgID": "o-exampleorgid"}, true},
		{"other organization", detect.Exceptions{Orgs: []string{"o-exampleorgid"}},
			object{"requestParameters.principalOrgID": "o-strangersorg"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine := newEngine(t, func(o *detect.Options) { o.Exceptions = test.exceptions })
			found := alerts(t, engine, crossAccountGrant(test.changes))
			if got := len(found) == 0; got != test.excepted {
				t.Errorf("%d alerts, want excepted: %v", len(found), test.excepted)
			}
			want := uint64(0)
			if test.excepted {
				want = 1
			}
			if got := engine.Stats().Excepted; got != want {
				t.Errorf("%d counted as excepted, want %d", got, want)
			}
		})
	}
}

func TestExceptionNeverHidesAPublicGrant(t *testing.T) {
	// Matches a rule of the user's own that reports public grants.
	public := ruleWith(t, `any where event.action : "AddPermission*"`)
	everything := detect.Exceptions{
		SameAccount: true, Accounts: []string{"111122223333", "444455556666"},
		Orgs: []string{"o-exampleorgid"}, Actors: []string{"arn:*:*:*:*:*"}, Functions: []string{"*"},
	}
	engine := newEngine(t, func(o *detect.Options) {
		o.Rules, o.Exceptions = []*rule.Rule{public}, everything
	})
	for _, principal := range []string{"*", "arn:aws:iam::*:root", "AIDAEXAMPLEID", ""} {
		event := crossAccountGrant(object{"requestParameters.principal": principal})
		if found := alerts(t, engine, event); len(found) != 1 {
			t.Errorf("a grant to %q raises %d alerts, want 1", principal, len(found))
		}
	}
}

func TestTrustedAccountDoesNotVouchForTheOtherPrincipals(t *testing.T) {
	engine := newEngine(t, func(o *detect.Options) {
		o.Exceptions = detect.Exceptions{Accounts: []string{"444455556666"}}
	})
	statement := `{"Sid":"s","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::%s:root"]},` +
		`"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:111122223333:function:billing-export"}`
	for account, want := range map[string]int{"444455556666": 0, "111122223333": 0, "999900001111": 1} {
		event := crossAccountGrant(object{"responseElements": object{"statement": fmt.Sprintf(statement, account)}})
		if found := alerts(t, engine, event); len(found) != want {
			t.Errorf("with account %s beside the trusted one: %d alerts, want %d", account, len(found), want)
		}
	}
}

// The predicate matches grants to Alexa, whose names do not end in .amazonaws.com.
func TestTheRulesOwnAlertsKeepTheirWordsUnderExtendedCoverage(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes object
		reason  string
	}{
		{"a skill without a token", object{"requestParameters.principal": "alexa-appkit.amazon.com"},
			"111122223333 let service alexa-appkit.amazon.com invoke Lambda function billing-export for anyone who asks it to, as no source account or ARN is required"},
		{"a skill with a token", object{"requestParameters.principal": "alexa-appkit.amazon.com", "requestParameters.eventSourceToken": "amzn1.ask.skill.6dc2d8f6"},
			"111122223333 let service alexa-appkit.amazon.com invoke Lambda function billing-export"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, coverage := range []alert.Coverage{alert.CoverRule, alert.CoverExtended} {
				found := alerts(t, newEngine(t, func(o *detect.Options) { o.Coverage = coverage }), crossAccountGrant(test.changes))
				if len(found) != 1 || found[0].Coverage != alert.CoverRule || found[0].Reason != test.reason {
					t.Errorf("coverage %d: %+v, want one alert of the rule: %s", coverage, found, test.reason)
				}
			}
		})
	}
}

func TestExtendedCoverage(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes object
		reason  string // empty for no alert
		evasion string
	}{
		{"wildcard action", object{"requestParameters.action": "lambda:*"},
			"111122223333 let account 444455556666 invoke (lambda:*) Lambda function billing-export", "[wildcard_action]"},
		{"star action", object{"requestParameters.action": "*"},
			"111122223333 let account 444455556666 invoke (*) Lambda function billing-export", "[wildcard_action]"},
		{"action in another case", object{"requestParameters.action": "LAMBDA:INVOKEFUNCTION"},
			"111122223333 let account 444455556666 invoke Lambda function billing-export", "[action_case]"},
		{"service suffix in the role's name", object{"requestParameters.principal": "arn:aws:iam::444455556666:role/x.amazonaws.com"},
			"111122223333 let role x.amazonaws.com of account 444455556666 invoke Lambda function billing-export", "[service_suffix_in_principal]"},
		{"service suffix in another parameter", object{"requestParameters.sourceArn": "arn:aws:s3:::x.amazonaws.com"},
			"111122223333 let account 444455556666 invoke Lambda function billing-export", "[service_suffix_in_parameters]"},
		{"public marker in another parameter", object{"requestParameters.eventSourceToken": "principal=*"},
			"111122223333 let account 444455556666 invoke Lambda function billing-export", "[public_marker_in_parameters]"},
		{"another action", object{"requestParameters.action": "lambda:UpdateFunctionCode"},
			"111122223333 let account 444455556666 use lambda:UpdateFunctionCode on Lambda function billing-export", "[]"},
		{"service that nothing binds", object{"requestParameters.principal": "s3.amazonaws.com"},
			"111122223333 let service s3.amazonaws.com invoke Lambda function billing-export for anyone who asks it to, as no source account or ARN is required", "[]"},
		{"service for another account", object{"requestParameters.principal": "s3.amazonaws.com", "requestParameters.sourceAccount": "444455556666"},
			"111122223333 let service s3.amazonaws.com on behalf of account 444455556666 invoke Lambda function billing-export", "[]"},
		{"service for a bucket, whose ARN names no account", object{"requestParameters.principal": "s3.amazonaws.com", "requestParameters.sourceArn": "arn:aws:s3:::uploads"},
			"111122223333 let service s3.amazonaws.com invoke Lambda function billing-export for the owner of arn:aws:s3:::uploads, as that ARN names no account and no source account is required", "[]"},
		{"Alexa, all of Lambda, for a skill", object{"requestParameters.principal": "alexa-appkit.amazon.com", "requestParameters.action": "lambda:*", "requestParameters.eventSourceToken": "amzn1.ask.skill.6dc2d8f6"},
			"111122223333 let service alexa-appkit.amazon.com invoke (lambda:*) Lambda function billing-export for the owner of the event source token, as a token names no account", "[]"},
		{"everyone, by a wildcard action", object{"requestParameters.principal": "*", "requestParameters.action": "lambda:*"},
			"111122223333 let anyone invoke (lambda:*) Lambda function billing-export", "[]"},
		{"everyone, by an action in another case", object{"requestParameters.principal": "*", "requestParameters.action": "LAMBDA:invokefunction"},
			"111122223333 let anyone invoke Lambda function billing-export", "[]"},
		{"everyone, by another action", object{"requestParameters.principal": "*", "requestParameters.action": "lambda:UpdateFunctionConfiguration"},
			"111122223333 let anyone use lambda:UpdateFunctionConfiguration on Lambda function billing-export", "[]"},
		{"everyone, with a service's suffix in another parameter", object{"requestParameters.principal": "*", "requestParameters.sourceArn": "arn:aws:s3:::x.amazonaws.com"},
			"111122223333 let anyone invoke Lambda function billing-export", "[]"},
		{"organization", object{"requestParameters.principal": "*", "requestParameters.principalOrgID": "o-exampleorgid"},
			"111122223333 let anyone in organization o-exampleorgid invoke Lambda function billing-export", "[]"},

		{"service bound to the function's own account", object{"requestParameters.principal": "s3.amazonaws.com", "requestParameters.sourceAccount": "111122223333"}, "", ""},
		{"public grant in plain words is left to the sibling rule", object{"requestParameters.principal": "*"}, "", ""},
		{"same account with a wildcard action", object{"requestParameters.principal": "111122223333", "requestParameters.action": "lambda:*"}, "", ""},
		{"a call that failed", object{"requestParameters.action": "lambda:*", "errorCode": "AccessDenied"}, "", ""},
		{"another service's AddPermission", object{"requestParameters.action": "lambda:*", "eventSource": "sqs.amazonaws.com"}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			event := crossAccountGrant(test.changes)
			if found := alerts(t, newEngine(t, nil), event); len(found) != 0 {
				t.Error("the predicate matches: this is not what extended coverage is for")
			}
			found := alerts(t, newEngine(t, func(o *detect.Options) { o.Coverage = alert.CoverExtended }), event)
			if test.reason == "" {
				if len(found) != 0 {
					t.Errorf("raises an alert: %s", found[0].Reason)
				}
				return
			}
			if len(found) != 1 {
				t.Fatalf("%d alerts, want 1", len(found))
			}
			if found[0].Reason != test.reason {
				t.Errorf("reason\n %s, want\n %s", found[0].Reason, test.reason)
			}
			if got := fmt.Sprint(found[0].Grant.Evasion); got != test.evasion {
				t.Errorf("evasion %s, want %s", got, test.evasion)
			}
			if found[0].Coverage != alert.CoverExtended {
				t.Error("does not say that it is extended coverage")
			}
		})
	}
}
