package call

import (
	"bytes"
	"iter"
	"strings"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
)

// parameters are what a call was made with, and what it answered.
type parameters struct {
	request    []object // requestParameters, and the maps in it that wrap them
	response   object
	isAnswered bool // response is read

	// text is the request if there is nothing but its Java text.
	text []byte

	// isOmitted says that CloudTrail left the parameters out, because they are too
	// large or because the service hides them.
	isOmitted bool

	event  *cloudtrail.Event // nil for what is within a parameter
	listed []member          // of the request's objects
}

// object is a map of an event. Nearly every path begins in it, so its members are
// listed once.
type object struct {
	value   []byte
	members []member // nil if it is not a map or has too many
}

type member struct{ name, value []byte }

// maxMembers is more than the parameters of any call have at the top.
const maxMembers = 64

// responsePrefix begins the paths that lead into responseElements.
const responsePrefix = "response."

// read reads the parameters of an event in place of those that p has.
func (p *parameters) read(event *cloudtrail.Event) {
	if cap(p.listed) > 4*maxMembers || cap(p.request) > maxMembers { // of a request that was made to be large
		p.listed, p.request = nil, nil
	}
	*p = parameters{event: event, request: p.request[:0], listed: p.listed[:0]}
	request := event.RequestParameters()
	if request == nil {
		if text := event.RequestText(); len(text) > 0 {
			p.text = text
			request, _ = appendJavaText(nil, text)
			p.isOmitted = string(text) == hidden
		}
	}
	if request == nil {
		return
	}
	p.request = append(p.request, p.list(request))
	name := event.Text(cloudtrail.FieldAction)
	for key, value := range p.request[0].all() {
		switch {
		case equalFold(key, "omitted"):
			p.isOmitted = p.isOmitted || isTrue(value)
		case isWrapped(key, name) && document.IsMap(value):
			p.request = append(p.request, p.list(value))
		}
	}
}

// isWrapped reports whether a key is the name of the call and Request, under which
// newer calls of EC2 have their parameters, or the name and Input, as API Gateway has
// them.
func isWrapped(key, name []byte) bool {
	if len(key) <= len(name) || !equalFold(key[:len(name)], name) {
		return false
	}
	rest := key[len(name):]
	return equalFold(rest, "request") || equalFold(rest, "input")
}

// list lists the members of a map.
func (p *parameters) list(value []byte) object {
	o := object{value: value}
	from := len(p.listed)
	pairs := document.OverMap(value)
	for pairs.Next() {
		if len(p.listed)-from == maxMembers {
			p.listed = p.listed[:from]
			return o
		}
		name, _ := document.Text(pairs.Key)
		p.listed = append(p.listed, member{name, pairs.Value})
	}
	o.members = p.listed[from:len(p.listed):len(p.listed)]
	return o
}

// all goes through the members of an object, whether they are listed or not.
func (o *object) all() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for i := range o.members {
			if m := &o.members[i]; !yield(m.name, m.value) {
				return
			}
		}
		if o.members != nil {
			return
		}
		for pairs := document.OverMap(o.value); pairs.Next(); {
			if name, _ := document.Text(pairs.Key); !yield(name, pairs.Value) {
				return
			}
		}
	}
}

// answer is what the call answered. Few rows of the table ask for it.
func (p *parameters) answer() *object {
	if p.event == nil || p.isAnswered {
		return &p.response
	}
	value := p.event.ResponseElements()
	if value == nil {
		if text := p.event.Text(cloudtrail.FieldResponse); len(text) > 0 {
			value, _ = appendJavaText(nil, text)
		}
	}
	p.response, p.isAnswered = object{value: value}, true
	return &p.response
}

// isTrue reports whether CloudTrail put a note in the parameters' place: it writes
// no more than 100 KB of them (CloudTrail User Guide, "CloudTrail record contents",
// requestParameters).
func isTrue(omitted []byte) bool {
	if b, ok := document.Bool(omitted); ok {
		return b
	}
	text, _ := document.Text(omitted)
	return equalFold(text, "true")
}

// hidden is what CloudTrail logs instead of a value that the service keeps to
// itself.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// each calls visit with the values at the paths until it returns false. It returns
// whether there was one.
func (p *parameters) each(paths string, visit func(value []byte) bool) (found bool) {
	w := walker{visit: func(value []byte) bool {
		found = true
		return visit(value)
	}}
	for path := range alternatives(paths) {
		if rest, isResponse := strings.CutPrefix(path, responsePrefix); isResponse {
			if !w.from(p.answer(), rest) {
				break
			}
			continue
		}
		if m := besideOf(path); m != nil {
			if !m.each(p.event, path, &w) {
				break
			}
			continue
		}
		if !w.fromEach(p.request, path) {
			break
		}
	}
	p.isOmitted = p.isOmitted || w.isDeep
	return found
}

// has reports whether anything is at the paths.
func (p *parameters) has(paths string) bool {
	return paths != "" && (p.each(paths, func([]byte) bool { return false }) || p.hasEmptyList(paths))
}

// hasEmptyList reports whether a list without items is at the paths: RDS logs
// valuesToAdd as one where values are removed.
func (p *parameters) hasEmptyList(paths string) bool {
	for path := range alternatives(paths) {
		for i := range p.request {
			isList := false
			for name, value := range p.request[i].all() {
				if equalFold(name, path) {
					isList = document.IsArray(value)
				}
			}
			if isList {
				return true
			}
		}
	}
	return false
}

// first returns the first text at the paths, empty if there is none.
func (p *parameters) first(paths string) string { return string(p.firstText(paths)) }

// firstText is [parameters.first] without a copy of the text.
func (p *parameters) firstText(paths string) (text []byte) {
	p.each(paths, func(value []byte) bool {
		if text, _ = document.Text(value); text == nil {
			text = []byte(scalarText(value))
		}
		return len(text) == 0
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
	for path := range alternatives(paths) {
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
