package policy

import (
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// This file has a second opinion: a small evaluator of policies, as the IAM User
// Guide describes them, that is asked about single requests. Whoever it lets in,
// the reader must not call harmless.

// The cast.
const (
	attacker    = "999988887777"
	friend      = "444455556666"
	ourOrg      = "o-a1b2c3d4e5"
	attackerOrg = "o-eeeeeeeeee"
)

// testCondition is a condition that the generator made.
type testCondition struct {
	operator, key string
	values        []string
}

// testStatement is an Allow statement that the generator made.
type testStatement struct {
	element    string // a key of Principal, empty for NotPrincipal
	principals []string
	conditions []testCondition
}

func (s testStatement) json() string {
	principals, _ := json.Marshal(s.principals)
	text := `{"Effect":"Allow","Action":"s3:GetObject","NotPrincipal":{"AWS":` + string(principals) + `}`
	if s.element != "" {
		text = `{"Effect":"Allow","Action":"s3:GetObject","Principal":{"` + s.element + `":` + string(principals) + `}`
	}
	operators := map[string]map[string][]string{}
	for _, c := range s.conditions {
		if operators[c.operator] == nil {
			operators[c.operator] = map[string][]string{}
		}
		operators[c.operator][c.key] = c.values
	}
	conditions, _ := json.Marshal(operators)
	return text + `,"Condition":` + string(conditions) + `}`
}

// with returns the statement with one more condition, and false if it has
// that key under that operator already.
func (s testStatement) with(c testCondition) (testStatement, bool) {
	for _, other := range s.conditions {
		if other.operator == c.operator && other.key == c.key {
			return s, false
		}
	}
	s.conditions = append(s.conditions[:len(s.conditions):len(s.conditions)], c)
	return s, true
}

// shouted returns the statement with its operators and keys in capitals.
func (s testStatement) shouted() testStatement {
	conditions := make([]testCondition, len(s.conditions))
	for i, c := range s.conditions {
		conditions[i] = testCondition{strings.ToUpper(c.operator), strings.ToUpper(c.key), c.values}
	}
	s.conditions = conditions
	return s
}

// What the generator chooses from.
var (
	testPrincipals = []struct {
		element    string
		principals []string
	}{
		{"AWS", []string{"*"}},
		{"AWS", []string{owner}},
		{"AWS", []string{attacker}},
		{"AWS", []string{owner, "arn:aws:iam::" + attacker + ":role/r"}},
		{"AWS", []string{"AROADBQP57FF2AEXAMPLE"}},
		{"Service", []string{"lambda.amazonaws.com"}},
		{"Service", []string{"s3.amazonaws.com", "lambda.amazonaws.com"}},
		{"Federated", []string{"arn:aws:iam::" + owner + ":oidc-provider/token.actions.githubusercontent.com"}},
		{"", []string{owner}},
	}
	testOperators = []string{
		"StringEquals", "StringLike", "StringEqualsIfExists", "StringLikeIfExists", "StringNotEquals", "StringNotLike",
		"ForAnyValue:StringEquals", "ForAnyValue:StringLike", "ForAllValues:StringEquals", "ForAllValues:StringLike",
		"ArnLike", "ArnEquals", "ArnNotLike", "ArnLikeIfExists", "IpAddress", "NotIpAddress", "IpAddressIfExists",
		"Bool", "Null", "ForAnyValue:StringLikeIfExists", "ForAllValues:StringLikeIfExists", "ForAnyValue:StringNotEquals",
	}
	testKeys = []struct {
		key    string
		values []string // that make sense for it
	}{
		{"aws:PrincipalAccount", []string{owner, friend, "*", "11112222*", "${aws:ResourceAccount}"}},
		{"kms:CallerAccount", []string{owner, friend, "*"}},
		{"aws:PrincipalArn", []string{"arn:aws:iam::" + owner + ":role/*", "arn:aws:iam::*:role/r", "arn:*:iam::" + owner + ":role/*", "arn:aws:iam::" + friend + ":role/r", "*"}},
		{"aws:SourceAccount", []string{owner, friend, "*", "?11122223333", "${aws:ResourceAccount}"}},
		{"aws:SourceArn", []string{"arn:aws:lambda:eu-west-1:" + owner + ":function:f", "arn:aws:lambda:*:" + owner + ":*", "arn:aws:s3:::b", "arn:aws:s3:::b*", "arn:aws:s3:*:*:b", "*"}},
		{"aws:SourceOwner", []string{owner, friend, "*"}},
		{"aws:PrincipalOrgID", []string{ourOrg, "o-*", "true", "false", "*"}},
		{"aws:PrincipalOrgPaths", []string{ourOrg + "/*", "o-*/r-ab12/*", ourOrg + "*"}},
		{"aws:SourceOrgID", []string{ourOrg, "o-*"}},
		{"aws:SourceIp", []string{"203.0.113.0/24", "0.0.0.0/0", "128.0.0.0/1", "::/0"}},
		{"aws:SourceVpce", []string{"vpce-1a2b3c4d", "vpce-*", "*"}},
		{"aws:ResourceAccount", []string{owner, "${aws:PrincipalAccount}"}},
		{"aws:PrincipalIsAWSService", []string{"true", "false"}},
		{"token.actions.githubusercontent.com:sub", []string{"repo:octo-org/octo-repo:*", "repo:octo-org/*", "repo:octo*", "repo:*", "true", "false"}},
		{"token.actions.githubusercontent.com:aud", []string{"sts.amazonaws.com", "*"}},
		{"aws:userid", []string{"AROADBQP57FF2AEXAMPLE:*", "AROA*", owner, "*"}},
		{"aws:SecureTransport", []string{"true", "false"}},
		{"aws:VpceAccount", []string{owner, friend, "*"}},
	}
	// testValues are for every key.
	testValues = []string{
		owner, friend, "*", "11112222*", "?11122223333", "${aws:ResourceAccount}", "${aws:PrincipalAccount}",
		"arn:aws:iam::" + owner + ":role/*", "arn:aws:iam::*:role/r", "arn:*:iam::" + owner + ":role/*", "arn:aws:iam::" + friend + ":role/r",
		"arn:aws:lambda:eu-west-1:" + owner + ":function:f", "arn:aws:lambda:*:" + owner + ":*", "arn:aws:s3:::b", "arn:aws:s3:::b*", "arn:aws:s3:*:*:b",
		ourOrg, "o-*", ourOrg + "/*", "o-*/r-ab12/*", ourOrg + "*", "203.0.113.0/24", "0.0.0.0/0", "128.0.0.0/1", "::/0",
		"vpce-1a2b3c4d", "vpce-*", "true", "false", "repo:octo-org/octo-repo:*", "repo:octo-org/*", "repo:octo*", "repo:*",
		"sts.amazonaws.com", "AROADBQP57FF2AEXAMPLE:*", "AROA*",
	}
)

// generate makes a statement of choices. It needs a few dozen bytes; what is
// missing counts as zero.
func generate(choices []byte) testStatement {
	next := func(n int) int {
		if len(choices) == 0 {
			return 0
		}
		c := int(choices[0])
		choices = choices[1:]
		return c % n
	}
	who := testPrincipals[next(len(testPrincipals))]
	s := testStatement{element: who.element, principals: who.principals}
	for range next(5) {
		s, _ = s.with(generateCondition(next))
	}
	return s
}

func generateCondition(next func(int) int) testCondition {
	key := testKeys[next(len(testKeys))]
	c := testCondition{operator: testOperators[next(len(testOperators))], key: key.key}
	for range 1 + next(2) {
		values := key.values
		if next(4) == 3 {
			values = testValues
		}
		c.values = append(c.values, values[next(len(values))])
	}
	return c
}

// request is one call, as policies see it. The keys are in lower case.
type request struct {
	name    string
	element string // of Principal, under which the caller is named
	names   []string
	context map[string][]string
}

// requests are what somebody can do who has nothing to do with the owner: call
// from his own account or none, let a service call, run a workflow of GitHub's.
// He is not in the owner's organization nor on its network, but chooses the names
// of what he owns.
func requests(s testStatement) []request {
	var all []request
	direct := func(arn string) request {
		return request{"a call from another account", "AWS", []string{attacker, arn, "arn:aws:iam::" + attacker + ":role/r"}, map[string][]string{
			"aws:principalaccount": {attacker}, "kms:calleraccount": {attacker}, "aws:principalarn": {arn}, "aws:sourceowner": {attacker},
			"aws:principalorgid": {attackerOrg}, "aws:principalorgpaths": {attackerOrg + "/r-ab12/ou-ab12-1/"},
			"aws:userid": {"AROAEVILEVILEVILEVIL:x"}, "aws:sourceip": {"198.51.100.7"},
		}}
	}
	service := func(arn string) request {
		return request{"a service for another account", "Service", []string{"lambda.amazonaws.com", "s3.amazonaws.com"}, map[string][]string{
			"aws:principalaccount": {"000000000001"}, "kms:calleraccount": {"000000000001"}, "aws:userid": {"AROASERVICESERVICE:x"},
			"aws:principalisawsservice": {"true"}, "aws:sourceaccount": {attacker}, "aws:sourcearn": {arn}, "aws:sourceowner": {attacker},
			"aws:sourceorgid": {attackerOrg},
		}}
	}
	silent := service("")
	for _, key := range []string{"aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "aws:sourceorgid"} {
		delete(silent.context, key)
	}
	anonymous := request{"a call without an identity", "AWS", []string{}, map[string][]string{
		"aws:principalaccount": {"anonymous"}, "aws:sourceip": {"198.51.100.7"},
	}}
	toOther := direct("arn:aws:iam::" + attacker + ":role/r") // to another service than KMS
	delete(toOther.context, "kms:calleraccount")
	workflow := func(sub string) request {
		return request{"a workflow of a stranger's", "Federated", []string{"arn:aws:iam::" + owner + ":oidc-provider/token.actions.githubusercontent.com"}, map[string][]string{
			"aws:principalaccount": {"anonymous"}, "kms:calleraccount": {"anonymous"}, "aws:userid": {"anonymous"},
			"token.actions.githubusercontent.com:sub": {sub}, "token.actions.githubusercontent.com:aud": {"sts.amazonaws.com"},
			"aws:sourceip": {"198.51.100.7"},
		}}
	}
	all = append(all, anonymous, silent, toOther, direct("arn:aws:iam::"+attacker+":role/r"),
		service("arn:aws:s3:::bucket-of-a-stranger"), service("arn:aws:lambda:eu-west-1:"+attacker+":function:f"), workflow("repo:evil/x:ref:refs/heads/main"))
	for _, c := range s.conditions {
		for _, value := range c.values {
			// A role's path may hold anything, an alias of a function digits.
			for _, text := range []string{
				strings.ReplaceAll(value, "*", attacker),
				strings.Replace(value, "*", "aws:iam::"+attacker+":role/x", 1),
				strings.Replace(value, "*", "eu-west-1:"+attacker+":function", 1),
				strings.ReplaceAll(value, "*", "x"),
				strings.Replace(strings.ReplaceAll(value, "*", "x"), ":::", "::"+attacker+":", 1),
			} {
				text = strings.ReplaceAll(text, "*", "x")
				if fields := strings.SplitN(text, ":", 6); len(fields) == 6 && fields[4] == attacker {
					all = append(all, direct(text), service(text))
				}
				if strings.HasPrefix(text, "arn:aws:s3:::") && text != "arn:aws:s3:::b" {
					all = append(all, service(text))
				}
				if owner, _, found := strings.Cut(strings.TrimPrefix(text, "repo:"), "/"); found && strings.HasPrefix(text, "repo:") && owner != "octo-org" {
					all = append(all, workflow(text))
				}
			}
			if strings.HasPrefix(value, "repo:octo*") {
				all = append(all, workflow("repo:octopus/x:ref:refs/heads/main"))
			}
		}
	}
	for i := range all {
		all[i].context["aws:resourceaccount"] = []string{owner}
		all[i].context["aws:securetransport"] = []string{"true"}
	}
	return all
}

// letsIn reports whether the statement allows a request.
func (s testStatement) letsIn(q request) bool {
	named := false
	for _, p := range s.principals {
		if p == "*" && s.element == "AWS" {
			named = true
		}
		for _, name := range q.names {
			if name == p && (q.element == s.element || s.element == "") {
				named = true
			}
		}
	}
	if s.element == "" {
		named = !named
	}
	if !named {
		return false
	}
	for _, c := range s.conditions {
		if !c.holds(q.context) {
			return false
		}
	}
	return true
}

// holds evaluates one condition (IAM User Guide, "Condition operators" and "Set
// operators for multivalued context keys").
func (c testCondition) holds(context map[string][]string) bool {
	have, isThere := context[strings.ToLower(c.key)]
	name := c.operator
	set, rest, found := strings.Cut(name, ":")
	if found {
		name = rest
	} else {
		set = ""
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	if name == "Null" {
		for _, value := range c.values {
			if (value == "true") == !isThere && (value == "true" || value == "false") {
				return true
			}
		}
		return false
	}
	base := strings.Replace(strings.Replace(name, "Not", "", 1), "NotIp", "Ip", 1)
	isNegated := base != name
	if !isThere {
		switch {
		case ifExists, set == "ForAllValues":
			return true
		case set == "ForAnyValue":
			return false
		}
		return isNegated
	}
	for _, value := range have {
		matches := false
		for _, want := range c.values {
			want = strings.ReplaceAll(want, "${aws:ResourceAccount}", owner)
			want = strings.ReplaceAll(want, "${aws:PrincipalAccount}", strings.Join(context["aws:principalaccount"], ""))
			matches = matches || compare(base, want, value)
		}
		switch good := matches != isNegated; {
		case set == "ForAllValues" && !good:
			return false
		case set == "ForAnyValue" && good, set == "" && good:
			return true
		}
	}
	return set == "ForAllValues"
}

func compare(operator, want, have string) bool {
	switch operator {
	case "StringEquals", "Bool":
		return want == have
	case "StringLike":
		return glob(want, have)
	case "ArnLike", "ArnEquals":
		wants, haves := strings.SplitN(want, ":", 6), strings.SplitN(have, ":", 6)
		if len(wants) != 6 || len(haves) != 6 {
			return false
		}
		for i := range wants {
			if !glob(wants[i], haves[i]) {
				return false
			}
		}
		return true
	case "IpAddress":
		prefix, err := netip.ParsePrefix(want)
		addr, err2 := netip.ParseAddr(have)
		return err == nil && err2 == nil && prefix.Contains(addr)
	}
	return false
}

func glob(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return glob(pattern[1:], text) || (text != "" && glob(pattern, text[1:]))
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && glob(pattern[1:], text[1:])
}

// admits has the relations that allow for somebody who makes a request of a
// name. Nobody else of the cast is in the organization or on the network.
var admits = map[string]string{
	"a call from another account":   "public cross_account unknown",
	"a call without an identity":    "public unknown",
	"a service for another account": "public cross_account unknown service/unbound service/unknown service/foreign_account",
	"a workflow of a stranger's":    "public unknown federated/unbound federated/unknown",
}

// checkAgainstOracle reads a statement and asks the evaluator who gets in.
func checkAgainstOracle(t *testing.T, s testStatement) {
	t.Helper()
	list := ReadJSON([]byte(s.json()), Options{Owner: owner})
	for _, q := range requests(s) {
		if !s.letsIn(q) {
			continue
		}
		found := false
		for _, relation := range strings.Fields(relations(list)) {
			for _, good := range strings.Fields(admits[q.name]) {
				found = found || relation == good
			}
		}
		if !found {
			t.Errorf("%s\n gets %s in: %v\nand is read as %s", s.json(), q.name, q.context, relations(list))
		}
	}
}

// TestWhoGetsInIsNotCalledHarmless tries statements that are made at random, the
// same ones each time. FuzzWhoGetsIn tries more.
func TestWhoGetsInIsNotCalledHarmless(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	choices := make([]byte, 32)
	for range 20_000 {
		for i := range choices {
			choices[i] = byte(random.Uint32())
		}
		checkAgainstOracle(t, generate(choices))
		if t.Failed() {
			return
		}
	}
}

// FuzzWhoGetsIn lets the evaluator judge statements that the fuzzer makes.
func FuzzWhoGetsIn(f *testing.F) {
	for i := range testPrincipals {
		f.Add([]byte{byte(i), 2, 0, 0, 1, 0, 1, 10, 4, 0, 13, 3})
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		checkAgainstOracle(t, generate(choices))
	})
}
