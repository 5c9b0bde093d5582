package metrics_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestPrometheusAlertsAskForMetricsThatAreExported(t *testing.T) {
	text, err := os.ReadFile("../../conf/prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	asks := map[string]string{
		"TrailwireNotScraped":      "trailwire_build_info",
		"TrailwireNoChunks":        "trailwire_chunks_total",
		"TrailwireAlertsNotTaken":  "trailwire_not_taken_total",
		"TrailwireSettingsStale":   "trailwire_settings_stale",
		"TrailwireStateUnsaved":    "trailwire_state_unsaved_total",
		"TrailwireMalformed":       "trailwire_malformed_total",
		"TrailwireGrantsForgotten": "trailwire_grants_forgotten_total",
	}
	names := exported(t)
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			used := metricName.FindAllString(r.Expr, -1)
			if !slices.Equal(used, []string{asks[r.Alert]}) {
				t.Errorf("%s asks for %q, want %q", r.Alert, used, asks[r.Alert])
			}
			for _, name := range used {
				if !slices.Contains(names, name) {
					t.Errorf("%s asks for %s, which is not exported", r.Alert, name)
				}
			}
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("%s has the labels %v and the annotations %v", r.Alert, r.Labels, r.Annotations)
			}
			delete(asks, r.Alert)
		}
	}
	if len(asks) > 0 {
		t.Errorf("there is no alert %q", slices.Sorted(maps.Keys(asks)))
	}
}

// Prometheus' own tool evaluates the rules over minutes of metrics.
func TestPrometheusAlertsFireWhenTheyShouldAndNotBefore(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("SKIPPED: NO PROMTOOL on PATH: nothing evaluated conf/prometheus/alerts.yaml")
	}
	rules, err := filepath.Abs("../../conf/prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("testdata/alerts_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "alerts_test.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(string(tests), `"@"`, rules, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{{"check", "rules", rules}, {"test", "rules", path}} {
		if out, err := exec.Command(promtool, arguments...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(arguments[:2], " "), err, out)
		}
	}
}
