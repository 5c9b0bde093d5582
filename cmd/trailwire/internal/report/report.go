package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/story"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/rule"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.New("").Funcs(template.FuncMap{
	"counted": terminal.Counted[int],
	"grouped": terminal.Grouped[int],
	"web":     isWebAddress,
	"fact":    func(label, text string) fact { return fact{Label: label, Text: text} },
	"facts":   func(label string, texts []string) fact { return fact{Label: label, Texts: texts} },
}).ParseFS(pageFiles, "page/*.tmpl"))

// maxReported is how many alerts a page holds; a browser is slow with more.
// Those beyond are counted, and the page says so.
const maxReported = 10_000

// Report gathers alerts while a scan goes on and writes the page at its end. It is
// for one goroutine.
type Report struct {
	file   *os.File
	alerts []reportedAlert
	grants story.Grants // of all alerts, also of those that are not on the page
	left   int          // alerts that are not on the page
	events excerpts
}

// Open opens the file for a report: a wrong path is an error before hours of
// reading. The file keeps its content until [Report.Write] replaces it.
func Open(path string) (*Report, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &Report{file: file}, nil
}

// Replaces returns the path that the report would overwrite, if it is one of
// paths.
func (r *Report) Replaces(paths []string) (path string, found bool) {
	own, err := r.file.Stat()
	if err != nil {
		return "", false
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && os.SameFile(own, info) {
			return path, true
		}
	}
	return "", false
}

// Add takes the alerts of a record. from says where it was read. The record is looked
// through once, and not kept.
func (r *Report) Add(alerts []alert.Alert, record []byte, from string) {
	isFound := false
	for i := range alerts {
		r.grants.Add(&alerts[i])
		if len(r.alerts) == maxReported {
			r.left++
			continue
		}
		if !isFound {
			r.events.find(record)
			isFound = true
		}
		reported := newReportedAlert(&alerts[i], from)
		reported.Request, reported.Response = r.events.of(&alerts[i])
		r.alerts = append(r.alerts, reported)
	}
	r.events.forget()
}

// Close closes the file. It removes a new file without a page.
func (r *Report) Close() {
	if info, err := r.file.Stat(); err == nil && info.Size() == 0 && info.Mode().IsRegular() {
		_ = os.Remove(r.file.Name())
	}
	_ = r.file.Close()
}

// Write replaces the file's content with the page, and returns its size.
func (r *Report) Write(about About) (int, error) {
	var b bytes.Buffer
	if err := r.render(&b, about); err != nil {
		return 0, err
	}
	// A pipe or a terminal cannot be truncated, and need not be.
	if info, err := r.file.Stat(); err == nil && info.Mode().IsRegular() {
		if err := r.file.Truncate(0); err != nil {
			return 0, err
		}
	}
	if _, err := r.file.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return b.Len(), nil
}

// About is what a page says about the scan as a whole.
type About struct {
	Made     time.Time
	Version  string
	Stats    detect.Stats
	Files    int
	Problems int
	Rules    []*rule.Rule
	Settings []string // flags that the user set, as --name=value
}

// page is what the template is given.
type page struct {
	About
	Policy     string
	Style      template.CSS
	Script     template.JS
	Alerts     []reportedAlert
	Left       int
	Suppressed int
	Severities []tally
	Relations  []tally
	Accounts   []string // those that the filter proposes
	LetIn      int      // grantees outside of the accounts that were opened
	Resources  int
	Services   []tally
	ByRule     []tally
	Actors     int
	Beyond     int // alerts of extended coverage
	Period     string
	Timeline   *timeline
	Graph      *grantGraph
	Guides     []guide

	Grants                 []reportedStory
	MoreGrants             int // that are not in Grants
	UsedGrants, OpenGrants int // of Grants
}

// tally is a word with the number of its alerts.
type tally struct {
	Value, Label string
	Count        int
}

// firstRows is how many rows the table has without its script. The script shows
// as many more at a time.
const firstRows = 100

// First are the alerts in the table.
func (p *page) First() []reportedAlert { return p.Alerts[:min(firstRows, len(p.Alerts))] }

// Rest are those beyond.
func (p *page) Rest() []reportedAlert { return p.Alerts[min(firstRows, len(p.Alerts)):] }

// Class is the severity's class.
func (t tally) Class() string { return knownSeverity(t.Value) }

// fact is a label with one text or several.
type fact struct {
	Label string
	Text  string
	Texts []string
}

// Events is how many events were read.
func (a About) Events() string { return terminal.Counted(a.Stats.Events, "event") }

// Excepted says what exceptions dropped.
func (a About) Excepted() string {
	if a.Stats.Excepted == 0 {
		return ""
	}
	if a.Stats.Excepted == 1 {
		return "One match was dropped by an exception."
	}
	return terminal.Grouped(a.Stats.Excepted) + " matches were dropped by exceptions."
}

// SettingTexts are the settings, fit to print.
func (a About) SettingTexts() []string {
	var all []string
	for _, s := range a.Settings {
		all = append(all, terminal.Shown(s))
	}
	return all
}

// guide is a rule with the steps to take, for the alerts of that rule.
type guide struct {
	Number int
	Rule   *rule.Rule
	Count  int
	Note   template.HTML
	False  []template.HTML
}

func (r *Report) render(w io.Writer, about About) error {
	slices.SortStableFunc(r.alerts, func(a, b reportedAlert) int { return b.Time.Compare(a.Time) })
	links := collectLinks(r.alerts)
	page := page{
		About:    about,
		Alerts:   r.alerts,
		Left:     r.left,
		Timeline: newTimeline(r.alerts),
		Graph:    newGrantGraph(links),
	}
	if err := page.number(); err != nil {
		return err
	}
	page.tellStories(&r.grants)
	page.count()
	page.countLinks(links)
	style, err := pageFiles.ReadFile("page/report.css")
	if err != nil {
		return err
	}
	script, err := pageFiles.ReadFile("page/report.js")
	if err != nil {
		return err
	}
	style = append(style, page.Graph.style()...)
	page.Style, page.Script = template.CSS(style), template.JS(script)
	page.Policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'",
		hashOf(style), hashOf(script))
	return pageTemplate.ExecuteTemplate(w, "page.tmpl", &page)
}

// hashOf names a script or a style in a Content-Security-Policy.
func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// number gives every alert its number on the page and its guide.
func (p *page) number() error {
	byRule := make(map[string]int) // index in p.Guides
	for i := range p.Alerts {
		a := &p.Alerts[i]
		a.Number = i + 1
		n, known := byRule[a.RuleID]
		if !known {
			k := slices.IndexFunc(p.Rules, func(r *rule.Rule) bool { return r.ID == a.RuleID })
			if k < 0 {
				continue
			}
			n = len(p.Guides)
			byRule[a.RuleID] = n
			g, err := newGuide(n+1, p.Rules[k])
			if err != nil {
				return err
			}
			p.Guides = append(p.Guides, g)
		}
		p.Guides[n].Count++
		a.Guide = n + 1
	}
	return nil
}

func newGuide(number int, r *rule.Rule) (guide, error) {
	note, err := renderNote(inPageWords(cmp.Or(r.Note, r.Description)))
	if err != nil {
		return guide{}, err
	}
	g := guide{Number: number, Rule: r, Note: note}
	for _, text := range r.FalsePositives {
		rendered, err := renderNote(inPageWords(withoutIndent(text)))
		if err != nil {
			return guide{}, err
		}
		g.False = append(g.False, rendered)
	}
	return g, nil
}

// maxProposed is how many accounts the filter proposes.
const maxProposed = 500

// count fills in the numbers of the page.
func (p *page) count() {
	severities, relations := make(map[string]int), make(map[string]int)
	accounts, actors := make(map[string]bool), make(map[string]bool)
	services, byRule, ruleNames := make(map[string]int), make(map[string]int), make(map[string]string)
	for i := range p.Alerts {
		a := &p.Alerts[i]
		severities[a.Severity]++
		relations[a.Relation]++
		services[a.Provider]++
		byRule[a.RuleID]++
		ruleNames[a.RuleID] = a.RuleName
		if a.Suppressed != "" {
			p.Suppressed++
		}
		if a.Extended {
			p.Beyond++
		}
		if a.Actor != "" {
			actors[a.Actor] = true
		}
		for _, account := range a.Accounts {
			accounts[account] = true
		}
	}
	p.Severities = tallies(severities, severityOrder, severityLabel)
	p.Relations = tallies(relations, relationOrder, relationLabel)
	p.Services = tallies(services, nil, func(service string) string { return cmp.Or(service, "None") })
	p.ByRule = tallies(byRule, nil, func(id string) string { return ruleNames[id] })
	for account := range accounts {
		p.Accounts = append(p.Accounts, account)
	}
	slices.Sort(p.Accounts)
	p.Accounts = p.Accounts[:min(len(p.Accounts), maxProposed)]
	p.Actors = len(actors)
	p.Period = periodOf(p.Alerts)
}

// countLinks counts what the graph shows, as it does: who was let in from outside, and to
// how many resources.
func (p *page) countLinks(links []*link) {
	letIn, resources := make(map[string]bool), make(map[string]bool)
	for _, l := range links {
		if l.relation != "same_account" {
			letIn[l.to] = true
		}
		for _, key := range l.resources.keys {
			resources[key] = true
		}
	}
	p.LetIn, p.Resources = len(letIn), len(resources)
}

// periodOf says from when to when the alerts are; they are sorted, the newest
// first, those without a time last.
func periodOf(alerts []reportedAlert) string {
	timed := alerts[:len(alerts):len(alerts)]
	for len(timed) > 0 && timed[len(timed)-1].Time.IsZero() {
		timed = timed[:len(timed)-1]
	}
	if len(timed) == 0 {
		return ""
	}
	first, last := timed[len(timed)-1].Time, timed[0].Time
	const date, minute = "2 January 2006", "2 January 2006 15:04"
	switch {
	case first.Format(minute) == last.Format(minute):
		return first.Format(minute) + " UTC"
	case first.Format(date) == last.Format(date):
		return first.Format(date) + ", " + first.Format("15:04") + " to " + last.Format("15:04") + " UTC"
	}
	return first.Format(minute) + " to " + last.Format(minute) + " UTC"
}

// tallies sorts counts, the worst first. What is not in order follows, sorted
// by name.
func tallies(counts map[string]int, order []string, label func(string) string) []tally {
	var all []tally
	for value, n := range counts {
		all = append(all, tally{value, label(value), n})
	}
	slices.SortFunc(all, func(a, b tally) int {
		return cmp.Or(cmp.Compare(rankIn(order, a.Value), rankIn(order, b.Value)), strings.Compare(a.Value, b.Value))
	})
	return all
}

func rankIn(order []string, value string) int {
	if i := slices.Index(order, value); i >= 0 {
		return i
	}
	return len(order)
}

// Summary is a line about the page that was written, with its size.
func (r *Report) Summary(size int) string {
	line := fmt.Sprintf("%s: %s, %s", r.file.Name(), terminal.Counted(len(r.alerts), "alert"), shortSize(size))
	if r.left > 0 {
		line += fmt.Sprintf("; %s more are left out: scan less at a time", terminal.Grouped(r.left))
	}
	return terminal.Printable(line, terminal.MaxLine)
}

// shortSize is a number of bytes to two or three digits.
func shortSize(n int) string {
	if n < 1e6 {
		return fmt.Sprintf("%d KB", (n+999)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
