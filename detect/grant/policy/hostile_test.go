package policy

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hostilePolicies are policies that are large in each way that a policy can be.
// n is about how many there are of what is large.
var hostilePolicies = []struct {
	name string
	make func(n int) string
	want string // the worst relation
}{
	{"statements", func(n int) string {
		return `{"Statement":[` + repeated(n/8, func(i int) string {
			return `{"Effect":"Allow","Principal":{"AWS":"` + strconv.Itoa(444400000000+i) + `"},"Action":"s3:GetObject"}`
		}) + `]}`
	}, "cross_account"},
	{"principals", func(n int) string {
		return `{"Effect":"Allow","Principal":{"AWS":[` + repeated(n, func(i int) string { return `"` + strconv.Itoa(444400000000+i) + `"` }) + `]}}`
	}, "cross_account"},
	{"one principal many times", func(n int) string {
		return `{"Effect":"Allow","Principal":{"AWS":[` + repeated(n, func(int) string { return `"444455556666"` }) + `]}}`
	}, "cross_account"},
	{"two principals many times", func(n int) string {
		return `{"Effect":"Allow","Principal":{"AWS":[` + repeated(n, func(i int) string { return `"44445555666` + strconv.Itoa(i%2) + `"` }) + `]}}`
	}, "cross_account"},
	{"principals from the best to the worst", func(n int) string {
		kinds := []string{`"aws":"111122223333"`, `"service":"s3.amazonaws.com"`, `"aws":"AROADBQP57FF2AEXAMPLE"`, `"aws":"444455556666"`, `"aws":"*"`}
		return `{"Effect":"Allow","Principal":{` + repeated(n, func(i int) string { return kinds[i*len(kinds)/n] }) + `}}`
	}, "public"},
	{"services and the accounts they act for", func(n int) string {
		return `{"Effect":"Allow","Principal":{"Service":[` + repeated(n/2, func(int) string { return `"a.b"` }) + `]},"Condition":{"StringEquals":{"aws:SourceAccount":[` +
			repeated(n/2, func(i int) string { return `"` + strconv.Itoa(444400000000+i) + `"` }) + `]}}}`
	}, "service"},
	{"providers and claims of other ones", func(n int) string {
		return `{"Effect":"Allow","Principal":{"Federated":[` + repeated(n/2, func(i int) string { return `"a` + strconv.Itoa(i) + `.b"` }) + `]},"Condition":{"StringEquals":{` +
			repeated(n/2, func(i int) string { return `"c` + strconv.Itoa(i) + `.d:sub":"x"` }) + `}}}`
	}, "federated"},
	{"providers, claims and values", func(n int) string {
		return `{"Effect":"Allow","Principal":{"Federated":[` + repeated(n/2, func(int) string { return `"accounts.google.com"` }) + `]},"Condition":{"StringEquals":{"accounts.google.com:sub":[` +
			repeated(n/2, func(i int) string { return `"` + strconv.Itoa(i) + `"` }) + `]}}}`
	}, "federated"},
	{"operators", func(n int) string {
		return `{"Effect":"Allow","Principal":"*","Condition":{` + repeated(n, func(i int) string { return `"Op` + strconv.Itoa(i) + `":{"aws:SourceIp":"::1"}` }) + `}}`
	}, "public"},
	{"keys", func(n int) string {
		return `{"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{` + repeated(n, func(i int) string { return `"k` + strconv.Itoa(i) + `":"v"` }) + `}}}`
	}, "public"},
	{"addresses", func(n int) string {
		return `{"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":[` +
			repeated(n, func(i int) string { return fmt.Sprintf(`"203.%d.%d.%d"`, i>>16&255, i>>8&255, i&255) }) + `]}}}`
	}, "network"},
	{"actions", func(n int) string {
		return `{"Effect":"Allow","Principal":"*","Action":[` + repeated(n, func(i int) string { return `"s3:Get` + strconv.Itoa(i) + `"` }) + `]}`
	}, "public"},
	{"wildcards", func(n int) string {
		return `{"Effect":"Allow","Principal":"*","Action":"` + strings.Repeat("*?", n) + `","Condition":{"StringLike":{"aws:SourceArn":"arn:aws:s3:::` + strings.Repeat("*?", n) + `"}}}`
	}, "public"},
	{"one long principal", func(n int) string {
		return `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/` + strings.Repeat("r", 8*n) + `"}}`
	}, "cross_account"},
	{"percent signs", func(n int) string {
		return `{"Effect":"Allow","Principal":{"AWS":"arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2F` + strings.Repeat("%41", n) + `"}}`
	}, "cross_account"},
	{"percent signs in percent signs", func(n int) string { return "%" + strings.Repeat("25", 4*n) }, "unknown"},
	{"brackets", func(n int) string { return strings.Repeat(`[`, 8*n) }, "unknown"},
	{"brackets that close", func(n int) string { return strings.Repeat(`[`, 4*n) + strings.Repeat(`]`, 4*n) }, "unknown"},
	{"nested maps", func(n int) string { return strings.Repeat(`{"Statement":`, n) }, "unknown"},
	{"statements before a cut", func(n int) string {
		return `{"Statement":[` + strings.Repeat(`{"Effect":"Allow","Principal":"*"},`, n/4) + `{"Effect"`
	}, "public"},
	{"policies in a list", func(n int) string {
		return `[` + repeated(n/4, func(int) string { return `"{\"Effect\":\"Allow\",\"Principal\":\"*\"}"` }) + `]`
	}, "public"},
}

// TestAHostilePolicyCostsInProportion reads policies of about a megabyte. Memory
// is counted, so that the test does not depend on the machine: what is allocated
// is a multiple of the input. The time is only bounded from above, far off, since
// anything quadratic would take minutes.
func TestAHostilePolicyCostsInProportion(t *testing.T) {
	const n = 65_000
	for _, test := range hostilePolicies {
		t.Run(test.name, func(t *testing.T) {
			text := []byte(test.make(n))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			list := ReadJSON(text, Options{Owner: owner})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			checkBounds(t, list)
			if worst, _ := list.Worst(); string(worst) != test.want {
				t.Errorf("the worst is %q, want %q", worst, test.want)
			}
			allocated := after.TotalAlloc - before.TotalAlloc
			t.Logf("%d bytes: %v, %.1f bytes a byte, %d allocations", len(text), took,
				float64(allocated)/float64(len(text)), after.Mallocs-before.Mallocs)
			if allocated > 25*uint64(len(text)) {
				t.Errorf("%d bytes were allocated for %d", allocated, len(text))
			}
			if took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestTheWorstIsFoundWhereverItIs puts everyone after more harmless principals
// than a list holds. They stand there twice: the list knows 57 of them again.
func TestTheWorstIsFoundWhereverItIs(t *testing.T) {
	harmless := repeated(10_000, func(i int) string { return `"arn:aws:iam::111122223333:role/r` + strconv.Itoa(i) + `"` })
	list := ReadJSON([]byte(`{"Effect":"Allow","Principal":{"AWS":[`+harmless+`,"*",`+harmless+`]}}`), Options{Owner: owner})
	if worst, _ := list.Worst(); worst != "public" || len(list.Grants) != 64 || list.Rest != 20_001-64-57 {
		t.Errorf("got %d grants, the worst %q, and %d more", len(list.Grants), worst, list.Rest)
	}
}

// TestOneTextUnderTwoKeysIsTwoPrincipals: what a text is depends on the key that
// it stands under, also after many other principals.
func TestOneTextUnderTwoKeysIsTwoPrincipals(t *testing.T) {
	roles := repeated(20, func(i int) string { return `"arn:aws:iam::111122223333:role/r` + strconv.Itoa(i) + `"` })
	list := ReadJSON([]byte(`{"Effect":"Allow","Principal":{"CanonicalUser":[`+roles+`,"*","accounts.google.com"],"Federated":"accounts.google.com"}}`),
		Options{Owner: owner})
	if got := relations(list); !strings.HasPrefix(got, "public federated/unbound unknown") || len(list.Grants) != 23 {
		t.Errorf("got %d grants: %s", len(list.Grants), got)
	}
}

// TestMoreIssuersThanATrustPolicyHasRoomFor: what comes after them binds nobody.
func TestMoreIssuersThanATrustPolicyHasRoomFor(t *testing.T) {
	read := func(n int) string {
		claims := repeated(n, func(i int) string { return `"p` + strconv.Itoa(i) + `.example.com:sub":"x"` })
		return relations(ReadJSON([]byte(`{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},`+
			`"Condition":{"StringEquals":{`+claims+`,"accounts.google.com:sub":"1"}}}`), Options{Owner: owner}))
	}
	if got := read(63); got != "federated/subject" {
		t.Errorf("as the 64th of the issuers: %q", got)
	}
	if got := read(64); got != "federated/unbound" {
		t.Errorf("as the 65th of the issuers: %q", got)
	}
}
