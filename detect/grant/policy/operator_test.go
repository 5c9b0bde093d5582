package policy

import "testing"

func TestAnOperatorIsTakenApart(t *testing.T) {
	tests := []struct {
		text string
		want operator
	}{
		{"StringEquals", operator{family: familyString}},
		{"stringLIKE", operator{family: familyString}},
		{"StringNotEqualsIgnoreCase", operator{family: familyString, isNegated: true}},
		{"ForAllValues:StringNotLikeIfExists", operator{family: familyString, isNegated: true, forAll: true, ifExists: true}},
		{"ForAnyValue:ArnLike", operator{family: familyARN, forAny: true}},
		{"foranyvalue:arnnotequalsifexists", operator{family: familyARN, isNegated: true, forAny: true, ifExists: true}},
		{"NotIpAddress", operator{family: familyIP, isNegated: true}},
		{"BoolIfExists", operator{family: familyBool, ifExists: true}},
		{"Null", operator{family: familyNull}},
		{"NullIfExists", operator{}},
		{"ForAllValues:Null", operator{}},
		{"DateGreaterThanEquals", operator{family: familyOther}},
		{"NumericNotEquals", operator{family: familyOther, isNegated: true}},
		{"BinaryEquals", operator{family: familyOther}},
		{"ForSomeValues:StringEquals", operator{}},
		{"StringEquals ", operator{}},
		{"IfExists", operator{}},
		{"", operator{}},
	}
	numbers := map[uint8]string{}
	for _, test := range tests {
		got := parseOperator([]byte(test.text))
		if got.family != familyNone {
			if other := numbers[got.id]; other != "" {
				t.Errorf("%q has the number of %q", test.text, other)
			}
			numbers[got.id] = test.text
		}
		got.id = 0
		if got != test.want {
			t.Errorf("%q: got %+v, want %+v", test.text, got, test.want)
		}
	}
}

// TestEveryKeyIsFound also keeps the keys within the bits that stand for them.
func TestEveryKeyIsFound(t *testing.T) {
	if len(conditionKeys) > 64 {
		t.Fatalf("%d keys do not fit 64 bits", len(conditionKeys))
	}
	for i, key := range conditionKeys {
		if got := numberOf([]byte(key.name)); got != keyNumber(i) {
			t.Errorf("%s: number %d, want %d", key.name, got, i)
		}
	}
	for name, want := range map[string]keyNumber{
		"AWS:PRINCIPALACCOUNT": 0, "aws:PrincipalTag/x": noKey, "": noKey, "aws:sourceaccount ": noKey,
	} {
		if got := numberOf([]byte(name)); got != want {
			t.Errorf("%q: number %d, want %d", name, got, want)
		}
	}
}
