package program

import (
	"strconv"
	"strings"
)

var numberFunctions = []*Function{
	{name: "number", params: []Type{TextType, NumberType}, optional: 1, result: NumberType,
		build: func(args []operand, _ bool) operand { return numberOperand{args[0], args[1]} }},
}

type numberOperand struct{ text, base operand }

// value reads a number. Text that starts with 0x is hexadecimal, unless the base says otherwise; a
// base that is null counts as left out. Text that is not a number gives null.
func (n numberOperand) value(d Document) Value {
	v := n.text.value(d)
	if v.kind != KindText {
		return Null()
	}
	s := strings.TrimSpace(string(v.text))
	base := 10
	hex := strings.HasPrefix(s, "0x")
	if hex {
		base = 16
	}
	if n.base != nil {
		switch b := n.base.value(d); b.kind {
		case KindNull:
		case KindInt:
			if b.Int() < 2 || b.Int() > 36 {
				return Null()
			}
			base = int(b.Int())
		default:
			return Null()
		}
	}
	if hex && base == 16 {
		s = s[len("0x"):]
	}
	if i, err := strconv.ParseInt(s, base, 64); err == nil {
		return Int(i)
	}
	if base != 10 || strings.Trim(s, "+-.0123456789eE") != "" {
		return Null() // Go reads more as a float than EQL has: inf, nan, 0x1p-2, 1_000
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return Float(f)
	}
	return Null()
}
