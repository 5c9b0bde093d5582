package policy

import "github.com/trailwire/trailwire/detect/document"

// statement is a policy statement taken apart. Every element is raw MessagePack,
// nil if the statement does not have it.
type statement struct {
	sid, effect               []byte
	principals, notPrincipals []byte
	actions, notActions       []byte
	resources, notResources   []byte
	conditions                []byte

	hasElements, isTwice bool
	isAllow              bool
	classes              Class // made when they are first asked for
	hasClasses           bool
	shared               shared // made when the first grant of the statement is
	isShared             bool
}

// shared is what all grants of a statement have in common.
type shared struct {
	id             string
	actions        []string
	actionsRest    int
	resources      []string
	resourcesRest  int
	conditions     []Condition
	conditionsRest int
}

// element returns the place of an element, nil for the name of none. IAM compares
// the names of elements without regard to case, and CloudTrail logs some with a
// small first letter.
func (s *statement) element(name []byte) *[]byte {
	switch {
	case isWord(name, "sid"):
		return &s.sid
	case isWord(name, "effect"):
		return &s.effect
	case isWord(name, "principal"):
		return &s.principals
	case isWord(name, "notprincipal"):
		return &s.notPrincipals
	case isWord(name, "action"):
		return &s.actions
	case isWord(name, "notaction"):
		return &s.notActions
	case isWord(name, "resource"):
		return &s.resources
	case isWord(name, "notresource"):
		return &s.notResources
	case isWord(name, "condition"):
		return &s.conditions
	}
	return nil
}

// parse takes the map apart with which value begins, and returns what follows it.
func (s *statement) parse(value []byte) (rest []byte) {
	*s = statement{}
	pairs := document.OverMap(value)
	for pairs.Next() {
		name, _ := document.Text(pairs.Key)
		at := s.element(name)
		if at == nil {
			continue
		}
		s.hasElements = s.hasElements || at != &s.sid
		s.isTwice = s.isTwice || *at != nil
		*at = pairs.Value
	}
	return pairs.Rest()
}

// actionClasses returns what the actions are good for, nothing if the statement does
// not allow them.
func (s *statement) actionClasses() Class {
	if s.isAllow && !s.hasClasses {
		s.hasClasses = true
		s.readClasses()
	}
	return s.classes
}

func (s *statement) readClasses() {
	if s.notActions != nil {
		s.classes = allClasses
		return
	}
	if s.actions == nil {
		return
	}
	eachValue(s.actions, func(value []byte) bool {
		text, _ := document.Text(value)
		s.classes |= classOf(text)
		return s.classes != allClasses
	})
}

// share makes the texts that the grants of the statement have in common.
func (r *reader) share() *shared {
	s := &r.statement
	if s.isShared {
		return &s.shared
	}
	s.isShared = true
	sid, _ := document.Text(s.sid)
	s.shared.id = bounded(sid)
	actions, resources := s.actions, s.resources
	if s.notActions != nil {
		actions = s.notActions
	}
	if s.notResources != nil {
		resources = s.notResources
	}
	s.shared.actions, s.shared.actionsRest = readTexts(actions)
	s.shared.resources, s.shared.resourcesRest = readTexts(resources)
	s.shared.conditions, s.shared.conditionsRest = r.conditionList()
	return &s.shared
}

// conditionList returns the first of the conditions, and how many more there
// are.
func (r *reader) conditionList() ([]Condition, int) {
	if r.statement.conditions == nil {
		return nil, 0
	}
	var list []Condition
	rest := 0
	for operators := document.OverMap(r.statement.conditions); operators.Next(); {
		operator, _ := document.Text(operators.Key)
		for keys := document.OverMap(operators.Value); keys.Next(); {
			if len(list) == MaxItems {
				rest++
				continue
			}
			key, _ := document.Text(keys.Key)
			c := Condition{Operator: bounded(operator), Key: bounded(key)}
			c.Values, c.ValuesRest = readTexts(keys.Value)
			if at := len(list); at < r.scope.count {
				c.Binds, c.Note = r.scope.notes[at].binds, r.scope.notes[at].why
			}
			if isWord([]byte(c.Key), "lambda:eventsourcetoken") { // a secret has no business in an alert
				c.Values, c.ValuesRest = nil, 0
			}
			list = append(list, c)
		}
	}
	return list, rest
}

// readTexts reads a value that is one text or a list of them, the first
// MaxItems, and counts the others. Numbers and booleans are written as JSON
// writes them.
func readTexts(value []byte) (texts []string, rest int) {
	if value == nil {
		return nil, 0
	}
	eachValue(value, func(value []byte) bool {
		if len(texts) == MaxItems {
			rest++
			return true
		}
		text, ok := document.Text(value)
		if !ok {
			text, _ = document.AppendJSON(nil, value)
		}
		texts = append(texts, bounded(text))
		return true
	})
	return texts, rest
}
