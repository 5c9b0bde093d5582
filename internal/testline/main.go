// Command testline shortens the output of `go test -json` for people: it prints the
// packages, what failed with its output, and at the end one line that says how many
// tests passed, failed and were skipped, and why. It exits with 1 if a test or a
// package failed.
//
//	go test -json ./... | go run ./internal/testline
//
// Only tests without subtests count. The reason of a skipped test is what it
// prints when it is skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	s := newSummary(os.Stdout)
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testline:", err)
		os.Exit(1)
	}
	fmt.Println(s.line())
	if s.failed > 0 || s.broken > 0 {
		os.Exit(1)
	}
}

// event is a line of `go test -json` (go doc test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

type test struct{ pkg, name string }

type summary struct {
	out     io.Writer
	output  map[test][]string // of a test that has not ended
	parents map[test]bool
	passed  int
	failed  int
	broken  int // packages that failed although no test of theirs did
	fails   map[string]int
	reasons map[string]int
}

func newSummary(out io.Writer) *summary {
	return &summary{
		out: out, output: make(map[test][]string), parents: make(map[test]bool),
		fails: make(map[string]int), reasons: make(map[string]int),
	}
}

func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil {
				s.take(e)
			} else {
				fmt.Fprint(s.out, line) // what go says itself
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "run":
		if i := strings.LastIndexByte(e.Test, '/'); i >= 0 {
			s.parents[test{e.Package, e.Test[:i]}] = true
		}
	case "output", "build-output":
		s.output[t] = append(s.output[t], e.Output)
	case "pass", "fail", "skip":
		s.ended(t, e.Action)
		delete(s.output, t)
	}
}

// ended counts a test, or prints a package that has ended.
func (s *summary) ended(t test, action string) {
	if t.name == "" {
		if action == "fail" && s.fails[t.pkg] == 0 {
			s.broken++
		}
		for _, line := range s.output[t] {
			if action == "fail" || strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "SKIPPED") {
				fmt.Fprint(s.out, line)
			}
		}
		return
	}
	if action == "fail" {
		s.fails[t.pkg]++
		fmt.Fprint(s.out, strings.Join(s.output[t], ""))
	}
	if s.parents[t] {
		return
	}
	switch action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
	case "skip":
		s.reasons[reason(s.output[t])]++
	}
}

// reason returns what a test said when it was skipped.
func reason(output []string) string {
	for _, line := range output {
		place, text, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if ok && strings.Contains(place, ".go:") {
			text = strings.TrimPrefix(text, "SKIPPED: ")
			text, _, _ = strings.Cut(text, ":")
			return inLowerCase(text)
		}
	}
	return "no reason"
}

// inLowerCase returns a text in lower case, with names of variables and paths, which
// have an underscore or a slash, as they are.
func inLowerCase(text string) string {
	words := strings.Split(text, " ")
	for i, word := range words {
		if !strings.ContainsAny(word, "_/") {
			words[i] = strings.ToLower(word)
		}
	}
	return strings.Join(words, " ")
}

// line says how many tests passed, failed and were skipped, by reason, the most
// frequent first.
func (s *summary) line() string {
	skipped := 0
	var why []string
	for text, n := range s.reasons {
		skipped += n
		why = append(why, fmt.Sprintf("%d %s", n, text))
	}
	line := fmt.Sprintf("%d passed, %d failed, %d skipped", s.passed, s.failed+s.broken, skipped)
	if skipped == 0 {
		return line
	}
	slices.SortFunc(why, func(a, b string) int {
		var m, n int
		_, _ = fmt.Sscan(a, &m)
		_, _ = fmt.Sscan(b, &n)
		if m != n {
			return n - m
		}
		return strings.Compare(a, b)
	})
	return line + " (" + strings.Join(why, "; ") + ")"
}
