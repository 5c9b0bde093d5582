package alert_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/rule"
)

var formats = map[string]alert.Format{"native": alert.FormatNative, "ecs": alert.FormatECS, "ocsf": alert.FormatOCSF}

// now is when findings are made.
var now = time.Date(2026, time.June, 18, 12, 30, 0, 0, time.UTC)

// rulesToRead are the built-in rule and some that say more, or less.
func rulesToRead(t testing.TB) []*rule.Rule {
	t.Helper()
	builtIn, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	one := *builtIn[0]
	one.ID, one.Name, one.Version, one.RiskScore, one.Severity = "one-tactic", "One tactic", 7, 99, "critical"
	one.FalsePositives, one.Note = []string{"Organisations with several accounts.", "Vendors."}, "## Triage\n\n1. Read alert.grant."
	one.BuildingBlock, one.References, one.Author = "default", []string{"https://one.example/"}, []string{"A", "B"}
	one.Threat = []rule.Threat{{
		Framework: "MITRE ATT&CK", Tactic: rule.Reference{ID: "TA0003", Name: "Persistence", URL: "https://attack.mitre.org/tactics/TA0003/"},
		Techniques: []rule.Technique{
			{Reference: rule.Reference{ID: "T1098", Name: "Account Manipulation"}, Subtechniques: []rule.Reference{{ID: "T1098.001"}, {ID: "T1098.003"}}},
			{Reference: rule.Reference{ID: "T1136", Name: "Create Account"}},
		},
	}}
	bare := rule.Rule{ID: "bare", Name: "Bare", Severity: "low", RiskScore: 1, Version: 1}
	return []*rule.Rule{builtIn[0], &one, &bare}
}

// raise makes an alert of the one event in a record.
func raise(t testing.TB, r *rule.Rule, record []byte, coverage alert.Coverage, s alert.Suppression) (alert.Alert, bool) {
	t.Helper()
	finder := cloudtrail.NewFinder(nil, nil)
	if finder.Find(record); len(finder.Parts()) != 1 || finder.Parts()[0].Event == nil {
		return alert.Alert{}, false
	}
	var event cloudtrail.Event
	event.Reset(finder.Parts()[0].Event, finder.Parts()[0].Form)
	g, _ := grant.Of(&event)
	a := alert.NewTemplateWith(r, alert.TemplateOptions{Collector: "collector-7", Guide: withGuide(r)}).Alert(&event, new(alert.Facts), alert.Granted{Lambda: g}, coverage, now)
	a.Suppressed, a.RaisedAt = s, now.Add(123*time.Millisecond)
	return a, true
}

// withGuide makes the alerts of one of the rules carry their guide.
func withGuide(r *rule.Rule) bool { return r.ID == "one-tactic" }

// members are those of an alert that somebody else sees.
type members struct {
	Rule                               rule.Rule
	Reason, DedupKey, EventID, Respond string
	Grant                              grant.Grant
	HasGrant                           bool
	Coverage                           alert.Coverage
	Suppressed                         alert.Suppression
	Actor                              alert.Actor
	Source                             alert.Source
	Event                              alert.Event
	Used                               *alert.Used
	Closed                             *alert.Closed
	Related                            []alert.Related
	Visible, NotVisible                []string
	RaisedAt                           time.Time
	Collector, ResourceARN             string
}

func membersOf(a alert.Alert) members {
	m := members{
		Rule: *a.Rule, Reason: a.Reason, DedupKey: a.DedupKey, EventID: a.EventID, Respond: a.Respond,
		Coverage: a.Coverage, Suppressed: a.Suppressed, Actor: a.Actor, Source: a.Source, Event: a.Event,
		Used: a.Used, Closed: a.Closed, Related: a.Related, Visible: a.Visible, NotVisible: a.NotVisible,
		RaisedAt: a.RaisedAt, Collector: a.Collector, ResourceARN: a.ResourceARN,
	}
	if a.Grant != nil {
		m.Grant, m.HasGrant = *a.Grant, true
	}
	return m
}

// carried is what a format carries of an alert: the documentation of Read as code.
func carried(format alert.Format, a alert.Alert, several bool) members {
	m := membersOf(a)
	r := m.Rule
	m.Rule = rule.Rule{
		ID: r.ID, Name: r.Name, Version: r.Version, License: r.License, BuildingBlock: r.BuildingBlock,
		Severity: r.Severity, RiskScore: r.RiskScore, Tags: r.Tags, References: r.References, Threat: r.Threat,
	}
	if withGuide(a.Rule) {
		m.Rule.Description, m.Rule.FalsePositives, m.Rule.Note = r.Description, r.FalsePositives, r.Note
	}
	m.Grant, _ = grant.ReadMsg(m.Grant.AppendMsg(nil))
	if format == alert.FormatNative || several {
		return m
	}
	m.Rule.BuildingBlock, m.Rule.Description = "", strings.TrimSpace(r.Description)
	if format == alert.FormatOCSF {
		m.Event.Outcome = ""
		m.Rule.Threat = nil
		for _, t := range r.Threat {
			t.Framework = ""
			m.Rule.Threat = append(m.Rule.Threat, t)
		}
		if m.Source.IP != "" {
			m.Source.Address = m.Source.IP
		}
		if m.Event.Action == "" {
			m.Event.Provider = ""
		}
		noActor := m.Actor.MFA == alert.MFAUnknown && m.Actor.SessionCreated.IsZero() && m.Actor.ARN+m.Actor.ID+m.Actor.Name+m.Actor.Account+m.Actor.SessionIssuerARN+m.Actor.InvokedBy == ""
		if noActor && m.Source.Address == "" && m.Event.Action == "" && !m.HasGrant {
			m.Source = alert.Source{}
		}
		return m
	}
	m.Rule.Author = r.Author
	m.Event.Account = ""
	if at, err := time.Parse(time.RFC3339, a.Event.Time); err == nil {
		m.Event.Time = at.UTC().Format("2006-01-02T15:04:05.999Z07:00")
	} else {
		m.Event.Time = ""
	}
	if len(r.Threat) > 1 {
		m.Rule.Threat = nil
		together := rule.Threat{Framework: r.Threat[0].Framework}
		for _, t := range r.Threat {
			m.Rule.Threat = append(m.Rule.Threat, rule.Threat{Framework: t.Framework, Tactic: t.Tactic})
			together.Techniques = append(together.Techniques, t.Techniques...)
		}
		m.Rule.Threat = append(m.Rule.Threat, together)
	}
	return m
}

// fields are the texts of an event that somebody else chooses.
type fields struct {
	Actor, Account, Name, Agent, Address, ID, Time, Action, Function, Statement, Principal, Code string

	Type, PrincipalID, Provider, User, Service, MFA, Created string // further ones of the actor

	Resource string
}

// json is an event with these texts, which may be any bytes.
func (f fields) json(t testing.TB) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"eventVersion": "1.08", "eventSource": "lambda.amazonaws.com", "eventName": f.Action, "eventTime": f.Time, "eventID": f.ID,
		"awsRegion": "eu-west-1", "sourceIPAddress": f.Address, "userAgent": f.Agent, "errorCode": f.Code, "recipientAccountId": f.Account,
		"userIdentity": map[string]any{
			"type": f.Type, "arn": f.Actor, "accountId": f.Account, "userName": f.Name, "invokedBy": f.Service, "accessKeyId": "AKIAEXAMPLE",
			"principalId": f.PrincipalID, "identityProvider": f.Provider, "onBehalfOf": map[string]any{"userId": f.User, "identityStoreArn": f.User},
			"sessionContext": map[string]any{"attributes": map[string]any{"mfaAuthenticated": f.MFA, "creationDate": f.Created}},
		},
		"resources": []any{map[string]any{"ARN": f.Resource}},
		"requestParameters": map[string]any{
			"functionName": f.Function, "statementId": f.Statement, "action": "lambda:*", "principal": f.Principal, "sourceAccount": f.Account,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var ordinary = fields{
	Actor: "arn:aws:iam::111122223333:user/mallory", Account: "111122223333", Name: "mallory", Agent: "aws-cli/2.15", Address: "198.51.100.7",
	ID: "6c0f", Time: "2026-06-18T12:00:00Z", Action: "AddPermission20150331v2", Function: "billing", Statement: "s1", Principal: "444455556666",
	Type: "IAMUser", PrincipalID: "AIDAEXAMPLE", Service: "x.amazonaws.com", MFA: "true", Created: "2026-06-18T08:30:00Z",
	Resource: "arn:aws:lambda:eu-west-1:111122223333:function:billing",
}

// tell makes an alert about a use or the end of a grant, with these texts, and gives it
// related calls.
func tell(a *alert.Alert, o fields, closing bool) {
	text := func(text string) string { return grant.Bounded(strings.ToValidUTF8(text, "?")) }
	story := payStory()
	story.Resource, story.Principal, story.OpenedBy, story.StatementID = text(o.Function), text(o.Principal), text(o.Actor), text(o.Statement)
	story.Forgotten, story.GrantedBefore = o.Code != "", o.Provider != ""
	if closing {
		c := payClosing()
		c.Grant = story
		c.Grant.ClosedAt = c.At
		c.Uses[0].Action = text(o.Action)
		a.Close(&c)
	} else {
		u := payUse()
		u.Grant, u.Action, u.Account, u.Late, u.Addresses[0] = story, "x:"+text(o.Name), text(o.Account), o.User != "", text(o.Address)
		u.Action = text(u.Action)
		a.Use(&u)
	}
	a.Visible, a.NotVisible = []string{text(o.Agent)}, []string{text(o.Provider), text(o.User)}
	a.Relate([]alert.Related{
		{Time: opened.Add(time.Nanosecond), Action: text("x" + o.Action), Provider: text(o.Provider), EventID: text(o.ID), Target: text(o.Function), Address: text(o.Address), Failed: o.Code != ""},
		{Action: "CreateUser"},
	})
}

// checkRead appends alerts to a record in each format and reads them back.
func checkRead(t *testing.T, record []byte, found []alert.Alert) {
	t.Helper()
	for name, format := range formats {
		written, _ := format.Append(nil, record, found, "alert", now)
		read := alert.Read(written, format, "alert")
		if len(read) != len(found) {
			t.Errorf("%s: %d alerts were read, want %d", name, len(read), len(found))
			continue
		}
		for i, a := range read {
			got, want := membersOf(a), carried(format, found[i], len(found) > 1)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, alert %d: read\n%+v\nwant\n%+v", name, i, got, want)
			}
		}
		// What was read can be written again, and says the same in the native form.
		again, _ := alert.FormatNative.Append(nil, []byte{0x80}, read, "alert", now)
		if first, _ := alert.FormatNative.Append(nil, []byte{0x80}, found, "alert", now); format == alert.FormatNative && !document.Equal(again, first) {
			t.Error("an alert that was read is written in another way")
		}
		for other, format := range formats {
			if other != name && len(alert.Read(written, format, "alert")) > 0 {
				t.Errorf("an alert of the format %s is read as one of %s", name, other)
			}
		}
	}
}

// FuzzRead says that what Append writes, Read reads, whatever the texts of the event are.
func FuzzRead(f *testing.F) {
	add := func(o fields, rules, more byte) {
		f.Add(o.Actor, o.Account, o.Name, o.Agent, o.Address, o.ID, o.Time, o.Action, o.Function, o.Statement, o.Principal, o.Code,
			o.Type, o.PrincipalID, o.Provider, o.User, o.Service, o.MFA, o.Created, o.Resource, rules, more)
	}
	add(ordinary, 1, 0)
	add(ordinary, 2, 5)
	add(ordinary, 4, 2)
	add(ordinary, 7, 1)
	add(ordinary, 1, 16)
	add(ordinary, 2, 48)
	add(ordinary, 7, 16)
	for _, change := range []func(*fields){
		func(o *fields) { o.Address = "lambda.amazonaws.com" },
		func(o *fields) { o.Address, o.Actor, o.Account, o.Name, o.Action = "", "", "", "", "GetObject" },
		func(o *fields) { o.Actor, o.Account, o.Name, o.Address, o.Action = "", "", "", "", "" },
		func(o *fields) { o.Actor, o.Type, o.PrincipalID, o.User = "", "IdentityCenterUser", "", "544894e8" },
		func(o *fields) { o.Actor, o.Account, o.Type, o.Provider = "", "", "SAMLUser", "ADFS" },
		func(o *fields) {
			o.Actor, o.Account, o.Name, o.PrincipalID, o.Service, o.Type, o.Provider = "", "", "", "", "", "WebIdentityUser", "accounts.google.com"
		},
		func(o *fields) { o.Actor, o.Account, o.Name, o.PrincipalID, o.Type = "", "", "", "", "AWSService" },
		func(o *fields) { o.Actor, o.Account, o.Name, o.Type = "", "", "", "AWSAccount" },
		func(o *fields) { o.Time = "2026-06-18T14:00:00.123456+02:00" },
		func(o *fields) { o.Time = "yesterday" },
		func(o *fields) { o.ID = "6c0f3b1e-7a44-4b4e-9d53-1f2e3d4c5b6a" },
		func(o *fields) { o.MFA, o.Created = "false", "2026-06-18T10:30:00.1234567+02:00" },
		func(o *fields) { o.MFA, o.Created, o.Resource = "", "-0001-01-01T00:00:00Z", "x" },
		func(o *fields) {
			o.Actor, o.Account, o.Name, o.PrincipalID, o.Service, o.Address, o.Action, o.Type = "", "", "", "", "", "", "", ""
		},
		func(o *fields) { o.ID = "" },
		func(o *fields) { o.Principal = "*" },
		func(o *fields) { o.Code = "AccessDenied" },
		func(o *fields) { o.Statement, o.Agent = "it's \x00\xff", strings.Repeat("é", 3000) },
	} {
		o := ordinary
		change(&o)
		add(o, 1, 0)
		add(o, 1, 16)
		add(o, 2, 48)
	}
	all := rulesToRead(f)
	f.Fuzz(func(t *testing.T, actor, account, name, agent, address, id, at, action, function, statement, principal, code, kind, principalID, provider, user, service, mfa, created, resource string, which, more byte) {
		o := fields{actor, account, name, agent, address, id, at, action, function, statement, principal, code, kind, principalID, provider, user, service, mfa, created, resource}
		record, err := document.AppendFromJSON(nil, o.json(t))
		if err != nil {
			t.Fatal(err)
		}
		var found []alert.Alert
		for i, r := range all {
			if which>>i&1 == 0 {
				continue
			}
			a, ok := raise(t, r, record, alert.Coverage(more&1), alert.Suppression(more>>1%3))
			if !ok {
				return
			}
			if more>>4&1 != 0 {
				tell(&a, o, more>>5&1 != 0)
			}
			found = append(found, a)
		}
		if len(found) == 0 {
			return
		}
		alert.SortBySeverity(found)
		checkRead(t, record, found)
	})
}

// FuzzReadForged says that Read takes whatever it is given, and that what it makes of it
// is no larger than in proportion.
func FuzzReadForged(f *testing.F) {
	record, err := document.AppendFromJSON(nil, ordinary.json(f))
	if err != nil {
		f.Fatal(err)
	}
	rules := rulesToRead(f)
	a, _ := raise(f, rules[0], record, alert.CoverRule, alert.NotSuppressed)
	b, _ := raise(f, rules[1], record, alert.CoverRule, alert.Duplicate)
	c, _ := raise(f, rules[2], record, alert.CoverRule, alert.NotSuppressed)
	tell(&c, ordinary, false)
	d, _ := raise(f, rules[2], record, alert.CoverRule, alert.NotSuppressed)
	tell(&d, ordinary, true)
	for _, format := range formats {
		for _, found := range [][]alert.Alert{{a}, {a, b}, {c}, {d}, {c, d}} {
			written, _ := format.Append(nil, record, found, "alert", now)
			f.Add(written)
		}
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		for _, format := range formats {
			for _, a := range alert.Read(record, format, "alert") {
				if a.Rule == nil || a.Rule.ID == "" {
					t.Error("an alert without a rule")
				}
				if len(a.Related) > alert.MaxRelated {
					t.Errorf("%d related calls", len(a.Related))
				}
			}
		}
	})
}

func TestReadTakesWhatIsOursAlone(t *testing.T) {
	const ecs = `"event":{"kind":"alert","risk_score":47},"rule":{"id":"r","version":"x"},"trailwire":{"severity":"medium"}`
	tests := []struct {
		name, record string
		want         map[string]string // by format: rule and severity of each alert
	}{
		{"no alert", `{"eventName":"x"}`, nil},
		{"not a map", `[1]`, nil},
		{"an alert that is a text", `{"alert":"x"}`, nil},
		{"an alert that names no rule", `{"alert":{"severity":"high"},"alerts":[{},{}]}`, nil},
		{"members of other types", `{"alert":{"rule":{"id":"r","version":"two"},"severity":1,"risk_score":"x","threat":{"a":1},"tags":"a","grant":[]}}`,
			map[string]string{"native": "r "}},
		{"a list that begins with another alert", `{"alert":{"rule":{"id":"r"},"severity":"high"},"alerts":[{"rule":{"id":"forged"},"severity":"low"}]}`,
			map[string]string{"native": "r high"}},
		{"a list with something else in it", `{"alert":{"rule":{"id":"r"}},"alerts":[{"rule":{"id":"r"}},7,{},{"rule":{"id":"s"},"severity":"low"}]}`,
			map[string]string{"native": "r , s low"}},
		{"fields of ECS", `{` + ecs + `}`, map[string]string{"ecs": "r medium"}},
		{"an event of ECS that is not an alert", `{"event":{"kind":"event"},"rule":{"id":"r"},"trailwire":{}}`, nil},
		{"an alert of ECS that is not ours", `{"event":{"kind":"alert"},"rule":{"id":"r"}}`, nil},
		{"a list in ECS of another rule", `{` + strings.TrimSuffix(ecs, `}`) + `,"alerts":[{"rule":{"id":"s"}}]}}`, map[string]string{"ecs": "r medium"}},
		{"a finding", `{"class_uid":2004,"metadata":{"product":{"name":"Trailwire"}},"finding_info":{"analytic":{"uid":"r"}},"severity_id":4,"attacks":[7,{}],"evidences":[1]}`,
			map[string]string{"ocsf": "r high"}},
		{"a finding of another product", `{"class_uid":2004,"metadata":{"product":{"name":"GuardDuty"}},"finding_info":{"analytic":{"uid":"r"}}}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record, err := document.AppendFromJSON(nil, []byte(test.record))
			if err != nil {
				t.Fatal(err)
			}
			for name, format := range formats {
				var got []string
				for _, a := range alert.Read(record, format, "alert") {
					got = append(got, a.Rule.ID+" "+a.Rule.Severity)
				}
				if got := strings.Join(got, ", "); got != test.want[name] {
					t.Errorf("%s: read %q, want %q", name, got, test.want[name])
				}
			}
		})
	}
}

func TestReadOfAnElasticDocumentHasItsFields(t *testing.T) {
	record, err := document.AppendFromJSON(nil, []byte(`{"data_stream.dataset":"aws.cloudtrail","event.provider":"lambda.amazonaws.com","event":{"action":"Invoke","id":"6c0f","outcome":"success"},
		"cloud.region":"eu-west-1","source.address":"198.51.100.7","source":{"ip":"198.51.100.7"},"user_agent":{"original":"aws-cli/2.15"},"tags":["own"]}`))
	if err != nil {
		t.Fatal(err)
	}
	a, ok := raise(t, rulesToRead(t)[1], record, alert.CoverRule, alert.NotSuppressed)
	if !ok {
		t.Fatal("there is no event in the document")
	}
	written, _ := alert.FormatECS.Append(nil, record, []alert.Alert{a}, "", now)
	read := alert.Read(written, alert.FormatECS, "")
	if len(read) != 1 {
		t.Fatalf("%d alerts were read", len(read))
	}
	want := alert.Event{ID: "6c0f", Action: "Invoke", Provider: "lambda.amazonaws.com", Outcome: "success", Region: "eu-west-1"}
	if read[0].Event != want || read[0].Source != a.Source {
		t.Errorf("read %+v and %+v, want %+v and %+v", read[0].Event, read[0].Source, want, a.Source)
	}
	if tags := read[0].Rule.Tags; len(tags) == 0 || tags[0] != "own" {
		t.Errorf("read the tags %q", tags)
	}
}

func TestTextsOfAReadAlertAreThoseOfTheRecord(t *testing.T) {
	long := strings.Repeat("x", 1<<16) + "\xff"
	record := []byte{0x81, 0xa5, 'a', 'l', 'e', 'r', 't', 0x82, 0xa4, 'r', 'u', 'l', 'e', 0x81, 0xa2, 'i', 'd', 0xa1, 'r', 0xa6, 'r', 'e', 'a', 's', 'o', 'n',
		0xdb, 0, 1, 0, 1}
	record = append(record, long...)
	read := alert.Read(record, alert.FormatNative, "alert")
	if len(read) != 1 || read[0].Reason != long || utf8.ValidString(read[0].Reason) {
		t.Errorf("%d alerts were read", len(read))
	}
}
