package collect

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Users write alert rules by what the page says.
func TestThePageSaysWhatEachResultAndMetricMeans(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/collect.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[string]string) // results, and what they are of
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ((?:file|message)[a-z, ]*) \\|").FindAllStringSubmatch(string(text), -1) {
		documented[m[1]] = m[2]
	}
	counted := make(map[string]string)
	for _, r := range ObjectResults {
		counted[string(r)] = "file"
	}
	for _, r := range MessageResults {
		counted[string(r)] = strings.TrimPrefix(counted[string(r)]+", message", ", ")
	}
	for result, of := range counted {
		if documented[result] != of {
			t.Errorf("the page has %s of %q, the metrics have it of %q", result, documented[result], of)
		}
	}
	if len(documented) != len(counted) {
		t.Errorf("the page has %d results, the metrics %d", len(documented), len(counted))
	}

	server, err := Serve("127.0.0.1:0", New(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	answer, err := http.Get("http://" + server.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	metrics, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var served, onPage []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\w+) `).FindAllStringSubmatch(string(metrics), -1) {
		served = append(served, m[1])
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(trailwire_collect_\\w+)` \\|").FindAllStringSubmatch(string(text), -1) {
		onPage = append(onPage, m[1])
	}
	slices.Sort(onPage)
	if !slices.Equal(served, onPage) {
		t.Errorf("served are %q, on the page are %q", served, onPage)
	}
	for _, line := range []string{`trailwire_collect_objects_total{result="denied"} 0`, `trailwire_collect_messages_total{result="foreign"} 0`} {
		if !strings.Contains(string(metrics), "\n"+line+"\n") {
			t.Errorf("before anything has happened there is no %s", line)
		}
	}
}
