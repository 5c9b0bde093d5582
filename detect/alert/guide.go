package alert

import (
	"strings"
	"unicode/utf8"

	"github.com/trailwire/trailwire/detect/rule"
)

// maxGuide is the most bytes that one text of a guide has in an alert. The notes of Elastic's rules
// have a few thousand.
const maxGuide = 16 << 10

// guideObject is what a rule says to whoever has its alert on the desk: what happened, what else it could be, and how
// to look into it.
func guideObject(r *rule.Rule) object {
	var positives []string
	for _, text := range r.FalsePositives[:min(len(r.FalsePositives), maxListed)] {
		// Files wrap and indent these paragraphs.
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			positives = append(positives, cutGuide(text))
		}
	}
	return object{{"description", cutGuide(r.Description)}, {"false_positives", positives}, {"investigation", cutGuide(r.Note)}}
}

// cutGuide is a text of a guide, valid and not too long.
func cutGuide(text string) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\ufffd")
	if len(text) <= maxGuide {
		return text
	}
	end := maxGuide - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// readGuide reads what [guideObject] has written into a rule. What another field of the format says
// already is not in m.
func (a *Alert) readGuide(m []byte) {
	if m == nil {
		return
	}
	a.hasGuide = true
	if text := textUnder(m, "description"); text != "" {
		a.Rule.Description = text
	}
	a.Rule.FalsePositives, a.Rule.Note = textsUnder(m, "false_positives"), textUnder(m, "investigation")
}
