package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/trailwire/trailwire/detect/program"
)

// The limits that keep a hostile rule file from using up memory or the stack.
const (
	maxFile  = 1 << 17 // bytes
	maxNodes = 1 << 14 // values in the file, with those that an alias repeats
	maxDepth = 100     // of a condition's parentheses
)

// Rule is a Sigma rule.
type Rule struct {
	Title, ID, Status, Description, Author, License, Level string
	References, Tags, FalsePositives                       []string
	Product, Service, Category                             string // of logsource

	file      *file
	detection *yaml.Node
	selection *yaml.Node // the one that is detected, where there is no condition
	id, level *yaml.Node
	logsource *yaml.Node
}

// file is the text of a rule, with the places of its lines.
type file struct {
	text  string
	lines []int // offset of each line
	nodes int
}

func newFile(text string) *file {
	f := &file{text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// at is the offset of a place, which YAML counts in lines and characters from 1.
func (f *file) at(line, column int) int {
	if line < 1 || line > len(f.lines) {
		return 0
	}
	offset := f.lines[line-1]
	for ; column > 1 && offset < len(f.text); column-- {
		_, n := utf8.DecodeRuneInString(f.text[offset:])
		offset += n
	}
	return min(offset, len(f.text))
}

func (f *file) start(n *yaml.Node) int {
	if n == nil {
		return 0
	}
	return f.at(n.Line, n.Column)
}

func (f *file) fail(n *yaml.Node, format string, args ...any) *Error {
	return &Error{Offset: f.start(n), Msg: fmt.Sprintf(format, args...), source: f.text}
}

func (f *file) unsupported(n *yaml.Node, format string, args ...any) *Error {
	err := f.fail(n, format, args...)
	err.Unsupported = true
	return err
}

// Parse reads a rule. The detection is left to [Rule.Compile].
func Parse(text []byte) (*Rule, error) {
	r, err := parse(string(text))
	if err != nil { // not returned as it is: a nil *Error is not a nil error
		return nil, err
	}
	return r, nil
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func parse(text string) (*Rule, *Error) {
	f, root, err := read(text)
	if err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, f.fail(root, "a rule is a map with title, id, logsource and detection")
	}
	return f.rule(root)
}

// ParseDetection reads what is detected alone, for a query: a whole rule, of which the
// detection counts; a detection, with selections and a condition; or a map without a
// condition, which is one selection.
func ParseDetection(text []byte) (*Rule, error) {
	r, err := parseDetection(string(text))
	if err != nil { // not returned as it is: a nil *Error is not a nil error
		return nil, err
	}
	return r, nil
}

func parseDetection(text string) (*Rule, *Error) {
	f, root, err := read(text)
	switch {
	case err != nil:
		return nil, err
	case root.Kind != yaml.MappingNode || len(root.Content) == 0:
		return nil, f.fail(root, "a detection is a map of selections with a condition, or of fields: {eventName: DeleteTrail}")
	}
	if err := f.isRule(root); err != nil {
		return nil, err
	}
	r := &Rule{file: f, detection: root}
	switch inRule := member(root, "detection"); {
	case inRule != nil && inRule.Kind != yaml.MappingNode:
		return nil, f.fail(inRule, "detection is a map: selections, and a condition")
	case inRule != nil:
		r.detection = inRule
	case member(root, "condition") == nil:
		r.selection = root
	}
	return r, nil
}

// read reads the one document of a file.
func read(text string) (*file, *yaml.Node, *Error) {
	f := newFile(text)
	if len(text) > maxFile {
		return nil, nil, f.fail(nil, "the file has %d bytes, more than the %d allowed", len(text), maxFile)
	}
	if !utf8.ValidString(text) {
		return nil, nil, f.fail(nil, "the file is not valid UTF-8")
	}
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, nil, f.notYAML(err)
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, nil, f.unsupported(&second, "a file has one rule: several documents are not supported")
	case !errors.Is(err, io.EOF):
		return nil, nil, f.notYAML(err)
	}
	if err := f.count(&document, 0); err != nil {
		return nil, nil, err
	}
	return f, document.Content[0], nil
}

func (f *file) notYAML(err error) *Error {
	if errors.Is(err, io.EOF) {
		return f.fail(nil, "the file is empty")
	}
	e := f.fail(nil, "the file is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1]) // digits alone
		e.Offset = f.at(line, 1)
	}
	return e
}

// count bounds the values of a file and replaces aliases by what they stand for.
func (f *file) count(n *yaml.Node, depth int) *Error {
	if f.nodes++; f.nodes > maxNodes || depth > maxDepth {
		return f.fail(n, "the file has more than %d values, or nests deeper than %d levels", maxNodes, maxDepth)
	}
	for i, c := range n.Content {
		if c.Kind == yaml.AliasNode && c.Alias != nil {
			n.Content[i], c = c.Alias, c.Alias
		}
		if err := f.count(c, depth+1); err != nil {
			return err
		}
	}
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]bool)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				return f.fail(key, "a key is a word")
			}
			if seen[key.Value] {
				return f.fail(key, "the key %s is there twice", shorten(key.Value))
			}
			seen[key.Value] = true
		}
	}
	return nil
}

// member returns a value of a map, nil where there is none.
func member(m *yaml.Node, key string) *yaml.Node {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

// isRule refuses what is in Sigma's files beside rules.
func (f *file) isRule(root *yaml.Node) *Error {
	for key, why := range map[string]string{
		"correlation": "a correlation rule is about several events",
		"filter":      "a filter is about other rules",
		"action":      "collections of rules are not supported: a file has one rule",
	} {
		if n := member(root, key); n != nil {
			return f.unsupported(n, "%s", why)
		}
	}
	return nil
}

func (f *file) rule(root *yaml.Node) (*Rule, *Error) {
	if err := f.isRule(root); err != nil {
		return nil, err
	}
	r := &Rule{file: f, id: member(root, "id"), level: member(root, "level"), logsource: member(root, "logsource"), detection: member(root, "detection")}
	var err *Error
	text := func(key string) string {
		n := member(root, key)
		if n == nil || err != nil || isNull(n) {
			return ""
		}
		if n.Kind != yaml.ScalarNode {
			err = f.fail(n, "%s is not text", key)
			return ""
		}
		return strings.TrimSpace(n.Value)
	}
	texts := func(key string) []string {
		n := member(root, key)
		if n == nil || err != nil || isNull(n) {
			return nil
		}
		if n.Kind == yaml.ScalarNode {
			return []string{strings.TrimSpace(n.Value)}
		}
		var all []string
		for _, c := range n.Content {
			if n.Kind != yaml.SequenceNode || c.Kind != yaml.ScalarNode {
				err = f.fail(n, "%s is not a list of texts", key)
				return nil
			}
			all = append(all, strings.TrimSpace(c.Value))
		}
		return all
	}
	r.Title, r.ID, r.Status, r.Description = text("title"), text("id"), text("status"), text("description")
	r.Author, r.License, r.Level = text("author"), text("license"), text("level")
	r.References, r.Tags, r.FalsePositives = texts("references"), texts("tags"), texts("falsepositives")
	source := func(key string) string {
		if n := member(r.logsource, key); n != nil && n.Kind == yaml.ScalarNode {
			return n.Value
		}
		return ""
	}
	r.Product, r.Service, r.Category = source("product"), source("service"), source("category")
	switch {
	case err != nil:
		return nil, err
	case r.Title == "":
		return nil, f.fail(root, "title is missing: a line for analysts to read")
	case r.ID == "":
		return nil, f.fail(root, "id is missing: an id that no other rule has, such as a UUID")
	case r.logsource == nil || r.logsource.Kind != yaml.MappingNode:
		return nil, f.fail(root, "logsource is missing: product, service and category of the events")
	case r.detection == nil || r.detection.Kind != yaml.MappingNode:
		return nil, f.fail(root, "detection is missing: selections, and a condition")
	}
	return r, nil
}

// Text is the file that the rule was read from.
func (r *Rule) Text() string { return r.file.text }

// Places are the offsets of what others may find fault with.
func (r *Rule) Places() (id, logsource, level int) {
	return r.file.start(r.id), r.file.start(r.logsource), r.file.start(r.level)
}

// Detection is the part of the file that says what is detected.
func (r *Rule) Detection() program.Span {
	return program.Span{Start: r.file.lines[r.detection.Line-1], End: r.file.end(r.detection)}
}

// end is the offset after a node, or after the line that it ends on where that cannot be told.
func (f *file) end(n *yaml.Node) int {
	for n.Kind != yaml.ScalarNode && len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	start := f.start(n)
	switch rest := f.text[start:]; {
	case n.Style == 0 && n.Value != "" && strings.HasPrefix(rest, n.Value):
		return start + len(n.Value)
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && rest != "":
		if i := strings.Index(rest[1:], rest[:1]); i >= 0 && rest[1:1+i] == n.Value {
			return start + 1 + i + 1
		}
	}
	line := n.Line
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		line += strings.Count(strings.TrimRight(n.Value, "\n"), "\n") + 1
	}
	end := len(f.text)
	if line < len(f.lines) {
		end = f.lines[line] - 1
	}
	return max(len(strings.TrimRight(f.text[:end], " \t\r\n")), f.start(n))
}

func (f *file) span(from, to *yaml.Node) program.Span {
	start := f.start(from)
	return program.Span{Start: start, End: max(start, f.end(to))}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// shorten keeps an error message on one line whatever a rule holds.
func shorten(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
	const limit = 60
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
