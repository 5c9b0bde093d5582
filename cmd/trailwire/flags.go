package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/terminal"
	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/internal/property"
)

// properties are the flags of a command that set the properties of the engine,
// one for each in [property.Table]. They implement [property.Source]: the
// command line and the plugin read values with the same code.
type properties struct {
	flags *pflag.FlagSet
}

func newProperties() *properties {
	p := &properties{flags: pflag.NewFlagSet("detection", pflag.ContinueOnError)}
	p.flags.SortFlags = false
	for _, entry := range property.Table {
		if entry.Engine {
			p.flags.Var(&propertyValue{kind: entry.Kind, words: entry.Words(), text: entry.Default}, flagName(entry.Name), entry.Help)
		}
	}
	return p
}

// flagName is how a property is spelled on the command line.
func flagName(name string) string { return strings.ReplaceAll(name, "_", "-") }

// Property implements [property.Source].
func (p *properties) Property(name string) (value string, set bool) {
	flag := p.flags.Lookup(flagName(name))
	if flag == nil || !flag.Changed {
		return "", false
	}
	return flag.Value.String(), true
}

// setting is a property that the user set, as the plugin takes it.
type setting struct{ name, value string }

// set returns the properties that the user set, in the order of the table.
func (p *properties) set() []setting {
	var set []setting
	for _, entry := range property.Table {
		if value, ok := p.Property(entry.Name); ok {
			set = append(set, setting{entry.Name, value})
		}
	}
	return set
}

// asFlags returns the properties that the user set as they would be given here.
func (p *properties) asFlags() []string {
	var all []string
	for _, s := range p.set() {
		all = append(all, "--"+flagName(s.name)+"="+s.value)
	}
	return all
}

// engine makes an engine of the properties. An error says which flag is wrong;
// warnings go to warn.
func (p *properties) engine(warn io.Writer) (*detect.Engine, detect.Options, error) {
	settings, err := property.Read(p)
	if err != nil {
		return nil, detect.Options{}, wrongUse(inFlags(err))
	}
	terminal.Warn(warn, settings.Warnings)
	engine, err := detect.New(settings.Options)
	if err != nil {
		return nil, detect.Options{}, wrongUse(err)
	}
	return engine, settings.Options, nil
}

// flagError is an error about a flag's value, in words that name the flag.
type flagError struct {
	text string
	err  error
}

func (e flagError) Error() string { return e.text }
func (e flagError) Unwrap() error { return e.err }

// inFlags puts the flag's name in place of the property's in an error.
func inFlags(err error) error {
	for _, entry := range property.Table {
		if message, ok := strings.CutPrefix(err.Error(), fmt.Sprintf("property %q: ", entry.Name)); ok {
			return flagError{"--" + flagName(entry.Name) + ": " + message, err}
		}
	}
	return err
}

// propertyValue is the text of a property. It is checked when all are read.
type propertyValue struct {
	kind  property.Kind
	words []string // that it takes, where these are a few
	text  string
	set   bool
}

func (v *propertyValue) String() string { return v.text }

// Set implements [pflag.Value]. A list may be given in several flags.
func (v *propertyValue) Set(text string) error {
	if v.kind == property.KindList && v.set {
		text = v.text + "," + text
	}
	v.text, v.set = text, true
	return nil
}

// Type implements [pflag.Value]: it is what help shows for the value.
func (v *propertyValue) Type() string {
	if v.words != nil {
		return strings.Join(v.words, "|")
	}
	switch v.kind {
	case property.KindNumber:
		return "number"
	case property.KindPeriod:
		return "period"
	case property.KindList:
		return "list"
	}
	return "text"
}

// choice is a flag that takes one of a few words.
type choice struct {
	value   string
	allowed []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.allowed, "|") }

// Set implements [pflag.Value].
func (c *choice) Set(text string) error {
	for _, word := range c.allowed {
		if text == word {
			c.value = text
			return nil
		}
	}
	last := len(c.allowed) - 1
	return fmt.Errorf("must be %s or %s", strings.Join(c.allowed[:last], ", "), c.allowed[last])
}
