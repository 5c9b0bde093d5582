package metrics_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func TestScrapeIsWhatPrometheusReads(t *testing.T) {
	i := instance(t, "a\xff\"b\\\n", "a", "b", "a")
	i.Unsaved = func() uint64 { return 3 }
	lease := serve(t, "127.0.0.1:0", i)
	problems, err := promlint.New(strings.NewReader(scrape(t, lease.Address().String()))).Lint()
	if err != nil {
		t.Errorf("Prometheus's parser says %v", err)
	}
	for _, p := range problems {
		t.Errorf("Prometheus's linter says of %s: %s", p.Metric, p.Text)
	}
}

func TestMetricHasItsHelpItsTypeAndItsSeriesInOneBlock(t *testing.T) {
	address := "127.0.0.1:" + freePort(t)
	serve(t, address, instance(t, "b"))
	serve(t, address, instance(t, `a\`))
	const want = `
# HELP trailwire_bytes_total Bytes in the chunks that came.
# TYPE trailwire_bytes_total counter
trailwire_bytes_total{name="a\\",plugin="filter"} 300
trailwire_bytes_total{name="b",plugin="filter"} 300
# HELP trailwire_chunks_total Chunks that came.
# TYPE trailwire_chunks_total counter
trailwire_chunks_total{name="a\\",plugin="filter"} 2
trailwire_chunks_total{name="b",plugin="filter"} 2
# HELP trailwire_evaluation_seconds How long it took to evaluate a chunk in which the search had found something.
# TYPE trailwire_evaluation_seconds histogram
`
	if text := scrape(t, address); !strings.Contains(text, want) {
		t.Errorf("the scrape is %.1500s\nwant it to contain %s", text, want)
	}
}

func TestScrapeSaysThatItIsPrometheusText(t *testing.T) {
	lease := serve(t, "127.0.0.1:0", instance(t, "trailwire.0"))
	response, err := http.Get("http://" + lease.Address().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("the content type is %q", got)
	}
}

func TestFifthScrapeAtATimeIsTurnedAway(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	i := instance(t, "trailwire.0")
	i.Chunks = func() (chunks, bytes uint64) {
		entered <- struct{}{}
		<-leave
		return 0, 0
	}
	address := serve(t, "127.0.0.1:0", i).Address().String()
	answers := make(chan int)
	get := func() {
		response, err := http.Get("http://" + address + "/metrics")
		if err != nil {
			t.Error(err)
			answers <- 0
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		answers <- response.StatusCode
	}
	for range 4 {
		go get()
		<-entered
	}
	go get()
	select {
	case got := <-answers:
		if got != http.StatusServiceUnavailable {
			t.Errorf("the fifth scrape gets %d, want 503", got)
		}
	case <-entered:
		t.Error("the fifth scrape reads the counters while four others do")
	case <-time.After(10 * time.Second):
		t.Error("the fifth scrape gets no answer")
	}
	close(leave)
	for range 4 {
		if got := <-answers; got != http.StatusOK {
			t.Errorf("one of the first four scrapes gets %d, want 200", got)
		}
	}
}
