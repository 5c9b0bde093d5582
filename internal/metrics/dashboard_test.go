package metrics_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// dashboard is Grafana's, in conf.
const dashboard = "../../conf/grafana/trailwire.json"

func TestDashboardUsesNoMetricThatIsNotExported(t *testing.T) {
	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	names := exported(t)
	used := metricName.FindAllString(string(text), -1)
	if len(used) == 0 {
		t.Fatal("it uses none")
	}
	for _, name := range used {
		if !slices.Contains(names, name) {
			t.Errorf("%s is none of %q", name, names)
		}
	}
	for _, name := range names {
		if !slices.Contains(used, name) {
			t.Errorf("%s is exported, and not to be seen in the dashboard", name)
		}
	}
}

func TestDashboardIsWhatGrafanaImports(t *testing.T) {
	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Title         string
		UID           string
		SchemaVersion int
		Templating    struct {
			List []struct{ Name string }
		}
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr, RefID string }
			GridPos struct{ X, Y, W, H int }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.Title == "" || d.UID == "" || d.SchemaVersion == 0 {
		t.Errorf("it has the title %q, the UID %q and the schema version %d", d.Title, d.UID, d.SchemaVersion)
	}
	if len(d.Templating.List) == 0 || d.Templating.List[0].Name != "datasource" {
		t.Error("the data source cannot be chosen")
	}
	ids := make(map[int]bool)
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		if p.Title == "" || p.Type == "" || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d is incomplete: %+v", p.ID, p)
		}
		for _, q := range p.Targets {
			if q.Expr == "" || q.RefID == "" {
				t.Errorf("panel %q asks %+v", p.Title, q)
			}
		}
	}
}
