package address

import (
	"errors"
	"fmt"
	"strings"
)

// Template is a tag with the variables $severity, $rule_id and $tag, which take
// their values from an alert. ${severity} is the same as $severity, for use
// before a letter.
type Template struct {
	text  string
	parts []part
}

// part is a text, followed by the value of a variable (by none at the end).
type part struct {
	text string
	name string
}

// DefaultTag is the template of an address without a tag.
const DefaultTag = "alert.$severity"

// The longest template, and the longest tag that is made of one. Fluent Bit takes
// tags of up to 65,535 bytes less a header (FLB_INPUT_CHUNK_TAG_MAX in 5.1). A tag
// of in_tail has the path of a file in it, and a template may add text after it
// for an output's match.
const (
	maxTemplate = 128
	maxTag      = 4096
)

// ParseTemplate reads a template.
func ParseTemplate(text string) (Template, error) {
	t := Template{text: text}
	if text == "" {
		return t, errors.New("the tag is empty")
	}
	if len(text) > maxTemplate {
		return t, fmt.Errorf("the tag is longer than %d bytes", maxTemplate)
	}
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "$")
		if i := strings.IndexFunc(before, func(r rune) bool { return !tagRune(r) }); i >= 0 {
			return t, fmt.Errorf("the tag %q has a character that is not a letter, a digit, or one of . _ -", text)
		}
		p := part{text: before}
		rest = after
		if found {
			name, after, ok := cutName(after)
			if !ok {
				return t, fmt.Errorf("the tag %q has a variable that is not $severity, $rule_id or $tag", text)
			}
			p.name, rest = name, after
		}
		t.parts = append(t.parts, p)
	}
	return t, nil
}

func cutName(s string) (name, rest string, ok bool) {
	braced := strings.HasPrefix(s, "{")
	if braced {
		if name, rest, ok = strings.Cut(s[1:], "}"); !ok {
			return "", "", false
		}
	} else {
		end := strings.IndexFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' })
		if end < 0 {
			end = len(s)
		}
		name, rest = s[:end], s[end:]
	}
	switch name {
	case "severity", "rule_id", "tag":
		return name, rest, true
	}
	return "", "", false
}

// Tag fills in the template. The values come from rules and hosts and may be
// any text. The tag has only letters, digits and . _ -, so that it can be
// matched.
func (t Template) Tag(severity, ruleID, tag string) string {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.text)
		switch p.name {
		case "severity":
			b.WriteString(severity)
		case "rule_id":
			b.WriteString(ruleID)
		case "tag":
			b.WriteString(tag)
		}
	}
	made := strings.Map(func(r rune) rune {
		if tagRune(r) {
			return r
		}
		return '_'
	}, b.String())
	return made[:min(len(made), maxTag)]
}

// String returns the template as it was written.
func (t Template) String() string { return t.text }

func tagRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
}
