package program

import (
	"bytes"
	"regexp"
)

// Verdict is the outcome of a condition on one event: true, false, or unknown if the event lacks
// what the condition asks about.
type Verdict uint8

// The verdicts, in an order in which and is the minimum and or is the maximum.
const (
	False   Verdict = iota
	Unknown         // null, in the words of EQL and SQL
	True
)

// String returns true, false or null.
func (v Verdict) String() string {
	switch v {
	case True:
		return "true"
	case False:
		return "false"
	}
	return "null"
}

func verdictOf(b bool) Verdict {
	if b {
		return True
	}
	return False
}

func (v Verdict) value() Value {
	if v == Unknown {
		return Null()
	}
	return Bool(v == True)
}

// negate is not v, where unknown is what becomes of Unknown.
func negate(v, unknown Verdict) Verdict {
	if v == Unknown {
		return unknown
	}
	return True - v
}

// Match says whether the event matches the query: whether the category is the query's and the
// condition is true. It does not allocate, unless the query uses cidrMatch, an address, regex, a function
// whose result is new text, or a search for what another field holds, or a function is applied to a field
// with several values.
func (p *Program) Match(d Document) bool {
	for i := range p.order { // nothing negates them: the first that is not true decides
		if !p.order[i].holds(d) {
			return false
		}
	}
	return true
}

type clauseOp uint8

const (
	opFixed clauseOp = iota
	opLeaf
	opAnd
	opOr
	opNot
)

// clause is a compiled condition.
type clause struct {
	at      Span
	op      clauseOp
	clauses []clause // of opAnd, opOr and opNot
	leaf    *leaf
	fixed   Verdict
}

// eval is the verdict on the clause, or with not, on its negation. A negation is carried down to the
// leaves, as Elasticsearch's optimizer does it: what it makes of unknown differs from leaf to leaf,
// and so does what it makes of several values.
func (c *clause) eval(d Document, not bool) Verdict {
	switch c.op {
	case opLeaf:
		return c.leaf.eval(d, not)
	case opNot:
		return c.clauses[0].eval(d, !not)
	case opFixed:
		if not {
			return negate(c.fixed, Unknown)
		}
		return c.fixed
	}
	if (c.op == opAnd) != not {
		out := True
		for i := range c.clauses {
			if out = min(out, c.clauses[i].eval(d, not)); out == False {
				break
			}
		}
		return out
	}
	out := False
	for i := range c.clauses {
		if out = max(out, c.clauses[i].eval(d, not)); out == True {
			break
		}
	}
	return out
}

// leaf is a clause with no clauses in it: a test of one value.
type leaf struct {
	slot    int     // of the field that is tested, or -1
	operand operand // yields the value to test if it is not just a field's
	slots   []int   // of all fields that the value depends on
	test    test
	null    bool // there is no test: the question is whether there is a value at all
	asText  bool // a number or a boolean is tested as its text
	script  bool // its negation is the negation for each value, and unknown stays unknown
	negate  bool
	unknown Verdict // what the negation of Unknown is
	single  bool    // several values are unknown: see Builder.SingleValue
}

// test decides on one value, which is never null and never a list.
type test interface {
	check(v Value) Verdict
}

func (l *leaf) eval(d Document, not bool) Verdict {
	not = not != l.negate
	var out Verdict
	switch {
	case l.single && !l.null:
		return l.ofOne(d, not)
	case l.script:
		return l.calculated(d, not)
	case l.slot >= 0:
		if v := d.Value(l.slot); v.kind == KindText && !l.null { // as nearly always
			out = l.test.check(v)
		} else {
			out = l.any(v)
		}
	default:
		out = l.calculated(d, false)
	}
	if not {
		return negate(out, l.unknown)
	}
	return out
}

// ofOne tests what each field has one value of; with several it is unknown.
func (l *leaf) ofOne(d Document, not bool) Verdict {
	if l.slot >= 0 {
		v, ok := single(d.Value(l.slot))
		if !ok {
			return l.negatedIf(Unknown, not)
		}
		return l.negatedIf(l.one(v), not)
	}
	for _, slot := range l.slots {
		v := d.Value(slot)
		if v.kind != KindList {
			continue
		}
		one, ok := single(v)
		if !ok {
			return l.negatedIf(Unknown, not)
		}
		d = &pinned{Document: d, slot: slot, v: one}
	}
	return l.negatedIf(l.one(l.operand.value(d)), not)
}

func (l *leaf) negatedIf(v Verdict, not bool) Verdict {
	if not {
		return negate(v, l.unknown)
	}
	return v
}

// single returns the one value of a field, which is null if it has none. It is false for
// several values: the same value twice is one, as in an index.
func single(v Value) (one Value, ok bool) {
	if v.kind != KindList {
		return v, true
	}
	for _, e := range v.list {
		e, ok := single(e)
		switch {
		case !ok:
			return Value{}, false
		case e.kind == KindNull:
		case one.kind == KindNull:
			one = e
		case !equal(one, e):
			return Value{}, false
		}
	}
	return one, true
}

// one tests a value that is not a list.
func (l *leaf) one(v Value) Verdict {
	if l.null {
		return verdictOf(v.kind == KindNull)
	}
	if v.kind == KindNull {
		return Unknown
	}
	if l.asText && v.kind != KindText {
		return checkAsText(l.test, v)
	}
	return l.test.check(v)
}

// oneOrNot tests a value that is not a list, or the opposite of the test.
func (l *leaf) oneOrNot(v Value, not bool) Verdict {
	out := l.one(v)
	if not {
		return negate(out, Unknown)
	}
	return out
}

// any tests a field's value. With several, one that passes is enough; for == null, all have to be
// missing.
func (l *leaf) any(v Value) Verdict {
	if v.kind != KindList {
		return l.one(v)
	}
	if l.null {
		return verdictOf(v.missing())
	}
	out := Unknown
	for _, e := range v.list {
		switch l.any(e) {
		case True:
			return True
		case False:
			out = False
		}
	}
	return out
}

// calculated tests what the operand makes of the document, or with not, the opposite of that. If a
// field in it has several values, the operand is calculated for each, and for each combination if
// there are several such fields.
func (l *leaf) calculated(d Document, not bool) Verdict {
	for i, slot := range l.slots {
		if v := d.Value(slot); v.kind == KindList {
			s := spread{leaf: l, not: not, budget: maxCombinations}
			return s.combine(d, i)
		}
	}
	return l.oneOrNot(l.operand.value(d), not)
}

// maxCombinations keeps an event with long lists in several fields from taking for ever. Past it a
// clause is decided by the combinations seen.
const maxCombinations = 1 << 16

type spread struct {
	leaf   *leaf
	not    bool
	budget int
}

// combine tests all combinations of the fields from l.slots[i] on.
func (s *spread) combine(d Document, i int) Verdict {
	if i == len(s.leaf.slots) {
		s.budget--
		return s.leaf.oneOrNot(s.leaf.operand.value(d), s.not)
	}
	slot := s.leaf.slots[i]
	v := d.Value(slot)
	switch {
	case v.kind != KindList:
		return s.combine(d, i+1)
	case v.missing():
		return s.combine(&pinned{Document: d, slot: slot}, i+1)
	}
	return s.each(&pinned{Document: d, slot: slot}, v.list, i+1)
}

func (s *spread) each(p *pinned, list []Value, next int) Verdict {
	out := Unknown
	for _, e := range list {
		var v Verdict
		switch {
		case e.missing():
			continue
		case e.kind == KindList:
			v = s.each(p, e.list, next)
		default:
			p.v = e
			v = s.combine(p, next)
		}
		if v == True {
			return True
		}
		if v == False {
			out = False
		}
		if s.budget <= 0 {
			break
		}
	}
	return out
}

// pinned is a document in which one field has one value.
type pinned struct {
	Document
	slot int
	v    Value
}

func (p *pinned) Value(slot int) Value {
	if slot == p.slot {
		return p.v
	}
	return p.Document.Value(slot)
}

// truthTest is a field, or a call, that is a condition by itself.
type truthTest struct{}

func (truthTest) check(v Value) Verdict { return verdictOf(v.Bool()) }

// equalTo makes the test of Equal.
func equalTo(v Value) test {
	if v.kind == KindText {
		return textTest(v.text)
	}
	return &equalTest{v}
}

// textTest is Equal with text.
type textTest string

func (t textTest) check(v Value) Verdict {
	return verdictOf(v.kind == KindText && string(v.text) == string(t))
}

// equalTest is Equal with a number or a boolean.
type equalTest struct{ v Value }

func (t *equalTest) check(v Value) Verdict { return verdictOf(equal(v, t.v)) }

// orderTest is Ordered. Text is ordered by its bytes, as Lucene does it.
type orderTest struct {
	order Order
	v     Value
}

func (t *orderTest) check(v Value) Verdict {
	var order int
	switch {
	case v.kind == KindText && t.v.kind == KindText:
		order = bytes.Compare(v.text, t.v.text)
	case v.isNumber() && t.v.isNumber():
		var ok bool
		if order, ok = compareNumbers(v, t.v); !ok {
			return False
		}
	default:
		return False
	}
	return t.order.holds(order)
}

// holds says whether the outcome of a comparison is in the order.
func (o Order) holds(comparison int) Verdict {
	switch o {
	case Less:
		return verdictOf(comparison < 0)
	case LessOrEqual:
		return verdictOf(comparison <= 0)
	case Greater:
		return verdictOf(comparison > 0)
	}
	return verdictOf(comparison >= 0)
}

// setTest is In. Short lists are faster to walk through than to hash.
type setTest struct {
	texts  []string
	many   map[string]struct{} // the texts, if there are many
	others []Value
}

func newSetTest(values []Value) *setTest {
	const few = 8
	t := &setTest{}
	for _, v := range values {
		if v.kind == KindText {
			t.texts = append(t.texts, string(v.text))
		} else {
			t.others = append(t.others, v)
		}
	}
	if len(t.texts) > few {
		t.many = make(map[string]struct{}, len(t.texts))
		for _, s := range t.texts {
			t.many[s] = struct{}{}
		}
	}
	return t
}

func (t *setTest) check(v Value) Verdict {
	if v.kind == KindText {
		return verdictOf(t.has(v.text))
	}
	for _, o := range t.others {
		if equal(v, o) {
			return True
		}
	}
	return False
}

func (t *setTest) has(text []byte) bool {
	if t.many != nil {
		_, ok := t.many[string(text)]
		return ok
	}
	for _, s := range t.texts {
		if string(text) == s {
			return true
		}
	}
	return false
}

// foldTest is InFold.
type foldTest struct{ folded [][]byte }

func newFoldTest(texts []string) *foldTest {
	t := &foldTest{}
	for _, s := range texts {
		t.folded = append(t.folded, foldText([]byte(s)))
	}
	return t
}

func (t *foldTest) check(v Value) Verdict {
	return verdictOf(v.kind == KindText && t.has(v.text))
}

func (t *foldTest) has(text []byte) bool {
	for _, f := range t.folded {
		if foldEqual(text, f) {
			return true
		}
	}
	return false
}

// patternTest is Like.
type patternTest struct{ patterns []*pattern }

func newPatternTest(patterns []string, fold bool) *patternTest {
	t := &patternTest{}
	for _, p := range patterns {
		t.patterns = append(t.patterns, compilePattern([]byte(p), fold))
	}
	return t
}

func (t *patternTest) check(v Value) Verdict {
	return verdictOf(v.kind == KindText && t.has(v.text))
}

func (t *patternTest) has(text []byte) bool {
	for _, p := range t.patterns {
		if p.match(text) {
			return true
		}
	}
	return false
}

// prefixTest is HasPrefix.
type prefixTest struct {
	prefix []byte
	fold   bool
}

func newPrefixTest(prefix string, fold bool) *prefixTest {
	t := &prefixTest{prefix: []byte(prefix), fold: fold}
	if fold {
		t.prefix = foldText(t.prefix)
	}
	return t
}

func (t *prefixTest) check(v Value) Verdict {
	return verdictOf(v.kind == KindText && t.has(v.text))
}

func (t *prefixTest) has(text []byte) bool {
	if t.fold {
		return foldPrefix(text, t.prefix) >= 0
	}
	return bytes.HasPrefix(text, t.prefix)
}

// regexTest is Matches.
type regexTest struct {
	re    *regexp.Regexp
	needs regexNeeds
}

func newRegexTest(re *regexp.Regexp) *regexTest {
	return &regexTest{re: re, needs: needsOf(re)}
}

func (t *regexTest) check(v Value) Verdict {
	return verdictOf(v.kind == KindText && t.needs.allow(v.text) && t.re.Match(v.text))
}
