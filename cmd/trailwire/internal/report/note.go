package report

import "strings"

// The notes of rules are Markdown. This reads the part of it that investigation
// guides use, into a tree that the template renders: headings, paragraphs,
// lists, fenced code, and in a line code, strong and emphasised text and links.
// What it does not know stays as the text that it is; HTML is text too.

// noteBlock is a block of a note.
type noteBlock struct {
	Kind  string // heading, paragraph, list, steps (a numbered list) or code
	Level int    // of a heading, from 1
	Spans []noteSpan
	Items [][]noteBlock // of a list
	Code  string
}

// noteSpan is a run of text within a line.
type noteSpan struct {
	Kind string // text, code, strong, emphasis or link
	Text string
	URL  string
}

// maxNote and maxNesting bound what a rule file can make the page do.
const (
	maxNote    = 256 << 10
	maxNesting = 8
)

func parseNote(text string) []noteBlock {
	if len(text) > maxNote {
		text = strings.ToValidUTF8(text[:maxNote], "") + "\n\n…"
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\t", "    ")
	return parseBlocks(strings.Split(text, "\n"), 0)
}

func parseBlocks(lines []string, depth int) []noteBlock {
	var blocks []noteBlock
	for len(lines) > 0 {
		line := lines[0]
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			lines = lines[1:]
		case strings.HasPrefix(trimmed, "```"):
			var code []string
			lines = lines[1:]
			for len(lines) > 0 && !strings.HasPrefix(strings.TrimSpace(lines[0]), "```") {
				code = append(code, lines[0])
				lines = lines[1:]
			}
			if len(lines) > 0 {
				lines = lines[1:]
			}
			blocks = append(blocks, noteBlock{Kind: "code", Code: strings.Join(code, "\n")})
		case headingLevel(trimmed) > 0:
			level := headingLevel(trimmed)
			blocks = append(blocks, noteBlock{
				Kind: "heading", Level: level,
				Spans: parseSpans(strings.TrimSpace(strings.TrimRight(trimmed[level:], "#"))),
			})
			lines = lines[1:]
		case itemText(line) > 0 && depth < maxNesting:
			var list noteBlock
			list, lines = parseList(lines, depth)
			blocks = append(blocks, list)
		default:
			n := 1
			for n < len(lines) && !startsBlock(lines[n]) {
				n++
			}
			for i := range n {
				lines[i] = strings.TrimSpace(lines[i])
			}
			blocks = append(blocks, noteBlock{Kind: "paragraph", Spans: parseSpans(strings.Join(lines[:n], " "))})
			lines = lines[n:]
		}
	}
	return blocks
}

// parseList reads the list that lines begin with. An item goes on over the
// lines that are indented further than its marker, and over unmarked ones that
// follow without an empty line.
func parseList(lines []string, depth int) (list noteBlock, rest []string) {
	indent, numbered := indentOf(lines[0]), isNumbered(lines[0])
	list.Kind = "list"
	if numbered {
		list.Kind = "steps"
	}
	for len(lines) > 0 && itemText(lines[0]) > 0 && indentOf(lines[0]) <= indent && isNumbered(lines[0]) == numbered {
		item := []string{lines[0][itemText(lines[0]):]}
		lines = lines[1:]
		for len(lines) > 0 {
			line := lines[0]
			blank := strings.TrimSpace(line) == ""
			if blank && len(lines) > 1 && strings.TrimSpace(lines[1]) != "" && indentOf(lines[1]) > indent {
				item, lines = append(item, ""), lines[1:]
				continue
			}
			if blank || indentOf(line) <= indent && startsBlock(line) {
				break
			}
			item, lines = append(item, line), lines[1:]
		}
		list.Items = append(list.Items, parseBlocks(item, depth+1))
		// An empty line between items does not end the list.
		if len(lines) > 1 && strings.TrimSpace(lines[0]) == "" &&
			itemText(lines[1]) > 0 && indentOf(lines[1]) == indent && isNumbered(lines[1]) == numbered {
			lines = lines[1:]
		}
	}
	return list, lines
}

func startsBlock(line string) bool {
	trimmed := strings.TrimSpace(line)
	return trimmed == "" || strings.HasPrefix(trimmed, "```") || headingLevel(trimmed) > 0 || itemText(line) > 0
}

func headingLevel(trimmed string) int {
	n := len(trimmed) - len(strings.TrimLeft(trimmed, "#"))
	if n == 0 || n > 6 || len(trimmed) == n || trimmed[n] != ' ' {
		return 0
	}
	return n
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// itemText returns where the text of a list's item begins, 0 where the line
// starts none.
func itemText(line string) int {
	i := indentOf(line)
	rest := line[i:]
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	switch {
	case digits > 0 && digits < 10 && (strings.HasPrefix(rest[digits:], ". ") || strings.HasPrefix(rest[digits:], ") ")):
		return i + digits + 2
	case strings.HasPrefix(rest, "- "), strings.HasPrefix(rest, "* "), strings.HasPrefix(rest, "+ "):
		return i + 2
	}
	return 0
}

func isNumbered(line string) bool {
	rest := strings.TrimLeft(line, " ")
	return rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// parseSpans reads a line. Marks do not nest; an opening mark without a closing
// one is text.
func parseSpans(line string) []noteSpan {
	var spans []noteSpan
	plain := 0 // where text that is not yet in spans begins
	add := func(at int, s noteSpan, end int) {
		if at > plain {
			spans = append(spans, noteSpan{Kind: "text", Text: line[plain:at]})
		}
		spans = append(spans, s)
		plain = end
	}
	for i := 0; i < len(line); {
		rest := line[i:]
		kind, inner, n := "", "", 0
		switch {
		case rest[0] == '`':
			kind = "code"
			inner, n = between(rest, "`", "`")
		case strings.HasPrefix(rest, "**"):
			kind = "strong"
			inner, n = between(rest, "**", "**")
		case rest[0] == '*':
			kind = "emphasis"
			inner, n = between(rest, "*", "*")
		case rest[0] == '[':
			if label, m := between(rest, "[", "]("); m > 0 && !strings.Contains(label, "]") {
				if url, k := between(rest[m-1:], "(", ")"); k > 0 && isWebAddress(url) {
					add(i, noteSpan{"link", label, url}, i+m-1+k)
					i = plain
					continue
				}
			}
		}
		if n > 0 && strings.TrimSpace(inner) == inner {
			add(i, noteSpan{Kind: kind, Text: inner}, i+n)
			i = plain
			continue
		}
		i++
	}
	if plain < len(line) {
		spans = append(spans, noteSpan{Kind: "text", Text: line[plain:]})
	}
	return spans
}

// maxSpan bounds how far the end of a mark is looked for, so that a line of
// nothing but marks is read in linear time.
const maxSpan = 1024

// between returns what stands between two marks, the first at the beginning of
// text, and the length of it all; 0 where it is empty or does not end.
func between(text, open, closing string) (inner string, n int) {
	inner = text[len(open):min(len(text), len(open)+maxSpan)]
	end := strings.Index(inner, closing)
	if end <= 0 {
		return "", 0
	}
	return inner[:end], len(open) + end + len(closing)
}

// isWebAddress reports whether a link goes to the web, and nowhere else.
func isWebAddress(url string) bool {
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}
