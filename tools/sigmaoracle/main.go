// Command sigmaoracle says which events match which Sigma rules, according to
// github.com/runreveal/sigmalite. It reads JSON from standard input:
//
//	{"rules": ["title: …", …], "events": [{"eventName": "StopLogging", …}, …]}
//
// and writes, for each rule, an error or a verdict for each event:
//
//	[{"error": "…"}, {"matches": [true, …]}, …]
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/runreveal/sigmalite"
)

type answer struct {
	Error   string `json:"error,omitempty"`
	Matches []bool `json:"matches,omitempty"`
}

func main() {
	var asked struct {
		Rules  []string            `json:"rules"`
		Events []map[string]string `json:"events"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, "sigmaoracle:", err)
		os.Exit(1)
	}
	answers := make([]answer, len(asked.Rules))
	for i, text := range asked.Rules {
		rule, err := sigmalite.ParseRule([]byte(text))
		if err != nil {
			answers[i].Error = err.Error()
			continue
		}
		for _, fields := range asked.Events {
			answers[i].Matches = append(answers[i].Matches, rule.Detection.Matches(&sigmalite.LogEntry{Fields: fields}, nil))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, "sigmaoracle:", err)
		os.Exit(1)
	}
}
