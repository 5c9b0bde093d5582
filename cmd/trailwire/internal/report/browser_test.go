package report

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/rule"
)

// chromium is a browser without a screen. What it asks of the network goes to a
// proxy, which answers nothing and keeps the names of the hosts.
type chromium struct {
	path  string
	proxy *httptest.Server
	mutex sync.Mutex
	asked []string
}

func newChromium(t *testing.T) *chromium {
	t.Helper()
	c := &chromium{}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			c.path = path
			break
		}
	}
	if c.path == "" {
		t.Skip("SKIPPED: NO CHROMIUM on PATH: the report was not looked at in a browser")
	}
	c.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		c.asked = append(c.asked, host)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(c.proxy.Close)
	return c
}

// open opens a file and returns the page as it is when its script has run.
func (c *chromium) open(t *testing.T, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--proxy-server="+c.proxy.Listener.Addr().String(), "--proxy-bypass-list=<-loopback>",
		"--virtual-time-budget=10000", "--dump-dom", "file://"+path)
	cmd.WaitDelay = 10 * time.Second
	var stderr strings.Builder
	cmd.Stderr = &stderr
	dom, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.path, err, stderr.String())
	}
	return string(dom)
}

// hosts returns which of the tests' hosts the pages asked for. A browser asks
// for some hosts of its own.
func (c *chromium) hosts(own ...string) []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var some []string
	for _, host := range c.asked {
		for _, o := range own {
			if strings.HasSuffix(host, o) {
				some = append(some, host)
			}
		}
	}
	return some
}

func TestAReportInABrowser(t *testing.T) {
	c := newChromium(t)
	events := manyPermissions(t, 240)
	events = append(events,
		permission{id: "mine", function: "payments", principal: "999988887777", time: "2026-06-18T12:00:00Z"}.json(t),
		permission{id: "hostile", function: `<img src="http://hostile.test/a.png">`, agent: `<script src="http://hostile.test/b.js"></script>`}.json(t),
	)
	page, path := reportOn(t, events)

	t.Run("the page is there, and its script runs", func(t *testing.T) {
		dom := c.open(t, path)
		for what, want := range map[string]string{
			"the script":                    `<html lang="en" class="js">`,
			"a filter for severity":         `<select name="severity">`,
			"a filter for relation":         `<select name="relation">`,
			"a filter for account":          `<input name="account"`,
			"a filter for text":             `<input name="text"`,
			"the count":                     "242 alerts, the first 100 shown",
			"a button to sort":              `<button type="button">Time (UTC)</button>`,
			"the graph":                     `<div class="graph`,
			"an edge":                       `<path class="edge rel-cross_account`,
			"a card that is a filter":       `data-account="111100000001"`,
			"the timeline":                  `<svg class="timeline"`,
			"a bar":                         `<rect class="bar"`,
			"a command":                     "aws lambda remove-permission",
			"the steps":                     "Do you know the account?",
			"hostile text that stayed text": "&lt;script src=",
		} {
			if !strings.Contains(dom, want) {
				t.Errorf("%s is missing: %s", what, want)
			}
		}
		if n := strings.Count(tableOf(dom), `id="alert-`); n != 100 {
			t.Errorf("%d rows, want 100", n)
		}
	})

	// The page's own policy lets no other script run: the test's is added to it.
	with := func(t *testing.T, script string) string {
		sum := sha256.Sum256([]byte(script))
		hash := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "' "
		policy := regexp.MustCompile(`content="default-src[^"]*"`).FindString(page)
		changed := strings.Replace(html.UnescapeString(policy), "script-src ", hash, 1)
		text := strings.Replace(page, policy, changed, 1)
		text = strings.Replace(text, "</body>", "<script>"+script+"</script></body>", 1)
		path := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return c.open(t, path)
	}
	const set = `const set=(name,value)=>{const f=document.querySelector("[name="+name+"]");f.value=value;f.dispatchEvent(new Event("input",{bubbles:true}))};`
	for _, test := range []struct {
		name, script string
		rows         int
		want         string
	}{
		{"by account", set + `set("account","999988887777")`, 1, "1 of 242 alerts"},
		{"by text", set + `set("text","PAYMENTS mine")`, 1, "1 of 242 alerts"},
		{"by severity", set + `set("severity","high")`, 100, "242 alerts"},
		{"by what there is none of", set + `set("text","no such text")`, 0, "0 of 242 alerts"},
		{"by relation", set + `set("relation","same_account");set("account","1111")`, -1, "of 242 alerts"},
		{"and clear", set + `set("account","9");setTimeout(()=>document.querySelector("[type=reset]").click(),500)`, 100, "242 alerts, the first 100 shown"},
		{"by a bar", `document.querySelector(".timeline a:last-of-type").dispatchEvent(new MouseEvent("click",{bubbles:true,cancelable:true}))`, -1, "18 Jun 2026 ×"},
		{"by a card", `document.querySelector("[data-account]").dispatchEvent(new MouseEvent("click",{bubbles:true,cancelable:true}))`, -1, "of 242 alerts"},
		{"more", `document.getElementById("more").click()`, 200, "the first 200 shown"},
		{"a link to an alert that is not shown", `location.hash="#alert-230"`, 1, "alert 230 ×"},
		{"all again after such a link", `location.hash="#alert-230";setTimeout(()=>document.getElementById("period").click(),500)`, 100, "242 alerts, the first 100 shown"},
		{"a link to an alert that is shown", `location.hash="#alert-3"`, 100, "242 alerts, the first 100 shown"},
		{"the oldest first", `document.querySelector("th button").click()`, 100, `aria-sort="ascending"`},
	} {
		t.Run("filter "+test.name, func(t *testing.T) {
			dom := with(t, test.script)
			if !strings.Contains(dom, test.want) {
				t.Errorf("the page does not say %q", test.want)
			}
			if n := strings.Count(tableOf(dom), `id="alert-`); n != test.rows && test.rows >= 0 || n > 200 {
				t.Errorf("%d rows, want %d", n, test.rows)
			}
		})
	}

	t.Run("nothing is asked of the network", func(t *testing.T) {
		if hosts := c.hosts(".test", ".aws.amazon.com", ".mitre.org"); len(hosts) > 0 {
			t.Errorf("the page asked for %q", hosts)
		}
		// A request would be seen: this page makes one.
		path := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(path, []byte(`<img src="http://control.test/a.png">`), 0o600); err != nil {
			t.Fatal(err)
		}
		c.open(t, path)
		if len(c.hosts("control.test")) == 0 {
			t.Error("a page made a request that was not seen")
		}
		// The policy also stops a page that has been tampered with.
		text := strings.Replace(page, "<main>", `<main><img src="http://tampered.test/a.png"><link rel="stylesheet" href="http://tampered.test/b.css">`+
			`<script src="http://tampered.test/c.js"></script><script>fetch("http://tampered.test/d")</script>`, 1)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c.open(t, path)
		if hosts := c.hosts("tampered.test"); len(hosts) > 0 {
			t.Errorf("the policy let through %q", hosts)
		}
	})
}

// tableOf is the table of alerts on a page, without the rows that the script
// adds.
func tableOf(dom string) string {
	_, table, _ := strings.Cut(dom, `id="rows"`)
	table, _, _ = strings.Cut(table, "</table>")
	return table
}

func TestALinkOpensTheGuideAndTheStoryInABrowser(t *testing.T) {
	c := newChromium(t)
	rules := []*rule.Rule{{ID: "r1", Name: "A queue is opened", Note: "one"}, {ID: "r2", Name: "A grant is used", Note: "two"}}
	path := filepath.Join(t.TempDir(), "page.html")
	page := strings.Replace(pageOf(t, About{Rules: rules}, storyAlerts("")...), `id="grant-1" open`, `id="grant-1"`, 1)
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]string{
		"#guide-2": `<details class="guide" id="guide-2" open="">`,
		"#grant-1": `<details class="story" id="grant-1" open="">`,
	} {
		if dom := c.open(t, path+link); !strings.Contains(dom, want) {
			t.Errorf("%s does not open it", link)
		}
		if dom := c.open(t, path); strings.Contains(dom, want) {
			t.Errorf("%s is open without a link", link)
		}
	}
}
