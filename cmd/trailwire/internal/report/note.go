package report

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The notes of rules are Markdown (CommonMark). A rule file can come from anywhere. So
// HTML in a note is shown as text, links lead to the web or nowhere, and an image
// becomes a link: the page must not ask the network for anything.

// maxNote is how many bytes of a note are shown. The parser's time is quadratic for
// some texts: 32 KB of opening marks take it 2 s.
const maxNote = 32 << 10

// noteParser reads CommonMark without HTML, which stays text.
var noteParser = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(parser.NewEmphasisParser(), 500),
	),
	parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
)

var noteRenderer = renderer.NewRenderer(renderer.WithNodeRenderers(
	util.Prioritized(noteNodes{}, 100),
	util.Prioritized(html.NewRenderer(), 1000),
))

// renderNote returns a note as HTML.
func renderNote(note string) (template.HTML, error) {
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote], "") + "\n\n…"
	}
	source := []byte(note)
	var b bytes.Buffer
	if err := noteRenderer.Render(&b, source, noteParser.Parse(text.NewReader(source))); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil // the renderer escapes, and noteParser makes no HTML nodes
}

// noteNodes renders those nodes that the page shows in its own way.
type noteNodes struct{}

// RegisterFuncs implements [renderer.NodeRenderer].
func (noteNodes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, renderHeading)
	r.Register(ast.KindLink, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		return renderLink(w, n.(*ast.Link).Destination, entering)
	})
	r.Register(ast.KindImage, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		return renderLink(w, n.(*ast.Image).Destination, entering)
	})
	r.Register(ast.KindAutoLink, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		url, label := n.(*ast.AutoLink).URL(source), util.EscapeHTML(n.(*ast.AutoLink).Label(source))
		if isWebAddress(string(url)) {
			openLink(w, url)
			label = append(label, "</a>"...)
		}
		_, err := w.Write(label)
		return ast.WalkContinue, err
	})
}

// renderHeading puts the headings of a note below those of the page.
func renderHeading(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	tag := "h3>"
	if n.(*ast.Heading).Level > 2 {
		tag = "h4>"
	}
	if entering {
		_, err := w.WriteString("<" + tag)
		return ast.WalkContinue, err
	}
	_, err := w.WriteString("</" + tag + "\n")
	return ast.WalkContinue, err
}

// renderLink writes a link to the web. For any other link it writes the text, and the
// address in brackets.
func renderLink(w util.BufWriter, url []byte, entering bool) (ast.WalkStatus, error) {
	web := isWebAddress(string(url))
	switch {
	case entering && web:
		openLink(w, url)
	case web:
		_, _ = w.WriteString("</a>")
	case !entering && len(url) > 0:
		_, _ = w.WriteString(" (")
		_, _ = w.Write(util.EscapeHTML(url))
		_ = w.WriteByte(')')
	}
	return ast.WalkContinue, nil // an error of writing comes again when all is flushed
}

func openLink(w util.BufWriter, url []byte) {
	_, _ = w.WriteString(`<a href="`)
	_, _ = w.Write(util.EscapeHTML(util.URLEscape(url, true)))
	_, _ = w.WriteString(`" rel="noopener noreferrer">`)
}

// isWebAddress reports whether a link leads to the web, and nowhere else.
func isWebAddress(url string) bool {
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}
