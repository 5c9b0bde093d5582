package main

import (
	"strings"
	"testing"
)

func TestTheLastLineSaysHowManyTestsThereWereAndWhySomeWereNotRun(t *testing.T) {
	for _, c := range []struct {
		name    string
		events  []string
		want    string
		printed string
	}{
		{"nothing but passes", []string{
			`{"Action":"run","Package":"p","Test":"TestA"}`, `{"Action":"pass","Package":"p","Test":"TestA"}`,
			`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`, `{"Action":"pass","Package":"p"}`,
		}, "1 passed, 0 failed, 0 skipped", "ok  \tp\t0.1s\n"},
		{"a test with tests below it does not count", []string{
			`{"Action":"run","Package":"p","Test":"TestA"}`, `{"Action":"run","Package":"p","Test":"TestA/x"}`, `{"Action":"run","Package":"p","Test":"TestA/y"}`,
			`{"Action":"pass","Package":"p","Test":"TestA/x"}`, `{"Action":"pass","Package":"p","Test":"TestA/y"}`, `{"Action":"pass","Package":"p","Test":"TestA"}`,
		}, "2 passed, 0 failed, 0 skipped", ""},
		{"skipped tests have their reasons", []string{
			`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: SKIPPED: no chromium: on this machine\n"}`, `{"Action":"skip","Package":"p","Test":"TestA"}`,
			`{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:9: no Fluent Bit\n"}`, `{"Action":"skip","Package":"p","Test":"TestB"}`,
			`{"Action":"output","Package":"p","Test":"TestC","Output":"    b_test.go:9: no Fluent Bit\n"}`, `{"Action":"skip","Package":"p","Test":"TestC"}`,
			`{"Action":"output","Package":"p","Test":"TestD","Output":"    d_test.go:9: SKIPPED: SET TRAILWIRE_RULES to a folder\n"}`, `{"Action":"skip","Package":"p","Test":"TestD"}`,
		}, "0 passed, 0 failed, 4 skipped (2 no fluent bit; 1 no chromium; 1 set TRAILWIRE_RULES to a folder)", ""},
		{"a failure is printed", []string{
			`{"Action":"run","Package":"p","Test":"TestA"}`, `{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: 1, want 2\n"}`,
			`{"Action":"fail","Package":"p","Test":"TestA"}`, `{"Action":"fail","Package":"p"}`,
		}, "0 passed, 1 failed, 0 skipped", "    a_test.go:7: 1, want 2\n"},
		{"a package that does not build is a failure", []string{
			`{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}`, `{"Action":"fail","Package":"p"}`,
		}, "0 passed, 1 failed, 0 skipped", "FAIL\tp [build failed]\n"},
		{"what is not an event is passed on", []string{`go: downloading x`}, "0 passed, 0 failed, 0 skipped", "go: downloading x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			s := newSummary(&out)
			if err := s.read(strings.NewReader(strings.Join(c.events, "\n") + "\n")); err != nil {
				t.Fatal(err)
			}
			if got := s.line(); got != c.want {
				t.Errorf("the line is %q, want %q", got, c.want)
			}
			if out.String() != c.printed {
				t.Errorf("it printed %q, want %q", out.String(), c.printed)
			}
		})
	}
}
