package policy

import "testing"

func TestWhatAPatternOfARNsNames(t *testing.T) {
	tests := []struct {
		name    string
		family  family
		pattern string
		want    arnPattern
		account string
	}{
		{"an account", familyARN, "arn:aws:sns:eu-west-1:444455556666:topic", patternAccount, "444455556666"},
		{"an account as a text", familyString, "arn:aws:sns:eu-west-1:444455556666:*", patternAccount, "444455556666"},
		{"an account after a wildcard", familyARN, "arn:aws:sns:*:444455556666:topic", patternAccount, "444455556666"},
		{"an account after a wildcard, as a text", familyString, "arn:aws:sns:*:444455556666:topic", patternCrossed, "444455556666"},
		{"part of an account", familyARN, "arn:aws:sns:eu-west-1:44445555*:topic", patternOpen, ""},
		{"no account", familyARN, "arn:aws:s3:::b", patternBare, ""},
		{"no account and a wildcard", familyARN, "arn:aws:s3:::b*", patternOpen, ""},
		{"stars where S3 has nothing", familyARN, "arn:aws:s3:*:*:b", patternBare, ""},
		{"stars where SNS has an account", familyARN, "arn:aws:sns:*:*:b", patternOpen, ""},
		{"a variable with a colon before the account", familyARN, "arn:${aws:x}:iam:111122223333:role/x", patternOpen, ""},
		{"a text that is not an ARN", familyString, "*", patternOpen, ""},
		{"an ARN that is cut off", familyARN, "arn:aws:sns:eu-west-1:444455556666", patternOpen, ""},
		{"a percent-encoded ARN", familyARN, "arn%3Aaws%3Asns%3Aeu-west-1%3A444455556666%3Atopic", patternAccount, "444455556666"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, account := readARNPattern(test.family, []byte(test.pattern)); got != test.want || string(account) != test.account {
				t.Errorf("%s: got %d %q, want %d %q", test.pattern, got, account, test.want, test.account)
			}
		})
	}
}

func TestWhatIsFixed(t *testing.T) {
	for value, want := range map[string]bool{
		"a": true, "a$b": true, "$": true, "": false, "*": false, "a?": false, "${aws:username}": false, "a${*}": false,
	} {
		if got := isFixed([]byte(value)); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// TestALimitHasTheWidestValueFirst adds values that let in ever more.
func TestALimitHasTheWidestValueFirst(t *testing.T) {
	var l limit
	l.add(levelOwn, []byte("own"))
	l.add(levelForeign, []byte("foreign"))
	l.add(levelOwn, []byte("own too"))
	l.add(levelUnknown, []byte("unknown"))
	l.add(levelForeign, []byte("foreign"))
	l.add(levelForeign, nil)
	var got []string
	for _, value := range l.values {
		got = append(got, string(value))
	}
	want := []string{"unknown", "foreign", "own", "own too"}
	if l.level != levelUnknown || len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("got %d %q, want %d %q", l.level, got, levelUnknown, want)
	}
}
