package needle

import (
	"bytes"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/program"
)

// For returns the needles of a program: nil if it has none. Each of
// the texts in it must be looked for, any of them is a hit.
//
// Of what the program requires it takes what is rarest in ordinary CloudTrail,
// as far as names show: an infrequent call rather than a word among its
// parameters, a long word rather than a short one, almost anything rather than
// the host name of a service.
func For(p *program.Program, fields []cloudtrail.Field) []Needle { return Of(p.Required(), fields) }

// Of is [For] of a program that requires these literals ([program.Program.Required]).
func Of(required [][]program.Literal, fields []cloudtrail.Field) []Needle {
	var best []Needle
	bestWeight := 0
	for _, either := range required {
		var needles []Needle
		weakest := 0
		for _, literal := range either {
			pieces, weight := needlesIn(literal, fields[literal.Slot])
			if weight == 0 {
				needles, weakest = nil, 0
				break
			}
			if needles = append(needles, pieces...); weakest == 0 || weight < weakest {
				weakest = weight
			}
		}
		if weakest > bestWeight {
			best, bestWeight = needles, weakest
		}
	}
	return best
}

// needlesIn returns the most telling piece of a literal that every event has
// whose field contains it, and its weight: zero if there is none. It may be
// several needles, any of which is a hit.
func needlesIn(literal program.Literal, field cloudtrail.Field) (best []Needle, weight int) {
	trace := field.Trace()
	if trace == cloudtrail.Nowhere {
		return nil, 0
	}
	cut := func(r rune) bool {
		switch {
		case r > '~' || r == '\\' || r == '"' || neverInNeedle(byte(r)):
			return true
		case trace == cloudtrail.JavaText && (r == '{' || r == '}' || r == '[' || r == ']' || r == ',' || r == ' '):
			return true
		}
		return false
	}
	for _, piece := range strings.FieldsFunc(literal.Text, cut) {
		for _, alternatives := range aroundSlashes(piece) {
			n := Needle{Text: alternatives[0], Fold: literal.Fold}
			n.Whole = literal.Whole && trace == cloudtrail.Verbatim && n.Text == literal.Text
			n.Call = trace == cloudtrail.Verbatim && field.Name() == cloudtrail.FieldAction.Name()
			n.Begins = n.Call && literal.Begins && strings.HasPrefix(literal.Text, n.Text)
			if literal.Fold {
				n.Text = strings.ToLower(n.Text)
			}
			if trace == cloudtrail.JavaText && !onlyText(n.Text) {
				continue
			}
			w := n.weight()
			switch {
			case w == 0:
			case hasFewValues(field.Name()):
				w = max(1, w/4)
			case literal.Whole && field.Name() == cloudtrail.FieldAction.Name() && !isEverydayCall(n.Text):
				w += rareCall
			}
			if w <= weight {
				continue
			}
			best, weight = []Needle{n}, w
			for _, escaped := range alternatives[1:] {
				if literal.Fold {
					escaped = strings.ToLower(escaped)
				}
				best = append(best, Needle{Text: escaped, Fold: literal.Fold})
			}
		}
	}
	return best, weight
}

// aroundSlashes returns what of a piece can be looked for: each part between its
// slashes, and the whole with them. JSON may have a backslash before a slash,
// in text in a text several: to find the whole in any form, a backslash with the slash and
// what follows it is looked for too.
func aroundSlashes(piece string) [][]string {
	piece = strings.Trim(piece, "/")
	parts := strings.Split(piece, "/")
	if len(parts) == 1 {
		return [][]string{parts}
	}
	whole := []string{piece}
	var all [][]string
	for i, part := range parts {
		all = append(all, []string{part})
		if i > 0 {
			whole = append(whole, `\/`+part)
		}
	}
	for _, escaped := range whole[1:] {
		if len(escaped) < minNeedle {
			return all
		}
	}
	return append(all, whole)
}

// onlyText reports whether a piece of Java text can have come from text alone,
// not from a number or a boolean, which MessagePack stores otherwise.
func onlyText(piece string) bool {
	for i := 0; i < len(piece); i++ {
		switch c := piece[i]; {
		case '0' <= c && c <= '9', c == '.', c == '-', c == '+':
		case bytes.IndexByte([]byte("trueflsnINiyaE"), c) >= 0: // true, false, NaN, Infinity, 1.0E10
		default:
			return true
		}
	}
	return false
}

// weight says how telling a needle is: how rare it is in ordinary CloudTrail,
// as far as its letters tell. Less than three letters are everywhere. A host
// name of AWS is in every event of its service, the beginning of an ARN in
// nearly every event; any case is slow to look for.
func (n Needle) weight() int {
	if len(n.Text) < minNeedle {
		return 0
	}
	w := 2 * min(len(n.Text), 24)
	if strings.HasSuffix(n.Text, ".amazonaws.com") || strings.HasPrefix(n.Text, "arn:aws:") {
		w /= 4
	}
	if n.Fold {
		w--
	}
	return w
}

// hasFewValues reports whether each value of a field is in a large share of all events, however long
// its name is: most events are an AssumedRole's.
func hasFewValues(field string) bool {
	switch field {
	case "aws.cloudtrail.user_identity.type", "aws.cloudtrail.user_identity.session_context.session_issuer.type",
		"aws.cloudtrail.event_type", "aws.cloudtrail.event_category", "aws.cloudtrail.event_version",
		"aws.cloudtrail.recipient_account_id", "cloud.account.id", "cloud.region":
		return true
	}
	return false
}

// rareCall is what the name of a call weighs more than its letters: no other
// call has it in its event.
const rareCall = 20

// isEverydayCall reports whether a call is one that programs make all the time:
// one that reads, or one of those that move data.
func isEverydayCall(action string) bool {
	for _, reading := range []string{"Get", "List", "Describe", "Head", "BatchGet", "Lookup", "Search", "Query", "Scan"} {
		if strings.HasPrefix(action, reading) {
			return true
		}
	}
	switch action {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoleForPodIdentity",
		"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "CreateGrant",
		"PutObject", "DeleteObject", "DeleteObjects", "CopyObject", "UploadPart", "CompleteMultipartUpload",
		"Invoke", "InvokeExecution", "InvokeModel", "Publish", "SendMessage", "ReceiveMessage", "DeleteMessage",
		"PutItem", "UpdateItem", "DeleteItem", "CreateLogStream", "CreateLogGroup", "PutLogEvents", "PutMetricData",
		"CreateNetworkInterface", "DeleteNetworkInterface", "UpdateInstanceInformation", "StartQuery":
		return true
	}
	return false
}
