package eql

import (
	"strings"
	"testing"
)

func shippedRuleEvents() (match, other, foreign event) {
	parameters := "{functionName=arn:aws:lambda:eu-west-1:111122223333:function:billing-export, statementId=s-" + strings.Repeat("x", 60) +
		", action=lambda:InvokeFunction, principal="
	match = event{
		"data_stream.dataset": "aws.cloudtrail", "event.provider": "lambda.amazonaws.com", "event.outcome": "success",
		"event.action": "AddPermission20150331v2", "aws.cloudtrail.request_parameters": parameters + "444455556666}",
	}
	other, foreign = event{}, event{}
	for k, v := range match {
		other[k], foreign[k] = v, v
	}
	other["aws.cloudtrail.request_parameters"] = parameters + "s3.amazonaws.com}"
	foreign["event.provider"] = "sts.amazonaws.com"
	return match, other, foreign
}

func BenchmarkMatch(b *testing.B) {
	p := compile(b, shippedRule)
	match, other, foreign := shippedRuleEvents()
	for _, c := range []struct {
		name string
		e    event
		want bool
	}{
		{"ThatMatches", match, true},
		{"ThatFailsAtTheLastClause", other, false},
		{"OfAnotherService", foreign, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := c.e.on(p)
			b.ReportAllocs()
			for b.Loop() {
				if p.Match(d) != c.want {
					b.Fatal("wrong verdict")
				}
			}
		})
	}
}

func BenchmarkOperators(b *testing.B) {
	text := strings.Repeat("key=value, ", 20) + "Needle=*" + strings.Repeat(", key=value", 20)
	for _, query := range []string{
		`any where a == "x"`,
		`any where a in ("x", "y", "z")`,
		`any where a : "*needle=*"`,
		`any where a : "*key*needle*value"`,
		`any where a like "*Needle=*"`,
		`any where stringContains(a, "Needle=\\*")`,
		`any where stringContains~(a, "needle=\\*")`,
		`any where a : "*ÄÖ*"`,
		`any where a regex ".*Needle=.*"`,
	} {
		b.Run(strings.TrimPrefix(query, "any where "), func(b *testing.B) {
			p := compile(b, query)
			d := event{"a": text}.on(p)
			b.ReportAllocs()
			for b.Loop() {
				p.Match(d)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		q, err := Parse(shippedRule)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Compile(q); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTheCoreOperatorsDoNotAllocate(t *testing.T) {
	match, other, foreign := shippedRuleEvents()
	for _, c := range []struct {
		query string
		e     event
	}{
		{shippedRule, match}, {shippedRule, other}, {shippedRule, foreign},
		{`iam where a != "x" and not b == 5 and c < 2 or d >= "y" or e == null`, event{"event.category": "iam", "a": "y", "d": "z"}},
		{`any where a in ("x", "y") or a in~ ("äÖ") or a not in ("0","1","2","3","4","5","6","7","8","9")`, event{"a": "Äö"}},
		{`any where a : ("x*", "*ä?Ö*z") or a like "?b*" or a like~ "*C"`, event{"a": "xxÄ€öyz"}},
		{`any where stringContains~(a, "ÄÖ") or startsWith~(a, "äX") or endsWith~(a, "ß")`, event{"a": "zzäxẞ"}},
		{`any where a + 1 == 3 or -a * 2 % 3 > 5.0 or length(b) == 3 or substring(b, 1) == "x" or indexOf(b, "c") == 2`, event{"a": 7, "b": "xyz"}},
		{`any where a == "x" or not a : "y*"`, event{"a": []any{"p", "q", []any{"r"}}}},
	} {
		p := compile(t, c.query)
		d := c.e.on(p)
		if n := testing.AllocsPerRun(100, func() { p.Match(d) }); n != 0 {
			t.Errorf("%s: %v allocations", c.query, n)
		}
	}
}
