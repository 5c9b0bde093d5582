package program

import "math"

var mathFunctions = []*Function{
	{name: "add", params: twoNumbers, result: NumberType, build: buildArithmetic('+')},
	{name: "subtract", params: twoNumbers, result: NumberType, build: buildArithmetic('-')},
	{name: "multiply", params: twoNumbers, result: NumberType, build: buildArithmetic('*')},
	{name: "divide", params: twoNumbers, result: NumberType, build: buildArithmetic('/')},
	{name: "modulo", params: twoNumbers, result: NumberType, build: buildArithmetic('%')},
}

var twoNumbers = []Type{NumberType, NumberType}

func buildArithmetic(op byte) func([]operand, bool) operand {
	return func(args []operand, _ bool) operand {
		return arithmeticOperand{op: op, left: args[0], right: args[1]}
	}
}

type arithmeticOperand struct {
	op          byte
	left, right operand
}

// value calculates with integers as long as both sides are integers, and with floats otherwise. The
// result is null if a side is null or no number, and where Elasticsearch would abort the search: an
// integer divided by zero, a result that no 64-bit integer holds.
func (a arithmeticOperand) value(d Document) Value {
	x, y := a.left.value(d), a.right.value(d)
	switch {
	case !x.isNumber() || !y.isNumber():
		return Null()
	case x.kind == KindInt && y.kind == KindInt:
		return calculateInt(a.op, x.Int(), y.Int())
	}
	return Float(calculateFloat(a.op, x.Float(), y.Float()))
}

func calculateInt(op byte, x, y int64) Value {
	switch op {
	case '+':
		if sum := x + y; (sum > x) == (y > 0) {
			return Int(sum)
		}
	case '-':
		if difference := x - y; (difference < x) == (y > 0) {
			return Int(difference)
		}
	case '*':
		product := x * y
		if x == 0 || product/x == y && !(x == -1 && y == math.MinInt64) {
			return Int(product)
		}
	case '/':
		if y != 0 && !(x == math.MinInt64 && y == -1) {
			return Int(x / y)
		}
	case '%':
		switch y {
		case 0:
		case -1: // not left to the processor, which overflows on MinInt64 % -1
			return Int(0)
		default:
			return Int(x % y)
		}
	}
	return Null()
}

func calculateFloat(op byte, x, y float64) float64 {
	switch op {
	case '+':
		return x + y
	case '-':
		return x - y
	case '*':
		return x * y
	case '/':
		return x / y
	}
	return math.Mod(x, y)
}

type negationOperand struct{ x operand }

func (n negationOperand) value(d Document) Value {
	switch v := n.x.value(d); v.kind {
	case KindInt:
		return calculateInt('-', 0, v.Int())
	case KindFloat:
		return Float(-v.Float())
	}
	return Null()
}
