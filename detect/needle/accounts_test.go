package needle

import "testing"

func TestAnAccountIsFoundInEachFormAndInNoOther(t *testing.T) {
	const long, short, small = 111122223333, 12345678901, 123456789 // twelve digits, eleven, nine
	const least = 77                                                // fits in one byte
	var a Accounts
	for _, id := range []uint64{long, short, small, least} {
		if err := a.Add(id); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, data string
		want       bool
	}{
		{"as text", "\xac111122223333", true},
		{"in an ARN", "arn:aws:iam::111122223333:root", true},
		{"among more digits", "9111122223333" + "9", true},
		{"cut off", "11112222333", false},
		{"another id", "111122223334", false},
		{"with leading zeros", "012345678901", true},
		{"as a number without its leading zero", `{"a":12345678901}`, true},
		{"as a number with one of its leading zeros", `{"a":0123456789}`, true},
		{"its number in a longer run of digits", "123456789012", false},
		{"a shorter number in a longer run of digits", "9123456789", false},
		{"an unsigned integer of 64 bits", "\xcf\x00\x00\x00\x19\xdf\x66\x90\xe5", true},
		{"a signed integer of 64 bits", "\xd3\x00\x00\x00\x19\xdf\x66\x90\xe5", true},
		{"an integer of 64 bits that is cut off", "\xcf\x00\x00\x00\x19\xdf\x66\x90", false},
		{"an integer one greater", "\xcf\x00\x00\x00\x19\xdf\x66\x90\xe6", false},
		{"an unsigned integer of 32 bits", "\xce\x07\x5b\xcd\x15", true},
		{"a signed integer of 32 bits", "\xd2\x07\x5b\xcd\x15", true},
		{"an integer of 32 bits that is cut off", "\xce\x07\x5b\xcd", false},
		{"a small id in an integer of 32 bits", "\xce\x00\x00\x00\x4d", true},
		{"a small id in an integer of 16 bits", "\xcd\x00\x4d", false},
		{"a small id in an integer of 8 bits", "\xcc\x4d", false},
		{"a small id in a single byte", "\x4d", false},
		{"other bytes before it", "\xcd\x07\x5b\xcd\x15", false},
		{"an escaped digit", `11112222333\u0033`, true},
		{"an escaped digit in text in text", `11112222333\\u0033`, true},
		{"nothing", "", false},
	} {
		if got := a.In([]byte(test.data)); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
	a.Remove(long)
	if a.Len() != 3 || a.In([]byte("111122223333")) {
		t.Error("an id is found that was removed")
	}
	if err := a.Add(MaxAccount + 1); err == nil || a.Len() != 3 {
		t.Errorf("thirteen digits are an id: %v", err)
	}
}
