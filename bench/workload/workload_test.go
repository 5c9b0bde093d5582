package workload

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestEveryRecordIsJSON(t *testing.T) {
	for _, w := range All {
		for i, record := range w.Records(1, 500) {
			if !json.Valid([]byte(record)) {
				t.Fatalf("%s: record %d is not JSON: %.300s", w.Name, i, record)
			}
		}
	}
}

func TestSameSeedGivesTheSameRecords(t *testing.T) {
	for _, w := range All {
		if !slices.Equal(w.Records(7, 200), w.Records(7, 200)) {
			t.Errorf("%s differs", w.Name)
		}
	}
}

func TestSizesAreThoseOfRealEvents(t *testing.T) {
	var sizes []int
	for _, record := range All[0].Records(1, 20_000) {
		sizes = append(sizes, len(record))
	}
	slices.Sort(sizes)
	at := func(share float64) int { return sizes[int(share*float64(len(sizes)-1))] }
	for _, test := range []struct {
		name             string
		got, least, most int
	}{
		{"least", at(0), 487, 900},
		{"median", at(0.5), 1200, 1600},
		{"95th percentile", at(0.95), 2000, 2600},
		{"largest", at(1), 40_000, 70_000},
	} {
		if test.got < test.least || test.got > test.most {
			t.Errorf("%s: %d bytes, want %d to %d", test.name, test.got, test.least, test.most)
		}
	}
}
