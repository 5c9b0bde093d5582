package main

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Which alert is a duplicate, and which is one too many, depends on what came before it.
func TestAScanPrintsTheSameWithAnyNumberOfProcessors(t *testing.T) {
	folder := t.TempDir()
	for i := range 60 {
		event := func(id, account int) string {
			return strings.NewReplacer(`"6c0f"`, fmt.Sprintf(`"event-%d"`, id), "444455556666", fmt.Sprintf("4444%08d", account)).Replace(grantEvent)
		}
		others := strings.Repeat(otherEvent+",", i%7*40)
		// Half of the events have come in a file before, and each account has come in several.
		records := `{"Records":[` + others + event(i/2, i/2%3) + "," + event(1000+i, i%3) + "]}"
		name := fmt.Sprintf("%03d", i)
		switch i % 4 {
		case 0:
			write(t, folder, name+".json", records)
		case 1:
			write(t, folder, name+".json.gz", zipped(t, records))
		case 2:
			write(t, folder, name+".ndjson", strings.ReplaceAll(others, ",{", "\n{")+"\n"+event(i/2, i/2%3)+"\n{]\n"+event(1000+i, i%3)+"\n")
		case 3:
			write(t, folder, name+".json.gz", zipped(t, records)[:100])
		}
	}
	for _, test := range []struct {
		name string
		args []string
		has  []string // in what is printed
	}{
		{"text", []string{"scan", "--max-signals", "5", folder}, []string{"(suppressed)", "duplicate", "the file is cut off"}},
		{"JSON", []string{"scan", "--max-signals", "5", "--format", "json", folder}, []string{`"suppressed":"max_signals"`, `"suppressed":"duplicate"`}},
		{"every record", []string{"scan", "--format", "json", "--all", folder}, []string{"s3.amazonaws.com"}},
		{"rules that remember", []string{"scan", "--rules", "-builtin,testdata/rules/*.toml", folder}, []string{"events in 60 files"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			with := func(processors int) ran {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
				return run("", test.args...)
			}
			want := with(1)
			for _, text := range test.has {
				if !strings.Contains(want.out+want.err, text) {
					t.Errorf("it does not say %s", text)
				}
			}
			for _, processors := range []int{2, 4} {
				if got := with(processors); got != want {
					t.Errorf("with %d processors it prints\n%.3000s\n%.1000s\nwant\n%.3000s\n%.1000s", processors, got.out, got.err, want.out, want.err)
				}
			}
		})
	}
}
