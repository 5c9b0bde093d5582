package call

import (
	"bytes"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// parameters are what a call was made with, and what it answered.
type parameters struct {
	request  [][]byte // maps: requestParameters, and a map in it that wraps them
	response []byte

	// text is the request if there is nothing but its Java text.
	text []byte

	// isOmitted says that CloudTrail left the parameters out, because they are too
	// large or because the service hides them.
	isOmitted bool
}

// responsePrefix begins the paths that lead into responseElements.
const responsePrefix = "response."

func readParameters(event *cloudtrail.Event, name string) parameters {
	var p parameters
	request := event.RequestParameters()
	if request == nil {
		if text := event.RequestText(); len(text) > 0 {
			p.text = text
			request, _ = appendJavaText(nil, text)
			p.isOmitted = string(text) == hidden
		}
	}
	if request != nil {
		p.request = append(p.request, request)
		p.isOmitted = p.isOmitted || isOmitted(request)
		p.unwrap(request, name)
	}
	if p.response = event.ResponseElements(); p.response == nil {
		if text := event.Text(cloudtrail.FieldResponse); len(text) > 0 {
			p.response, _ = appendJavaText(nil, text)
		}
	}
	return p
}

// unwrap adds what newer calls of EC2 have under one key, <name>Request, and those
// of API Gateway under <name>Input.
func (p *parameters) unwrap(request []byte, name string) {
	for pairs := document.OverMap(request); pairs.Next(); {
		key, _ := document.Text(pairs.Key)
		if len(key) <= len(name) || !document.IsMap(pairs.Value) || !equalFold(key[:len(name)], name) {
			continue
		}
		if rest := key[len(name):]; equalFold(rest, "request") || equalFold(rest, "input") {
			p.request = append(p.request, pairs.Value)
		}
	}
}

// isOmitted reports whether CloudTrail put a note in the parameters' place: it
// writes no more than 100 KB of them (CloudTrail User Guide, "CloudTrail record
// contents", requestParameters).
func isOmitted(request []byte) bool {
	value, found := document.GetFold(request, "omitted")
	if !found {
		return false
	}
	if b, ok := document.Bool(value); ok {
		return b
	}
	text, _ := document.Text(value)
	return equalFold(text, "true")
}

// hidden is what CloudTrail logs instead of a value that the service keeps to
// itself.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// each calls visit with the values at the paths until it returns false. It returns
// whether there was one.
func (p *parameters) each(paths string, visit func(value []byte) bool) (found bool) {
	again := true
	for _, path := range alternatives(paths) {
		roots := p.request
		if rest, isResponse := strings.CutPrefix(path, responsePrefix); isResponse {
			path, roots = rest, [][]byte{p.response}
		}
		for _, root := range roots {
			if !again {
				return found
			}
			w := walker{visit: func(value []byte) bool {
				found = true
				return visit(value)
			}}
			again = w.walk(root, path, 0)
			p.isOmitted = p.isOmitted || w.isDeep
		}
	}
	return found
}

// has reports whether anything is at the paths.
func (p *parameters) has(paths string) bool {
	return paths != "" && (p.each(paths, func([]byte) bool { return false }) || p.hasEmptyList(paths))
}

// hasEmptyList reports whether a list without items is at the paths: RDS logs
// valuesToAdd as one where values are removed.
func (p *parameters) hasEmptyList(paths string) bool {
	for _, path := range alternatives(paths) {
		for _, root := range p.request {
			if value, ok := document.GetFold(root, path); ok && document.IsArray(value) {
				return true
			}
		}
	}
	return false
}

// first returns the first text at the paths, empty if there is none.
func (p *parameters) first(paths string) string {
	var text string
	p.each(paths, func(value []byte) bool {
		text = scalarText(value)
		return text == ""
	})
	return text
}

// mentions reports whether the request is Java text in which the last key of one of
// the paths occurs. If nothing was found at the path, the text has been made, or
// cut, to hide it.
func (p *parameters) mentions(paths string) bool {
	if p.text == nil {
		return false
	}
	text := bytes.ToLower(p.text)
	for _, path := range alternatives(paths) {
		key := path[strings.LastIndexByte(path, '.')+1:]
		if bytes.Contains(text, []byte(strings.ToLower(key)+"=")) {
			return true
		}
	}
	return false
}

// scalarText returns a text, a boolean or a number as text, empty for anything
// else.
func scalarText(value []byte) string {
	switch document.KindOf(value) {
	case document.KindText:
		text, _ := document.Text(value)
		return string(text)
	case document.KindBool, document.KindInt, document.KindUint:
		text, _ := document.AppendJSON(nil, value)
		return string(text)
	}
	return ""
}

// holds reports whether a condition, path=value, holds, and whether the parameter is
// there at all. Of several values one is enough.
func (p *parameters) holds(condition string) (holds, isThere bool) {
	path, want, _ := strings.Cut(condition, "=")
	isThere = p.each(path, func(value []byte) bool {
		holds = holds || strings.EqualFold(scalarText(value), want)
		return !holds
	})
	return holds, isThere
}
