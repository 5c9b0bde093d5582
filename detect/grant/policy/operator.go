package policy

import "bytes"

// family is what a condition operator compares.
type family uint8

const (
	familyNone   family = iota // not an operator that AWS documents
	familyString               // StringEquals, StringEqualsIgnoreCase, StringLike
	familyARN                  // ArnEquals and ArnLike, which behave alike
	familyIP
	familyBool
	familyNull
	familyOther // numbers, dates, binary: never about who calls
)

// operator is a condition operator taken apart: ForAllValues:StringNotLikeIfExists
// is the family of strings, negated, for all values, if the key exists.
type operator struct {
	family    family
	isNegated bool
	forAny    bool
	forAll    bool
	ifExists  bool

	// id is a number of its own for each spelling that AWS knows.
	id uint8
}

// operators are the names without a set operator and IfExists, in lower case
// (IAM User Guide, "IAM JSON policy elements: Condition operators").
var operators = [...]struct {
	name      string
	family    family
	isNegated bool
}{
	{"stringequals", familyString, false},
	{"stringnotequals", familyString, true},
	{"stringequalsignorecase", familyString, false},
	{"stringnotequalsignorecase", familyString, true},
	{"stringlike", familyString, false},
	{"stringnotlike", familyString, true},
	{"arnequals", familyARN, false},
	{"arnlike", familyARN, false},
	{"arnnotequals", familyARN, true},
	{"arnnotlike", familyARN, true},
	{"ipaddress", familyIP, false},
	{"notipaddress", familyIP, true},
	{"bool", familyBool, false},
	{"null", familyNull, false},
	{"numericequals", familyOther, false},
	{"numericnotequals", familyOther, true},
	{"numericlessthan", familyOther, false},
	{"numericlessthanequals", familyOther, false},
	{"numericgreaterthan", familyOther, false},
	{"numericgreaterthanequals", familyOther, false},
	{"dateequals", familyOther, false},
	{"datenotequals", familyOther, true},
	{"datelessthan", familyOther, false},
	{"datelessthanequals", familyOther, false},
	{"dategreaterthan", familyOther, false},
	{"dategreaterthanequals", familyOther, false},
	{"binaryequals", familyOther, false},
}

// parseOperator takes the name of an operator apart. The family is none if
// AWS does not know the name.
func parseOperator(text []byte) operator {
	var op operator
	if prefix, rest, found := bytes.Cut(text, []byte(":")); found {
		switch {
		case isWord(prefix, "foranyvalue"):
			op.forAny = true
		case isWord(prefix, "forallvalues"):
			op.forAll = true
		default:
			return operator{}
		}
		text = rest
	}
	if hasWordSuffix(text, "ifexists") {
		op.ifExists = true
		text = text[:len(text)-len("ifexists")]
	}
	for i, known := range operators {
		if !isWord(text, known.name) {
			continue
		}
		if known.family == familyNull && (op.ifExists || op.forAny || op.forAll) {
			return operator{} // Null has no set operator and no IfExists
		}
		op.family, op.isNegated = known.family, known.isNegated
		op.id = uint8(i)<<3 | bit(op.forAny)<<2 | bit(op.forAll)<<1 | bit(op.ifExists)
		return op
	}
	return operator{}
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// demandsPresence reports whether a condition with this operator fails if
// the request does not have the key (IAM User Guide, "Condition operators" and
// "Set operators for multivalued context keys"). Null is for the caller to
// look into.
func (op operator) demandsPresence() bool {
	return op.family != familyNone && op.family != familyNull &&
		!op.isNegated && !op.forAll && !op.ifExists
}
