package detect

import (
	"testing"
	"time"

	"github.com/trailwire/trailwire/detect/document"
)

func TestAChunkHasComeAtOneTime(t *testing.T) {
	reads := 0
	o := DefaultOptions()
	o.Clock = func() time.Time {
		reads++
		return time.Date(2026, 6, 18, 12, 0, reads, 0, time.UTC)
	}
	engine, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	record, err := document.AppendFromJSON(nil, []byte(`{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		evaluator func() *Evaluator
		want      int // reads of the clock for three records
	}{
		{"the clock is read for the first event of a chunk", engine.Evaluator, 1},
		{"and for that of the next chunk", engine.Evaluator, 1},
		{"who reads files may take hours", engine.ThoroughEvaluator, 3},
	} {
		reads = 0
		v := c.evaluator()
		for range 3 {
			v.Record(record, time.Time{})
		}
		v.Release()
		if reads != c.want {
			t.Errorf("%s: it is read %d times, want %d", c.name, reads, c.want)
		}
	}
}
