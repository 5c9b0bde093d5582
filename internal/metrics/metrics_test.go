package metrics_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/rule"
	"github.com/trailwire/trailwire/internal/metrics"
)

const grant = `{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2","eventID":"%s",
	"eventTime":"2026-06-18T10:00:00Z","recipientAccountId":"111122223333","userIdentity":{"accountId":"111122223333"},
	"requestParameters":{"functionName":"f","statementId":"s","action":"lambda:InvokeFunction","principal":"%s"}}`

// instance returns an instance with the built-in rule that has seen events with
// these ids, and one that an exception drops.
func instance(t *testing.T, name string, ids ...string) *metrics.Instance {
	t.Helper()
	i := silent(t, name)
	see(t, i, ids)
	return i
}

// following returns an instance that follows grants and keeps their memory in a file,
// and has seen events with these ids.
func following(t *testing.T, name string, ids ...string) *metrics.Instance {
	t.Helper()
	i := withOptions(t, name, func(o *detect.Options) { o.FollowGrants = true })
	i.Unsaved = func() uint64 { return 0 }
	see(t, i, ids)
	return i
}

// silent returns an instance that has seen nothing.
func silent(t *testing.T, name string) *metrics.Instance {
	t.Helper()
	return withOptions(t, name, func(*detect.Options) {})
}

func withOptions(t *testing.T, name string, set func(*detect.Options)) *metrics.Instance {
	t.Helper()
	o := detect.DefaultOptions()
	o.Exceptions.Accounts = []string{"999999999999"}
	set(&o)
	var err error
	if o.Rules, err = rule.BuiltIn(); err != nil {
		t.Fatal(err)
	}
	engine, err := detect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	i := &metrics.Instance{
		Plugin: "filter", Name: name, Engine: engine, Evaluation: new(metrics.Histogram),
		Chunks:   func() (chunks, bytes uint64) { return 2, 300 },
		NotTaken: func() uint64 { return 7 },
		Stale:    func() bool { return true },
	}
	i.Evaluation.Observe(20 * time.Microsecond)
	i.Evaluation.Observe(2 * time.Second)
	return i
}

// see has an instance evaluate events with these ids, and one that an exception drops.
func see(t *testing.T, i *metrics.Instance, ids []string) {
	t.Helper()
	v := i.Engine.ThoroughEvaluator()
	for _, text := range append(records(ids, "444455556666"), records([]string{"x"}, "999999999999")...) {
		record, err := document.AppendFromJSON(nil, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		v.Record(record, time.Time{})
	}
}

func records(ids []string, principal string) []string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf(grant, id, principal))
	}
	return all
}

// serve serves an instance's metrics until the test ends.
func serve(t *testing.T, address string, i *metrics.Instance) *metrics.Lease {
	t.Helper()
	lease, err := metrics.Serve(address, i)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lease.Release)
	return lease
}

// scrape returns what Prometheus would get.
func scrape(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v: %s", response.Status, err, body)
	}
	return string(body)
}

// samples are the lines of a scrape that are not comments, by what is before
// their value.
func samples(t *testing.T, text string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if at := strings.LastIndexByte(line, ' '); !strings.HasPrefix(line, "#") {
			all[line[:at]] = line[at+1:]
		}
	}
	return all
}

const (
	ofFilter = `name="trailwire.0",plugin="filter"`
	ofRule   = ofFilter + `,%srule="AWS Lambda Function Policy Updated to Allow Cross-Account Invocation",rule_id="8f985da6-66e8-4838-a63e-21636eb9adc5",severity="high"`
)

func TestScrapeShowsWhatWasNotTakenAndThatSettingsAreStale(t *testing.T) {
	first := instance(t, "trailwire.0", "a")
	second := instance(t, "trailwire.1", "b")
	second.NotTaken, second.Stale = nil, nil
	lease := serve(t, "127.0.0.1:0", first)
	serve(t, "127.0.0.1:0", second)
	got := samples(t, scrape(t, lease.Address().String()))
	for sample, want := range map[string]string{
		`trailwire_not_taken_total{name="trailwire.0",plugin="filter"}`: "7",
		`trailwire_settings_stale{name="trailwire.0",plugin="filter"}`:  "1",
		`trailwire_not_taken_total{name="trailwire.1",plugin="filter"}`: "",
		`trailwire_settings_stale{name="trailwire.1",plugin="filter"}`:  "0",
	} {
		if got[sample] != want {
			t.Errorf("%s is %q, want %q", sample, got[sample], want)
		}
	}
}

func TestScrapeShowsWhatWasCounted(t *testing.T) {
	lease := serve(t, "127.0.0.1:0", instance(t, "trailwire.0", "a", "b", "a"))
	got := samples(t, scrape(t, lease.Address().String()))
	rule := fmt.Sprintf(ofRule, "")
	suppressed := func(reason string) string {
		return "trailwire_suppressed_total{" + fmt.Sprintf(ofRule, `reason="`+reason+`",`) + "}"
	}
	for name, want := range map[string]string{
		"trailwire_chunks_total{" + ofFilter + "}":                           "2",
		"trailwire_bytes_total{" + ofFilter + "}":                            "300",
		"trailwire_records_total{" + ofFilter + "}":                          "4",
		"trailwire_events_total{" + ofFilter + "}":                           "4",
		"trailwire_no_event_total{" + ofFilter + "}":                         "0",
		"trailwire_malformed_total{" + ofFilter + "}":                        "0",
		"trailwire_over_limit_total{" + ofFilter + "}":                       "0",
		"trailwire_matches_total{" + rule + "}":                              "3",
		"trailwire_excepted_total{" + rule + "}":                             "1",
		suppressed("duplicate"):                                              "1",
		suppressed("max_signals"):                                            "0",
		"trailwire_evaluation_seconds_count{" + ofFilter + "}":               "2",
		"trailwire_evaluation_seconds_sum{" + ofFilter + "}":                 "2.00002",
		"trailwire_evaluation_seconds_bucket{" + ofFilter + `,le="1e-05"}`:   "0",
		"trailwire_evaluation_seconds_bucket{" + ofFilter + `,le="2.5e-05"}`: "1",
		"trailwire_evaluation_seconds_bucket{" + ofFilter + `,le="1"}`:       "1",
		"trailwire_evaluation_seconds_bucket{" + ofFilter + `,le="+Inf"}`:    "2",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %s", name, got[name], want)
		}
	}
}

func TestScrapeShowsWhenTheLastEventAndTheLastAlertWere(t *testing.T) {
	before := time.Now()
	seen := instance(t, "seen", "a", "b")
	lease := serve(t, "127.0.0.1:0", seen)
	serve(t, "127.0.0.1:0", silent(t, "silent"))
	got := samples(t, scrape(t, lease.Address().String()))
	number := func(metric string) float64 {
		n, err := strconv.ParseFloat(got[metric+`{name="seen",plugin="filter"}`], 64)
		if err != nil {
			t.Errorf("%s: %v", metric, err)
		}
		return n
	}
	earliest, latest := float64(before.UnixMilli())/1000, float64(time.Now().UnixMilli())/1000
	for _, metric := range []string{"trailwire_last_event_timestamp_seconds", "trailwire_last_alert_timestamp_seconds"} {
		if at := number(metric); at < earliest || at > latest {
			t.Errorf("%s is %f, want from %f to %f", metric, at, earliest, latest)
		}
	}
	const happened = 1781776800                                                                                        // the eventTime of the grants, 2026-06-18T10:00:00Z
	if lag := number("trailwire_delivery_lag_seconds"); lag < earliest-happened-0.001 || lag > latest-happened+0.001 { // floats are rounded
		t.Errorf("the lag is %f, want from %f to %f", lag, earliest-happened, latest-happened)
	}
	for sample := range got {
		if strings.Contains(sample, `"silent"`) && (strings.Contains(sample, "_last_") || strings.Contains(sample, "_lag_")) {
			t.Errorf("nothing has come, and there is %s", sample)
		}
	}
}

func TestScrapeShowsOpenGrantsWhereTheyAreFollowed(t *testing.T) {
	lease := serve(t, "127.0.0.1:0", following(t, "follows", "a"))
	serve(t, "127.0.0.1:0", instance(t, "does not", "a"))
	got := samples(t, scrape(t, lease.Address().String()))
	for sample, want := range map[string]string{
		`trailwire_open_grants{name="follows",plugin="filter"}`:             "1",
		`trailwire_grants_forgotten_total{name="follows",plugin="filter"}`:  "0",
		`trailwire_open_grants{name="does not",plugin="filter"}`:            "",
		`trailwire_grants_forgotten_total{name="does not",plugin="filter"}`: "",
	} {
		if got[sample] != want {
			t.Errorf("%s is %q, want %q", sample, got[sample], want)
		}
	}
}

func TestInstancesWithOneAddressShareIt(t *testing.T) {
	first := serve(t, "127.0.0.1:0", instance(t, "trailwire.0", "a"))
	address := first.Address().String()
	serve(t, "127.0.0.1:0", instance(t, "trailwire.1", "a", "b"))
	got := samples(t, scrape(t, address))
	for name, want := range map[string]string{"trailwire.0": "1", "trailwire.1": "2"} {
		sample := "trailwire_matches_total{" + strings.Replace(fmt.Sprintf(ofRule, ""), "trailwire.0", name, 1) + "}"
		if got[sample] != want {
			t.Errorf("%s has %q matches, want %s", name, got[sample], want)
		}
	}
}

func TestReloadHandsTheListenerOver(t *testing.T) {
	port := freePort(t)
	before, err := metrics.Serve("127.0.0.1:"+port, instance(t, "trailwire.0", "a"))
	if err != nil {
		t.Fatal(err)
	}
	// The new instance comes before the old one goes, and has its name.
	after := serve(t, "localhost:"+port, instance(t, "trailwire.0", "a", "b"))
	matches := "trailwire_matches_total{" + fmt.Sprintf(ofRule, "") + "}"
	if got := samples(t, scrape(t, "127.0.0.1:"+port))[matches]; got != "3" {
		t.Errorf("while both are there %q matches are seen, want 3", got)
	}
	before.Release()
	before.Release() // a second time does no harm
	if got := samples(t, scrape(t, "127.0.0.1:"+port))[matches]; got != "2" {
		t.Errorf("after the old one has gone %q matches are seen, want 2", got)
	}
	// Or it comes a moment after the old one has gone.
	after.Release()
	if got := samples(t, scrape(t, "127.0.0.1:"+port))[matches]; got != "2" {
		t.Errorf("between the two %q matches are seen, want 2", got)
	}
	late, err := metrics.Serve("127.0.0.1:"+port, instance(t, "trailwire.0"))
	if err != nil {
		t.Fatal(err)
	}
	if got := samples(t, scrape(t, "127.0.0.1:"+port))[matches]; got != "0" {
		t.Errorf("of the new one %q matches are seen, want 0", got)
	}
	late.Release()
	time.Sleep(metrics.Linger + time.Second)
	if connection, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
		connection.Close()
		t.Error("when all have gone somebody listens")
	}
	serve(t, "127.0.0.1:"+port, instance(t, "trailwire.0", "a"))
	scrape(t, "127.0.0.1:"+port)
}

func TestReleaseDoesNotWaitForASlowClient(t *testing.T) {
	lease := serve(t, "127.0.0.1:0", instance(t, "trailwire.0"))
	connection, err := net.Dial("tcp", lease.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "GET /metrics HTTP/1.1\r\n"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	lease.Release()
	if took := time.Since(start); took > time.Second {
		t.Errorf("the release took %s", took)
	}
}

func TestReloadsAndScrapesAtTheSameTime(t *testing.T) {
	port := freePort(t)
	serve(t, "127.0.0.1:"+port, instance(t, "trailwire.0", "a"))
	done, stop := context.WithCancel(context.Background())
	var scrapes sync.WaitGroup
	scrapes.Go(func() {
		for done.Err() == nil {
			if text := scrape(t, "127.0.0.1:"+port); !strings.Contains(text, "trailwire_matches_total") {
				t.Errorf("a scrape gets %.200s", text)
			}
		}
	})
	for range 20 {
		lease, err := metrics.Serve("127.0.0.1:"+port, instance(t, "trailwire.0", "a"))
		if err != nil {
			t.Error(err)
			break
		}
		lease.Release()
	}
	stop()
	scrapes.Wait()
}

func TestWhoCannotListenSaysWhy(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct{ name, address, want string }{
		{"a port that another program has", taken.Addr().String(), "cannot listen on " + taken.Addr().String() + ": bind: address already in use"},
		{"an address that is not this machine's", "192.0.2.1:2112", "cannot listen on 192.0.2.1:2112: bind: cannot assign requested address"},
		{"no address", "127.0.0.1", "cannot listen on 127.0.0.1: address 127.0.0.1: missing port in address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := metrics.Serve(test.address, instance(t, "trailwire.0")); err == nil || err.Error() != test.want {
				t.Errorf("the error is %q, want %q", err, test.want)
			}
		})
	}
}

func TestNameOfAnyBytesIsServed(t *testing.T) {
	lease := serve(t, "127.0.0.1:0", instance(t, "a\xff\"b\n"))
	if text := scrape(t, lease.Address().String()); !strings.Contains(text, `name="a`+"\ufffd"+`\"b\n"`) {
		t.Errorf("the name is not in %.300s", text)
	}
}

func TestOnlyMetricsAreServed(t *testing.T) {
	lease := serve(t, "127.0.0.1:0", instance(t, "trailwire.0"))
	for _, path := range []string{"/", "/debug/pprof/", "/metrics/x"} {
		response, err := http.Get("http://" + lease.Address().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s, want 404", path, response.Status)
		}
	}
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

var metricName = regexp.MustCompile(`trailwire_[a-z_]+`)

// exported returns the names of the metrics that a scrape has, a histogram's
// parts included.
func exported(t *testing.T) []string {
	t.Helper()
	lease := serve(t, "127.0.0.1:0", following(t, "trailwire.0", "a"))
	var names []string
	for sample := range samples(t, scrape(t, lease.Address().String())) {
		names = append(names, metricName.FindString(sample))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
