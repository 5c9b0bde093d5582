package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
	"github.com/trailwire/trailwire/detect/rule"
)

const convertHelp = `Print what a Sigma rule becomes: a rule file in Elastic's schema, with a query
in EQL that asks the same. The plugin loads Sigma rules as they are. What is
printed shows what they mean, and a rule of your own can start from it.

CloudTrail's own names become ECS names. What EQL cannot say (a regular
expression, a comparison of two fields) is named, and nothing is printed.`

const convertNotes = `Exit codes:
  0  the rule was printed
  1  it could not be printed
  2  the file is broken, or the command was called wrongly
  4  the rule is not supported, or EQL cannot say it
`

func (p *program) rulesConvertCommand() *cobra.Command {
	return &cobra.Command{
		Use: "convert FILE.yml", Short: "Print what a Sigma rule becomes in Elastic's schema", Long: convertHelp,
		DisableFlagsInUseLine: true,
		Annotations:           map[string]string{helpNotes: convertNotes},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrongUse(fmt.Errorf("convert needs one file with a Sigma rule; see %s --help", cmd.CommandPath()))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.convertRule(args[0]) },
	}
}

func (p *program) convertRule(path string) error {
	r, err := parseRule(path)
	if err != nil {
		return err
	}
	if r.Language != rule.Sigma {
		return wrongUse(fmt.Errorf("%s is not a Sigma rule, whose file ends in .yml", path))
	}
	query, err := r.InEQL()
	if err != nil {
		return exit{exitUnsupported, fmt.Errorf("%s: EQL cannot say what the rule asks, which loads as it is: %w", path, err)}
	}
	text, err := toml.Marshal(elasticFile{elasticRule{
		Name: r.Name, ID: r.ID, Type: "eql", Language: "eql", Severity: r.Severity, RiskScore: r.RiskScore,
		Author: r.Author, License: r.License, Description: r.Description, References: r.References,
		FalsePositives: r.FalsePositives, Tags: r.Tags, Query: query, Threat: elasticThreats(r.Threat),
	}})
	if err != nil {
		return exit{exitProblems, err}
	}
	if _, err := p.out.Write(text); err != nil {
		return exit{exitProblems, err}
	}
	return nil
}

// parseRule reads one rule file. An error has the exit code of rules check.
func parseRule(path string) (*rule.Rule, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, wrongUse(fmt.Errorf("%s: %w", path, logfile.Reason(err)))
	}
	r, err := rule.Parse(path, text)
	var refused *rule.Error
	switch {
	case errors.As(err, &refused) && refused.Unsupported:
		return nil, exit{exitUnsupported, err}
	case err != nil:
		return nil, wrongUse(err)
	}
	return r, nil
}

// elasticFile is a rule file in the schema of Elastic's detection-rules.
type elasticFile struct {
	Rule elasticRule `toml:"rule"`
}

type elasticRule struct {
	Name           string          `toml:"name"`
	ID             string          `toml:"rule_id"`
	Type           string          `toml:"type"`
	Language       string          `toml:"language"`
	Severity       string          `toml:"severity"`
	RiskScore      int             `toml:"risk_score"`
	Author         []string        `toml:"author,omitempty"`
	License        string          `toml:"license,omitempty"`
	Description    string          `toml:"description,omitempty,multiline"`
	References     []string        `toml:"references,omitempty,multiline"`
	FalsePositives []string        `toml:"false_positives,omitempty,multiline"`
	Tags           []string        `toml:"tags,omitempty"`
	Query          string          `toml:"query,multiline"`
	Threat         []elasticThreat `toml:"threat,omitempty"`
}

type elasticThreat struct {
	Framework string             `toml:"framework"`
	Tactic    *elasticReference  `toml:"tactic,omitempty"`
	Technique []elasticTechnique `toml:"technique,omitempty"`
}

type elasticTechnique struct {
	elasticReference
	Subtechnique []elasticReference `toml:"subtechnique,omitempty"`
}

type elasticReference struct {
	ID   string `toml:"id"`
	Name string `toml:"name"`
	URL  string `toml:"reference"`
}

func elasticThreats(rows []rule.Threat) (all []elasticThreat) {
	for _, row := range rows {
		t := elasticThreat{Framework: row.Framework}
		if row.Tactic.ID != "" {
			tactic := elasticReference(row.Tactic)
			t.Tactic = &tactic
		}
		for _, q := range row.Techniques {
			technique := elasticTechnique{elasticReference: elasticReference(q.Reference)}
			for _, sub := range q.Subtechniques {
				technique.Subtechnique = append(technique.Subtechnique, elasticReference(sub))
			}
			t.Technique = append(t.Technique, technique)
		}
		all = append(all, t)
	}
	return all
}
