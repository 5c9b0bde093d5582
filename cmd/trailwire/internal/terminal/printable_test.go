package terminal

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		limit int
		want  string
	}{
		{"ordinary text stays as it is", "arn:aws:iam::111122223333:user/zoë 日本", 100, "arn:aws:iam::111122223333:user/zoë 日本"},
		{"an escape sequence cannot color or move anything", "a\x1b[31m\x1b]0;title\x07b", 100, `a\x1b[31m\x1b]0;title\ab`},
		{"a line break does not start a new line", "a\r\nHIGH 99  forged", 100, `a\r\nHIGH 99  forged`},
		{"a control character of the upper half is one too", "a\u009b31mb", 100, `a\u009b31mb`},
		{"a mark that turns the direction of writing is shown", "user/\u202egnp.exe", 100, `user/\u202egnp.exe`},
		{"a space without width is shown", "ad\u200bmin", 100, `ad\u200bmin`},
		{"a byte that is not UTF-8 is shown", "a\xff\xc3", 100, `a\xff\xc3`},
		{"a replacement character that was there stays", "a\ufffdb", 100, "a\ufffdb"},
		{"a null byte is shown", "a\x00b", 100, `a\x00b`},
		{"text of exactly the limit is not cut", "12345", 5, "12345"},
		{"longer text is cut and says so", strings.Repeat("a", 1<<20), 4, "aaaa… (1,048,572 bytes more)"},
		{"a cut never splits a character", "abc日本", 4, "abc… (6 bytes more)"},
		{"an empty text stays empty", "", 4, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Printable(test.text, test.limit); got != test.want {
				t.Errorf("printable(%.40q, %d) = %q, want %q", test.text, test.limit, got, test.want)
			}
		})
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1134: "1,134", 100000: "100,000", 1234567: "1,234,567"} {
		if got := Grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
}
