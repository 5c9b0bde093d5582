package report

import (
	"regexp"
	"strings"
)

// The guides of rules name the fields of an alert, for those who read the alert as it is. The
// page has words of its own for them.

// pageWords are the names of fields, and where the page shows what is in them.
var pageWords = map[string]string{
	"alert.closing":                   "**Closing**",
	"alert.event.url":                 "the link at **Console**",
	"alert.grant":                     "**Resource**, **Action** and **Granted to**",
	"alert.grant.action_classes":      "**Action**",
	"alert.grant.reason":              "**Only for**",
	"alert.grant.relation":            "**Opened to**",
	"alert.grants":                    "**Also granted**",
	"alert.inspect":                   "the command under **See what is there now**",
	"alert.related":                   "**Related calls before**",
	"alert.respond":                   "the command under **Take the grant back**",
	"alert.session.created_at":        "**Session**",
	"alert.session.mfa_authenticated": "**Session**",
	"alert.use":                       "**Use**",
	"alert.use.grant":                 "**Grant**",
	"alert.use.grant.granted_before":  "**Grant**",
	"alert.visibility":                "what is under **Would be seen** and **Would not be seen**",

	"aws.cloudtrail.request_parameters": "**Request**",
	"aws.cloudtrail.response_elements":  "**Response**",
	"aws.cloudtrail.user_identity.arn":  "**Actor**",
	"cloud.account.id":                  "**Account**",
	"cloud.region":                      "**Region**",
	"event.action":                      "**Call**",
	"event.provider":                    "**Service**",
	"source.address":                    "**Source**",
	"source.ip":                         "**Source**",
	"user_agent.original":               "**User agent**",
}

// fieldName is the name of a field in a line of text, or a span of code: what is in a span
// is code, unless all of it is the name.
var fieldName = regexp.MustCompile("`[^`]*`|[a-z_]+(?:\\.[a-z_]+)+")

// inPageWords puts the page's words in place of the names of fields. Blocks of code stay.
func inPageWords(note string) string {
	lines := strings.SplitAfter(note, "\n")
	isCode := false
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~"):
			isCode = !isCode
		case !isCode && !strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "\t"):
			lines[i] = fieldName.ReplaceAllStringFunc(line, func(text string) string {
				if words, ok := pageWords[strings.Trim(text, "`")]; ok {
					return words
				}
				return text
			})
		}
	}
	return strings.Join(lines, "")
}

// withoutIndent removes the indentation that all lines have in common: a list in a rule's
// file is indented, and Markdown takes that for code.
func withoutIndent(text string) string {
	lines := strings.Split(strings.Trim(text, "\r\n"), "\n")
	common := -1
	for _, line := range lines {
		if text := strings.TrimLeft(line, " \t"); text != "" {
			if indent := len(line) - len(text); common < 0 || indent < common {
				common = indent
			}
		}
	}
	for i, line := range lines {
		lines[i] = line[min(max(common, 0), len(line)):]
	}
	return strings.Join(lines, "\n")
}
