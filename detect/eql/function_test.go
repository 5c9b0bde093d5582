package eql

import "testing"

// The examples are those of Elasticsearch's reference, and the edges next to them. An expression is put
// beside the wanted value in a comparison, which for null is == null.
func TestFunctions(t *testing.T) {
	e := event{
		"url.domain": "subdomain.example.com", "path": `C:\Windows\System32\cmd.exe`, "name": "regsvr32.exe",
		"cmd": "start regsvr32.exe", "n": 4, "m": 2, "f": 42.5, "yes": true, "accents": "äöü€😀", "pid": "1337", "empty": "",
	}
	for _, c := range []struct {
		name string
		expr string
		want any
	}{
		{"add adds integers", `add(n, 5)`, 9},
		{"add of a float is a float", `add(n, 0.5)`, 4.5},
		{"add takes two fields", `add(n, m)`, 6},
		{"add of null is null", `add(null, n)`, nil},
		{"subtract subtracts", `subtract(10, n)`, 6},
		{"subtract with a negative adds", `subtract(-2, -4)`, 2},
		{"multiply multiplies", `multiply(0.25, n)`, 1.0},
		{"divide rounds integers", `divide(n, 3)`, 1},
		{"divide keeps floats", `divide(0.5, n)`, 0.125},
		{"divide by zero is null", `divide(n, 0)`, nil},
		{"modulo is the remainder", `modulo(10, 6)`, 4},
		{"modulo has the sign of the dividend", `modulo(-10, -6)`, -4},

		{"between takes the shortest", `between(path, "\\", "\\")`, "Windows"},
		{"between takes the longest if greedy", `between(path, "\\", "\\", true)`, `Windows\System32`},
		{"between heeds case", `between(path, "system32\\", ".exe")`, ""},
		{"between~ ignores case", `between~(path, "system32\\", ".EXE")`, "cmd"},
		{"between without a right is empty", `between(path, "System32\\", ".dll")`, ""},
		{"between of the empty text is empty", `between(empty, "a", "b")`, ""},
		{"between with an empty left is the whole text", `between(name, "", ".")`, "regsvr32.exe"},
		{"between of null is null", `between(null, "a", "b")`, nil},
		{"between finds the last of overlapping ends", `between("xaaaa", "x", "aa", true)`, "aa"},

		{"concat joins", `concat(name, " ", 42)`, "regsvr32.exe 42"},
		{"concat joins floats", `concat(name, " ", f)`, "regsvr32.exe 42.5"},
		{"concat joins booleans", `concat(name, " ", yes)`, "regsvr32.exe true"},
		{"concat of one is itself", `concat(name)`, "regsvr32.exe"},
		{"concat with null is null", `concat(name, null)`, nil},
		{"concat with a missing field is null", `concat(name, missing)`, nil},

		{"indexOf counts from zero", `indexOf(url.domain, "d")`, 3},
		{"indexOf heeds case", `indexOf(url.domain, "D")`, nil},
		{"indexOf~ ignores case", `indexOf~(url.domain, "DO")`, 3},
		{"indexOf starts where it is told", `indexOf(url.domain, ".", 10)`, 17},
		{"indexOf starts at the position itself", `indexOf(url.domain, ".", 9)`, 9},
		{"indexOf starts no earlier than at zero", `indexOf(url.domain, ".", -6)`, 9},
		{"indexOf of the empty text is the start", `indexOf(url.domain, "", 9)`, 9},
		{"indexOf past the end is null", `indexOf(url.domain, ".", 30)`, nil},
		{"indexOf from null is null", `indexOf(url.domain, ".", null)`, nil},
		{"indexOf counts characters", `indexOf(accents, "€")`, 3},
		{"indexOf starts after characters", `indexOf(accents, "€", 2)`, 3},

		{"length counts characters", `length(name)`, 12},
		{"length counts characters and not bytes", `length(accents)`, 5},
		{"length of the empty text is zero", `length(empty)`, 0},
		{"length of a number is null", `length(n)`, nil},

		{"number reads an integer", `number(pid)`, 1337},
		{"number reads a float", `number("42.5")`, 42.5},
		{"number reads hexadecimal by its prefix", `number("0xdeadbeef")`, 3735928559},
		{"number reads hexadecimal by its base", `number("deadbeef", 16)`, 3735928559},
		{"number takes both", `number("0xdeadbeef", 16)`, 3735928559},
		{"number with the base null reads decimal", `number("1337", null)`, 1337},
		{"number with the base null still sees the prefix", `number("0x10", null)`, 16},
		{"number takes a sign", `number("-1337") + number("+1")`, -1336},
		{"number ignores white space around", `number("  1337 ")`, 1337},
		{"number of no number is null", `number(name)`, nil},
		{"number of the empty text is null", `number(empty)`, nil},
		{"number reads no infinity", `number("Inf")`, nil},
		{"number with a base out of range is null", `number("1", 99)`, nil},

		{"string of an integer", `string(n)`, "4"},
		{"string of a float", `string(f)`, "42.5"},
		{"string of a whole float keeps its fraction", `string(4.0)`, "4.0"},
		{"string of a large float is scientific, as in Java", `string(12345678.5)`, "1.23456785E7"},
		{"string of a round large float is too", `string(1e10)`, "1.0E10"},
		{"string of a small float is too", `string(0.0001)`, "1.0E-4"},
		{"string of text is itself", `string(name)`, "regsvr32.exe"},
		{"string of a condition", `string(n == 4)`, "true"},
		{"string of cidrMatch", `string(cidrMatch("10.1.2.3", "10.6.48.157/8"))`, "true"},
		{"string of null is null", `string(null)`, nil},

		{"substring takes the rest", `substring(cmd, 6)`, "regsvr32.exe"},
		{"substring ends before its end", `substring(cmd, 6, 14)`, "regsvr32"},
		{"substring counts from the end", `substring(cmd, -4)`, ".exe"},
		{"substring counts both from the end", `substring(cmd, -4, -1)`, ".ex"},
		{"substring with the start after the end is empty", `substring(cmd, 5, 2)`, ""},
		{"substring past the end is empty", `substring(cmd, 99)`, ""},
		{"substring before the start begins there", `substring(cmd, -99, 5)`, "start"},
		{"substring counts characters", `substring(accents, 3, 4)`, "€"},
		{"substring of a missing field is null", `substring(missing, 1)`, nil},

		{"a function's name is known in any case", `LENGTH(name)`, 12},
		{"functions nest", `length(substring(concat(name, name), 12))`, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			var query string
			switch want := c.want.(type) {
			case nil:
				query = "any where " + c.expr + " == null"
			default:
				pr := printer{}
				pr.literal(valueOf(want))
				query = "any where " + c.expr + " == " + pr.String()
			}
			p := compile(t, query)
			if d := e.on(p); !p.Match(d) {
				t.Errorf("%s is not %v\n%s", c.expr, c.want, p.Explain(d))
			}
		})
	}
}

func TestSearchFunctions(t *testing.T) {
	runMatches(t, []matchCase{
		{"startsWith of constants", `any where startsWith("regsvr32.exe", "regsvr32")`, event{}, true},
		{"startsWith of a constant and a field", `any where startsWith("explorer.exeaaaa", a)`, event{"a": "explorer.exe"}, true},
		{"endsWith of a constant and a field", `any where endsWith("regsvr32.exe", a)`, event{"a": ".exe"}, true},
		{"the empty text ends with the empty text", `any where endsWith("", "")`, event{}, true},
		{"the empty text does not contain the empty text", `any where stringContains("", "")`, event{}, false},
		{"a search for null is null", `any where stringContains(a, null) == null`, event{"a": "x"}, true},
		{"a search in null is null", `any where endsWith(null, ".exe") == null`, event{}, true},
		{"a search for a missing field is null", `any where startsWith(a, b) == null`, event{"a": "x"}, true},
	})
}

func TestCIDRMatch(t *testing.T) {
	runMatches(t, []matchCase{
		{"an address in a block", `any where cidrMatch(a, "192.168.0.0/16")`, event{"a": "192.168.152.12"}, true},
		{"an address in one of several blocks", `any where cidrMatch(a, "10.0.0.0/8", "192.168.0.0/16")`, event{"a": "192.168.152.12"}, true},
		{"an address in none of them", `any where cidrMatch(a, "10.0.0.0/8", "10.128.0.0/9")`, event{"a": "192.168.152.12"}, false},
		{"bits after the prefix do not count", `any where cidrMatch(a, "10.6.48.157/8")`, event{"a": "10.200.0.1"}, true},
		{"an IPv6 address", `any where cidrMatch(a, "2001:db8::/32")`, event{"a": "2001:db8:1::1"}, true},
		{"an IPv4 address that is written as an IPv6 one", `any where cidrMatch(a, "10.0.0.0/8")`, event{"a": "::ffff:10.1.2.3"}, true},
		{"an IPv4 block that is written as an IPv6 one", `any where cidrMatch(a, "::ffff:10.0.0.0/104")`, event{"a": "10.1.2.3"}, true},
		{"an address with a zone", `any where cidrMatch(a, "fe80::/10")`, event{"a": "fe80::1%eth0"}, true},
		{"a single address is a block", `any where cidrMatch(a, "10.0.0.1")`, event{"a": "10.0.0.1"}, true},
		{"a name is in no block", `any where cidrMatch(a, "0.0.0.0/0", "::/0")`, event{"a": "lambda.amazonaws.com"}, false},
		{"text that is long is in no block", `any where cidrMatch(a, "0.0.0.0/0")`, event{"a": string(make([]byte, 1000))}, false},
		{"a number is in no block", `any where cidrMatch(a, "0.0.0.0/0")`, event{"a": 1}, false},
		{"a missing address is null", `any where cidrMatch(a, "10.0.0.0/8") == null`, event{}, true},
		{"a null block is null", `any where cidrMatch(a, null) == null`, event{"a": "10.0.0.1"}, true},
		{"one address of several is enough", `any where cidrMatch(a, "10.0.0.0/8")`, event{"a": []any{"x", "10.0.0.1"}}, true},
	})
}
