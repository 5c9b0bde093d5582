package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
)

// excerptsOf are the request and the response that the page has of each alert of a record
// that stays whole.
func excerptsOf(t *testing.T, record string) (all [][2]string) {
	t.Helper()
	rules, err := rule.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	options := detect.DefaultOptions()
	options.Rules, options.Split = rules, false
	engine, err := detect.New(options)
	if err != nil {
		t.Fatal(err)
	}
	body, err := document.AppendFromJSON(nil, []byte(record))
	if err != nil {
		t.Fatal(err)
	}
	var e excerpts
	for _, o := range engine.Evaluator().Record(body, time.Time{}) {
		e.find(o.Body)
		for i := range o.Alerts {
			request, response := e.of(&o.Alerts[i])
			all = append(all, [2]string{request, response})
		}
	}
	return all
}

func TestAnAlertHasTheBeginningOfItsRequestAndResponse(t *testing.T) {
	one := permission{id: "one", function: "pay"}.json(t)
	two := permission{id: "two", function: "relay"}.json(t)
	forged := strings.Replace(permission{id: "one", function: "forged"}.json(t), "AddPermission20150331v2", "GetPolicy", 1)
	long := permission{id: "long", statement: strings.Repeat("x", 1<<20)}.json(t)
	text, _ := json.Marshal(one)
	const ofPay = `{"action":"lambda:InvokeFunction","functionName":"pay","principal":"444455556666","statementId":"s1"}`
	for _, test := range []struct {
		name, record string
		want         []string // the requests
	}{
		{"an event", one, []string{ofPay}},
		{"events of one record", `{"Records":[` + one + `,` + two + `]}`, []string{ofPay, strings.Replace(ofPay, "pay", "relay", 1)}},
		{"an event in text", `{"Message":` + string(text) + `}`, []string{ofPay}},
		{"a forged event before it has its id", `{"Records":[` + forged + `,` + one + `]}`, []string{ofPay}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := excerptsOf(t, test.record)
			if len(got) != len(test.want) {
				t.Fatalf("%d alerts", len(got))
			}
			for i, want := range test.want {
				if got[i][0] != want || got[i][1] != "" {
					t.Errorf("alert %d: got %q", i, got[i])
				}
			}
		})
	}
	if got := excerptsOf(t, long); len(got) != 1 || len(got[0][0]) > maxExcerpt+64 || !strings.Contains(got[0][0], "bytes more)") {
		t.Errorf("a long request has %d bytes", len(got[0][0]))
	}
	withResponse := strings.Replace(one, `"requestParameters"`, `"responseElements":{"statement":"s\u001b[2J<b>"},"requestParameters"`, 1)
	if got := excerptsOf(t, withResponse); len(got) != 1 || got[0][1] != terminal.Printable(`{"statement":"s\u001b[2J<b>"}`, maxExcerpt) {
		t.Errorf("got %q", got)
	}
}

func TestAPageShowsTheRequestAsText(t *testing.T) {
	page, _ := reportOn(t, []string{permission{statement: "<b>s</b>"}.json(t)})
	if !strings.Contains(page, `<dt>Request</dt><dd class="code"><code>{&#34;action&#34;:&#34;lambda:InvokeFunction&#34;`) || strings.Contains(page, "<b>") {
		t.Error("the page does not show the request")
	}
}
