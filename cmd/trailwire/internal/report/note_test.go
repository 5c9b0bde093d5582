package report

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestNotesAreMarkdown(t *testing.T) {
	tests := []struct{ name, note, want string }{
		{"headings are below those of the page", "# A\n\n## Triage\n\n### More\n\nOne\nline.\n\nAnother.", "<h3>A</h3>\n<h3>Triage</h3>\n<h4>More</h4>\n<p>One\nline.</p>\n<p>Another.</p>"},
		{"a numbered list whose items go on", "1. one\n   more\n2. two", "<ol>\n<li>one\nmore</li>\n<li>two</li>\n</ol>"},
		{"a list in a list", "- a\n  - b\n- c", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ul>"},
		{"a list after a line", "See:\n- a", "<p>See:</p>\n<ul>\n<li>a</li>\n</ul>"},
		{"code, strong, emphasis", "a `b` **c** *d*", "<p>a <code>b</code> <strong>c</strong> <em>d</em></p>"},
		{"marks that do not end", "2 * 3 ** `x", "<p>2 * 3 ** `x</p>"},
		{"a link to the web", "[AWS](https://aws.amazon.com/)!", `<p><a href="https://aws.amazon.com/" rel="noopener noreferrer">AWS</a>!</p>`},
		{"an address that is one", "<https://aws.amazon.com/>", `<p><a href="https://aws.amazon.com/" rel="noopener noreferrer">https://aws.amazon.com/</a></p>`},
		{"a link that does something", "[x](javascript:alert(1))", "<p>x (javascript:alert(1))</p>"},
		{"a link that does something, by reference", "[x][y]\n\n[y]: data:text/html,<script>", "<p>x (data:text/html,&lt;script&gt;)</p>"},
		{"an address that does something", "<javascript:alert(1)>", "<p>javascript:alert(1)</p>"},
		{"a link with a quote in it", `[x](https://a/"onclick=alert(1))`, `<p><a href="https://a/%22onclick=alert(1)" rel="noopener noreferrer">x</a></p>`},
		{"an image is a link", "![x](https://a/b.png)", `<p><a href="https://a/b.png" rel="noopener noreferrer">x</a></p>`},
		{"fenced code", "```\nselect *\n  from x\n```\nafter", "<pre><code>select *\n  from x\n</code></pre>\n<p>after</p>"},
		{"html in a line is text", "a <b onclick=x>x</b>", "<p>a &lt;b onclick=x&gt;x&lt;/b&gt;</p>"},
		{"html as a block is text", "<script>\nalert(1)\n</script>", "<p>&lt;script&gt;\nalert(1)\n&lt;/script&gt;</p>"},
		{"nothing", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := renderNote(test.note)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(string(got)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestALongNoteIsCutOff(t *testing.T) {
	got, err := renderNote(strings.Repeat("é", maxNote))
	if err != nil || len(got) > maxNote+64 || !strings.HasSuffix(strings.TrimSpace(string(got)), "<p>…</p>") {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// A malicious rule file must not keep a report from being written.
func TestANoteOfMarksAloneIsShownInSeconds(t *testing.T) {
	for _, marks := range []string{"[", "*a_", "> ", "- ", "`", "![](", "<a", "[a](", "**a *", "1. ", "    ", "[a]: b\n", "> - ", "\\", "&", "_[*`"} {
		t.Run(marks, func(t *testing.T) {
			start := time.Now()
			if _, err := renderNote(strings.Repeat(marks, 1<<20/len(marks))); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// noteTag is every tag that a note may make.
var noteTag = regexp.MustCompile(`^</?(p|ul|ol|li|h3|h4|strong|em|code|pre|blockquote|hr|br|a)>$|^<ol start="[0-9]+">$|^<code class="language-[^"<>]*">$|^<a href="https?://[^"<>]*" rel="noopener noreferrer">$`)

func FuzzNote(f *testing.F) {
	f.Add("## a\n1. b\n   - c `d` **e** [f](https://g)\n```h\ni")
	f.Add("<https://a> <b@c.de> ![d](e \"f\") [g]\n\n[g]: <https://h> 'i'\n\n> j\n***\n3. k  \nl\\\nm")
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, note string) {
		rendered, err := renderNote(note)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range regexp.MustCompile(`<[^>]*>?`).FindAllString(string(rendered), -1) {
			if !noteTag.MatchString(tag) {
				t.Errorf("%q makes the tag %q", note, tag)
			}
		}
	})
}
