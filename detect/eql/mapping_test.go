package eql

import (
	"testing"

	"github.com/trailwire/trailwire/detect/program"
)

var typed = Mapping(func(field string) program.FieldType {
	return map[string]program.FieldType{
		"keyword": program.Keyword, "leaf": program.Flattened, "flag": program.Boolean, "ip": program.IP, "date": program.Date, "asn": program.Long,
	}[field]
})

func TestAMappingConvertsLiterals(t *testing.T) {
	runMatches(t, []matchCase{
		{"a boolean equals its text", `any where flag == "false"`, event{"flag": false}, true},
		{"a text equals its boolean", `any where keyword == true`, event{"keyword": "true"}, true},
		{"a leaf that is a boolean equals its text", `any where leaf == "false"`, event{"leaf": false}, true},
		{"a keyword equals the text of a number", `any where keyword == 111122223333`, event{"keyword": "111122223333"}, true},
		{"a number in a query has no leading zeros", `any where keyword == 012345678901`, event{"keyword": "012345678901"}, false},
		{"a literal on the left is converted too", `any where "false" == flag`, event{"flag": false}, true},
		{"!= is the opposite", `any where flag != "false"`, event{"flag": false}, false},
		{"!= holds where the field is missing", `any where flag != "false"`, event{}, true},
		{"in converts each", `any where keyword in (true, 5)`, event{"keyword": "5"}, true},
		{"a date equals itself, however it is written", `any where date == "2026-08-20T10:00:00.000Z"`, event{"date": "2026-08-20T10:00:00Z"}, true},
		{"a date is in the order of dates", `any where date > "2026-08-20"`, event{"date": "2026-08-20T10:00:00Z"}, false},
		{"an address is in a block", `any where ip == "10.0.0.0/8"`, event{"ip": "10.1.2.3"}, true},
		{"a colon covers the text of a boolean", `any where keyword : "T*"`, event{"keyword": true}, true},
		{"a number is compared as one", `any where asn in ("16509", 14618)`, event{"asn": 16509}, true},
		{"a function does not convert", `any where string(leaf) == "false" and length(leaf) == null`, event{"leaf": false}, true},
		{"a field of no type is compared as it is", `any where other == "5"`, event{"other": 5}, false},
	}, typed)
	runMatches(t, []matchCase{
		{"a category is compared with its type", `"true" where true`, event{"flag": true}, true},
	}, typed, CategoryField("flag"))
}

func TestAMappingRefusesWhatElasticsearchDoes(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`any where flag == "True"`, `line 1, column 11: == cannot compare flag, of the type boolean, with "True": compare it with true or false`},
		{`any where true and ip : "10.1.2.3"`, `line 1, column 20: : cannot search ip, of the type ip, as text: compare it with an address or a block, such as 10.0.0.0/8, or use source.address`},
		{`any where startsWith(date, "2026")`, `line 1, column 11: cannot search date, of the type date, as text: compare it with a date, such as "2026-08-20" or "2026-08-20T10:00:00Z"`},
		{`any where leaf >= 22`, `line 1, column 11: >= cannot order leaf, of the type flattened: Elasticsearch cannot either`},
	} {
		q, err := Parse(c.query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = Compile(q, typed); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v\nwant %s", c.query, err, c.want)
		}
	}
}
