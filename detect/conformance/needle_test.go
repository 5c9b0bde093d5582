package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/needle"
	"github.com/trailwire/trailwire/detect/rule"
)

func TestTheNeedleOfARuleIsTheRarestTextThatItRequires(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"a call rather than its service", `any where event.provider == "s3.amazonaws.com" and event.action == "PutBucketPolicy"`, "PutBucketPolicy, whole, of a call"},
		{"a call rather than a longer word among its parameters", `any where event.action == "StopLogging" and stringContains(aws.cloudtrail.request_parameters, "arn:aws:cloudtrail:eu-west-1")`, "StopLogging, whole, of a call"},
		{"a word rather than an everyday call", `any where event.action == "GetObject" and stringContains(aws.cloudtrail.request_parameters, "salaries.xlsx")`, "salaries.xlsx"},
		{"an everyday call rather than the service", `any where event.provider == "s3.amazonaws.com" and event.action == "GetObject"`, "GetObject, whole, of a call"},
		{"all of several calls", `any where event.action in ("DeleteTrail", "StopLogging")`, "DeleteTrail, whole, of a call; StopLogging, whole, of a call"},
		{"a call in any case where that is all", `any where event.action : "DeleteTrail"`, "deletetrail, in any case, whole, of a call"},
		{"the beginning of a call", `any where event.action : "Delete*Trail*"`, "delete, in any case, of a call, its beginning"},
		{"the last resort is the service", `any where event.provider == "s3.amazonaws.com"`, "s3.amazonaws.com, whole"},
		{"an everyday call rather than a kind of identity that most events have", `any where event.action == "AssumeRole" and aws.cloudtrail.user_identity.type == "AssumedRole"`, "AssumeRole, whole, of a call"},
		{"the service rather than a kind of identity", `any where event.provider == "iam.amazonaws.com" and aws.cloudtrail.user_identity.type == "IAMUser"`, "iam.amazonaws.com, whole"},
		{"a kind of identity where that is all", `any where aws.cloudtrail.user_identity.type == "Root"`, "Root, whole"},
		{"a user, wherever the event names one", `any where user.name == "mallory"`, "mallory, whole"},
		{"the object among the resources", `any where aws.cloudtrail.resources.arn : "*salaries*"`, "salaries, in any case"},
		{"a word rather than the number that it is about", `any where stringContains(aws.cloudtrail.request_parameters, "size=100000000")`, "size"},
		{"nothing where a number is all: it stands in the event as one", `any where stringContains(aws.cloudtrail.request_parameters, "=100000000,")`, ""},
		{"nothing where a number with a sign is all", `any where stringContains(aws.cloudtrail.request_parameters, "=-1.25E+10,")`, ""},
		{"nothing where true is all", `any where stringContains(aws.cloudtrail.request_parameters, "=true,")`, ""},
		{"nothing where false is all", `any where stringContains(aws.cloudtrail.request_parameters, "=false}")`, ""},
		{"nothing where what no number is is all", `any where stringContains(aws.cloudtrail.request_parameters, "=NaN,")`, ""},
		{"nothing where infinity is all", `any where stringContains(aws.cloudtrail.request_parameters, "=-Infinity,")`, ""},
		{"a number with a letter to it", `any where stringContains(aws.cloudtrail.request_parameters, "=100000000x,")`, "100000000x"},
		{"nothing where digits are all: an event may have them as a number", `any where cloud.account.id == "444455556666"`, ""},
		{"nothing where nothing is required", `any where event.action != "A"`, ""},
		{"nothing where the text is computed", `any where event.outcome == "failure"`, ""},
		{"the text that a regular expression requires", `any where user_agent.original regex ".*sqlmap-[0-9]+"`, "sqlmap-"},
		{"text with a slash, in any form in which JSON can have it", `any where aws.cloudtrail.user_identity.arn : "*:role/mallory/x"`, `:role/mallory/x, in any case; \/mallory, in any case; \/x, in any case`},
		{"the part of it that is rarest where the whole says no more", `any where stringContains(aws.cloudtrail.request_parameters, "arn:aws:iam::aws:policy/AdministratorAccess")`, "AdministratorAccess"},
		{"its longest part where a part is too short to be looked for after a backslash", `any where user_agent.original : "*mallory//x*"`, "mallory, in any case"},
		{"a part of a call", `any where event.action : "*Trail*"`, "trail, in any case, of a call"},
		{"what is after a first letter that may be any", `any where event.action : "?eleteTrail"`, "eletetrail, in any case, of a call"},
		{"the beginning of a call where that is all that is ASCII", `any where event.action : "Delété*"`, "del, in any case, of a call, its beginning"},
		{"the part of a call after what is not ASCII", `any where event.action : "éDelete*"`, "delete, in any case, of a call"},
		{"nothing where two letters are all", `any where event.action == "Go"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := inWords(ruleWith(t, test.query).Needles()); got != test.want {
				t.Errorf("looks for %q, want %q", got, test.want)
			}
		})
	}
}

// inWords says what needles are looked for.
func inWords(needles []needle.Needle) string {
	var all []string
	for _, n := range needles {
		words := []string{n.Text}
		for _, is := range []struct {
			so   bool
			word string
		}{{n.Fold, "in any case"}, {n.Whole, "whole"}, {n.Call, "of a call"}, {n.Begins, "its beginning"}} {
			if is.so {
				words = append(words, is.word)
			}
		}
		all = append(all, strings.Join(words, ", "))
	}
	return strings.Join(all, "; ")
}

// A search that looks for the digits of a number would not find the event: MessagePack
// has it in binary.
func TestAnEventIsSuspectForANumberThatARuleLooksFor(t *testing.T) {
	for _, test := range []struct{ query, parameters string }{
		{`stringContains(aws.cloudtrail.request_parameters, "=100000000,")`, `{"b":100000000,"z":1}`},
		{`stringContains(aws.cloudtrail.request_parameters, "b=100000000,")`, `{"b":100000000,"z":1}`},
		{`stringContains(aws.cloudtrail.request_parameters, "=true,")`, `{"b":true,"z":1}`},
		{`aws.cloudtrail.request_parameters : "*=1.0E10*"`, `{"b":1e10}`},
	} {
		engine := newEngine(t, func(o *detect.Options) {
			o.Rules, o.Split = []*rule.Rule{ruleWith(t, "any where "+test.query)}, false
		})
		record := pack(t, `{"eventSource":"a.b","eventName":"c","requestParameters":`+test.parameters+`}`)
		if outputs := engine.ThoroughEvaluator().Record(record, time.Time{}); len(outputs) != 1 {
			t.Errorf("%s does not match %s", test.query, test.parameters)
		}
		if !engine.Suspects(record) {
			t.Errorf("for %s the search passes over %s", test.query, test.parameters)
		}
	}
}

// JSON can have a backslash before a slash, or write it as a number, in text in a text as well.
func TestAnEventIsSuspectForASlashInAnyForm(t *testing.T) {
	r, err := rule.Parse("r.yml", []byte(sigmaRule("s: {userIdentity.arn|re: '.+:assumed-role/aws:.+'}\ncondition: s")))
	if err != nil {
		t.Fatal(err)
	}
	engine := newEngine(t, func(o *detect.Options) { o.Rules = []*rule.Rule{r} })
	event := func(slash string) string {
		return `{"eventSource":"s3.amazonaws.com","eventName":"ListBuckets","userIdentity":{"arn":"arn:aws:sts::1:assumed-role` + slash + `aws:ec2-instance` + slash + `i-1"}}`
	}
	for name, record := range map[string][]byte{
		"as it is":                              pack(t, event("/")),
		"as it is in a text":                    pack(t, object{"log": event("/")}),
		"after a backslash in a text":           pack(t, object{"log": event(`\/`)}),
		"as a number in a text":                 pack(t, object{"log": event(`\u002f`)}),
		"after a backslash in a text in a text": pack(t, object{"log": string(marshalled(t, object{"message": event(`\/`)}))}),
		"after a backslash each time":           pack(t, object{"log": strings.ReplaceAll(string(marshalled(t, object{"message": event(`\/`)})), "/", `\/`)}),
		"as a number in a text in a text":       pack(t, object{"log": string(marshalled(t, object{"message": event(`\u002F`)}))}),
	} {
		if outputs := engine.ThoroughEvaluator().Record(record, time.Time{}); len(outputs) != 1 {
			t.Errorf("%s: the rule does not match", name)
		}
		if !engine.Suspects(record) {
			t.Errorf("%s: the search passes over it", name)
		}
	}
	if engine.Suspects(pack(t, strings.ReplaceAll(event("/"), "aws:ec2-instance", "deploy"))) {
		t.Error("each event of a role is suspect")
	}
}
