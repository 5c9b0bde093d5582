package eql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/program"
)

// Write returns an EQL query that asks what a program of another language asks, with the
// terms of its and on lines of their own. name is the name of a field in the query, by its
// slot, and typeOf the type of a field by that name. It is an error if EQL cannot say
// something in the program, or name has an error.
func Write(p *program.Program, name func(slot int) (string, error), typeOf func(name string) program.FieldType) (string, error) {
	w := writer{source: p.Source(), name: name, typeOf: typeOf}
	var terms []string
	for _, term := range flat(p.Root()) {
		where := w.part(term, false)
		if w.err != nil {
			return "", w.err
		}
		query, err := Parse("any where " + where)
		if err != nil {
			return "", fmt.Errorf("the query cannot be written in EQL: %w", err)
		}
		var out printer
		out.print(query.where, precedenceAnd)
		terms = append(terms, out.String())
	}
	return "any where " + strings.Join(terms, "\n  and "), nil
}

// flat are the terms of a chain of and, with those of chains in it.
func flat(p program.Part) (terms []program.Part) {
	if p.Kind != program.PartAnd {
		return []program.Part{p}
	}
	for _, term := range p.Parts {
		terms = append(terms, flat(term)...)
	}
	return terms
}

// writer writes the parts of a program. Of its errors the first stays.
type writer struct {
	source string
	name   func(slot int) (string, error)
	typeOf func(name string) program.FieldType
	err    error
}

func (w *writer) fail(p program.Part, why string) string {
	if w.err == nil {
		text := strings.Join(strings.Fields(w.source[p.At.Start:p.At.End]), " ")
		w.err = fmt.Errorf("%s: %s", shorten(text), why)
	}
	return "false"
}

// part writes a part in parentheses, where it needs some. negated says that there is a not
// around it.
func (w *writer) part(p program.Part, negated bool) string {
	switch p.Kind {
	case program.PartAlways:
		if p.Fixed == program.True {
			return "true"
		}
		return "false"
	case program.PartNot:
		return "not (" + w.part(p.Parts[0], !negated) + ")"
	case program.PartAnd, program.PartOr:
		if field, ok := emptyOrNull(p); ok {
			return w.field(field) + " == null"
		}
		word := map[program.PartKind]string{program.PartAnd: " and ", program.PartOr: " or "}[p.Kind]
		terms := make([]string, len(p.Parts))
		for i, term := range p.Parts {
			terms[i] = w.part(term, negated)
		}
		return "(" + strings.Join(terms, word) + ")"
	}
	return w.test(p, negated != p.Negated)
}

// emptyOrNull says whether a part asks if a value is missing or an empty text. The
// fields of events drop empty texts, so that this is the question whether it is missing.
func emptyOrNull(p program.Part) (test program.Part, ok bool) {
	if p.Kind != program.PartOr || len(p.Parts) != 2 {
		return test, false
	}
	null, text := p.Parts[0], p.Parts[1]
	return null, null.Kind == program.PartNull && text.Kind == program.PartOneOf && null.Slot == text.Slot && !null.Negated && !text.Negated &&
		slices.Equal(text.Texts, []string{""})
}

func (w *writer) field(p program.Part) string {
	name, err := w.name(p.Slot)
	if err != nil {
		w.fail(p, err.Error())
		return "null"
	}
	var out printer
	out.name(name)
	return out.String()
}

// isText reports whether the part's field can be searched as text: without case, or with
// patterns. A field of another type has each value in one form, with one case.
func (w *writer) isText(p program.Part) bool {
	name, err := w.name(p.Slot)
	if err != nil {
		return true // field has said it
	}
	switch w.typeOf(name) {
	case program.Boolean, program.Long, program.Date, program.IP:
		return false
	}
	return true
}

// test writes the test of a field, or its opposite.
func (w *writer) test(p program.Part, negated bool) string {
	if p.Kind == program.PartOther {
		return w.fail(p, "EQL cannot say this")
	}
	field := w.field(p)
	if p.Kind == program.PartNull {
		if p.Negated {
			return field + " != null"
		}
		return field + " == null"
	}
	is := ""
	switch p.Kind {
	case program.PartOneOf:
		is = oneOf(field, p.Texts, p.Fold && w.isText(p))
	case program.PartPrefix:
		is = "startsWith" + map[bool]string{true: "~", false: ""}[p.Fold] + "(" + field + ", " + quoted(p.Texts[0]) + ")"
	case program.PartPattern:
		is = w.patterns(p, field)
	case program.PartInBlock:
		is = "cidrMatch(" + field + ", " + blocksOf(p) + ")"
	case program.PartOrdered:
		if negated {
			return w.fail(p, "EQL has no opposite of a comparison with a number that holds for a missing field")
		}
		is = "number(string(" + field + ")) " + [...]string{"<", "<=", ">", ">="}[p.Order] + " " + p.Value.String()
	}
	if p.Negated {
		return "not (" + is + ")"
	}
	return is
}

// patterns writes a test of patterns: those without a wildcard as texts, the others as
// patterns of EQL's, in which * and ? are wildcards always.
func (w *writer) patterns(p program.Part, field string) string {
	var texts, patterns []string
	for _, written := range p.Texts {
		text, wild, plain := unquotePattern(written)
		switch {
		case !wild:
			texts = append(texts, text)
		case !w.isText(p):
			return w.fail(p, "EQL has no patterns for a field of this type")
		case plain:
			return w.fail(p, "EQL has no star or question mark that stands for itself in a pattern")
		default:
			patterns = append(patterns, text)
		}
	}
	var terms []string
	if texts != nil {
		terms = append(terms, oneOf(field, texts, p.Fold && w.isText(p)))
	}
	if patterns != nil {
		terms = append(terms, field+map[bool]string{true: " : ", false: " like "}[p.Fold]+list(patterns))
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " or ") + ")"
}

// oneOf writes that a field has one of some texts.
func oneOf(field string, texts []string, fold bool) string {
	switch {
	case len(texts) == 1 && !fold:
		return field + " == " + quoted(texts[0])
	case len(texts) == 1 && !strings.ContainsAny(texts[0], "*?"):
		return field + " : " + quoted(texts[0])
	}
	return field + map[bool]string{true: " in~ ", false: " in "}[fold] + inList(texts)
}

// unquotePattern returns a pattern without its backslashes, and whether it has wildcards,
// and plain stars or question marks.
func unquotePattern(pattern string) (text string, wild, plain bool) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			plain = plain || pattern[i] == '*' || pattern[i] == '?'
		case pattern[i] == '*' || pattern[i] == '?':
			wild = true
		}
		b.WriteByte(pattern[i])
	}
	return b.String(), wild, plain
}

func blocksOf(p program.Part) string {
	all := make([]string, len(p.Blocks))
	for i, b := range p.Blocks {
		all[i] = quoted(b.String())
	}
	return strings.Join(all, ", ")
}

func quoted(text string) string {
	var p printer
	p.quote(text)
	return p.String()
}

// list are texts as a list, or one of them by itself, as : and like take it.
func list(texts []string) string {
	if len(texts) == 1 {
		return quoted(texts[0])
	}
	return inList(texts)
}

func inList(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = quoted(text)
	}
	return "(" + strings.Join(all, ", ") + ")"
}
