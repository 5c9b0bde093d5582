package chunk

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect"
	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/document"
)

// hostile are records that would cost many times their size if anything in the
// filter took more than a fixed time and memory for each of their bytes. Each is
// about 100 KB as JSON.
var hostile = []struct {
	name string
	text func(n int) string
}{
	{"a pad beside a list of small events", func(n int) string {
		return `{"Records":[` + repeat(tiny, ",", n/2) + `],"pad":"` + strings.Repeat("p", n/2) + `"}`
	}},
	{"many keys beside a list of small events", func(n int) string {
		return `{` + keys(n/2) + `,"Records":[` + repeat(tiny, ",", n/2) + `]}`
	}},
	{"many keys in each of a few events and beside them", func(n int) string {
		event := `{"eventSource":"a.b","eventName":"x",` + keys(n/8) + `}`
		return `{` + strings.ReplaceAll(keys(n/2), `"b`, `"c`) + `,"Records":[` + strings.Join([]string{event, event, event, event}, ",") + `]}`
	}},
	{"lists in the elements of a list, with keys beside each", func(n int) string {
		inner := `{"Records":[` + tiny + `,` + tiny + `],"a":1,"b":2}`
		return `{"pad":"` + strings.Repeat("p", n/10) + `","Records":[` + repeat(inner, ",", n) + `]}`
	}},
	{"numbers in a list of events", func(n int) string { return `{"Records":[` + tiny + strings.Repeat(",0", n/2) + `]}` }},
	{"empty maps in a list of events", func(n int) string { return `{"Records":[` + tiny + strings.Repeat(",{}", n/3) + `]}` }},
	{"maps that are nearly events", func(n int) string {
		return `{"Records":[` + repeat(`{"eventSource":"a.b","eventNam":"xx"}`, ",", n) + `]}`
	}},
	{"small events", func(n int) string { return `{"Records":[` + repeat(tiny, ",", n) + `]}` }},
	{"small events in a list that is not split", func(n int) string { return `{"x":"lambda:InvokeFunction","log":[` + repeat(tiny, ",", n) + `]}` }},
	{"small events in texts", func(n int) string {
		return `{"logEvents":[` + repeat(`{"message":`+jsonText(tiny)+`}`, ",", n) + `]}`
	}},
	{"small events one after the other in a text", func(n int) string { return `{"x":"lambda:InvokeFunction","log":` + jsonText(repeat(tiny, "", n)) + `}` }},
	{"typed values in one another", func(n int) string {
		value := `{"stringValue":"lambda:InvokeFunction"}`
		for range 22 {
			value = `{"kvlistValue":{"values":[{"key":"a","value":` + value + `}]}}`
		}
		return `{"x":"lambda:InvokeFunction","body":[` + repeat(value, ",", n) + `]}`
	}},
	{"small events as typed values", func(n int) string {
		event := `{"key":"eventSource","value":{"stringValue":"a.b"}},{"key":"eventName","value":{"stringValue":"x"}}`
		return `{"x":"lambda:InvokeFunction","body":[` + repeat(`{"attributes":[`+event+`]}`, ",", n) + `]}`
	}},
	{"an identity as text with many keys", func(n int) string {
		return match1(`"userIdentity":"{type=IAMUser` + strings.Repeat(", arn=x}", n/8) + `}"`)
	}},
	{"an identity as text with many braces", func(n int) string {
		return match1(`"userIdentity":"{type=IAMUser, sessionContext={arn=` + strings.Repeat("}", n) + `x"`)
	}},
	{"small matches", func(n int) string { return `{"Records":[` + repeat(tinyMatch, ",", n) + `]}` }},
	{"small matches in a list that is not split", func(n int) string { return `{"x":"lambda:InvokeFunction","log":[` + repeat(tinyMatch, ",", n) + `]}` }},
	{"small matches one after the other in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(repeat(tinyMatch, "", n)) + `}`
	}},
	{"empty maps in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(strings.Repeat("{}", n/2)) + `}`
	}},
	{"empty lists in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(`[`+repeat("[]", ",", n)+`]`) + `}`
	}},
	{"floats in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(`[`+repeat(".1", ",", n)+`]`) + `}`
	}},
	{"what is broken in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(strings.Repeat(`{"":x}`, n/6)) + `}`
	}},
	{"what is broken and larger in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(strings.Repeat(`{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":x}`, n/45)) + `}`
	}},
	{"braces in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText("x"+strings.Repeat(`{`, n)) + `}`
	}},
	{"brackets in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(strings.Repeat(`[`, n)) + `}`
	}},
	{"escaped maps in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText("x"+strings.Repeat(`{\"a\":1} `, n/14)) + `}`
	}},
	{"escaped maps in a text, each broken at its end", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText("x"+strings.Repeat(`{\"a\":1} `, n/14)+`\x`) + `}`
	}},
	{"lists in lists", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + strings.Repeat(`[`, 90) + repeat(tiny, ",", n) + strings.Repeat(`]`, 90) + `}`
	}},
	{"maps in maps in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(strings.Repeat(`{"a":`, n/7)) + `}`
	}},
	{"lists in lists of maps in a text", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(strings.Repeat(`{"Records":[`, n/14)) + `}`
	}},
	{"lines that are cut off", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(strings.Repeat(`{"a":"`+"\n", n/8)) + `}`
	}},
	{"values after a line that is cut off", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(`{"a`+"\n"+strings.Repeat(`{"a":1}`, n/10)) + `}`
	}},
	{"a list that is cut off", func(n int) string {
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(`{"Records":[`+repeat(tiny, ",", n*3/4)) + `}`
	}},
	{"text in text", func(n int) string {
		text := `{"y":"lambda:InvokeFunction","x":[` + repeat(".1", ",", n/4) + `]}`
		for range 7 {
			text = `{"pad":"` + strings.Repeat("p", n/12) + `","log":` + jsonText(text) + `}`
		}
		return text
	}},
	{"text with lists that are broken in text", func(n int) string {
		text := `{"Records":[` + tiny + `,{"eventSource":"a.b","eventName":"xxxxxxxxx",}]}`
		for range 4 {
			text = `{"Records":[{"pad":"` + strings.Repeat("p", n/6) + `","log":` + jsonText(text) + `},{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":x}]}`
		}
		return `{"x":"lambda:InvokeFunction","log":` + jsonText(text) + `}`
	}},
	{"lists in lists in parameters", func(n int) string {
		return parameters(strings.Repeat(`{"a":[`, 45) + repeat("1", ",", n) + strings.Repeat(`]}`, 45))
	}},
	{"maps in maps in parameters", func(n int) string {
		return parameters(strings.Repeat(`{"b":1,"a":`, 90) + `{` + keys(n) + `}` + strings.Repeat(`}`, 90))
	}},
	{"parameters as text", func(n int) string {
		return parameters(jsonText(`{"action":"lambda:InvokeFunction","x":[` + repeat("[]", ",", n) + `]}`))
	}},
	{"a statement with many principals", func(n int) string {
		return match1(`"responseElements":{"statement":` + jsonText(`{"Effect":"Allow","Action":"lambda:InvokeFunction","Principal":{"AWS":[`+repeat(`"444455556666"`, ",", n*3/4)+`]}}`) + `}`)
	}},
	{"a statement with many actions and conditions", func(n int) string {
		return match1(`"responseElements":{"statement":` + jsonText(`{"Effect":"Allow","Action":[`+repeat(`"lambda:InvokeFunction"`, ",", n/3)+`],"Principal":{"AWS":"444455556666"},"Condition":{"StringEquals":{`+
			strings.ReplaceAll(keys(n/3), ":0", `:"x"`)+`}}}`) + `}`)
	}},
	{"Java text with many parameters", func(n int) string {
		return strings.Replace(match1(`"x":1`), `{"action":"lambda:InvokeFunction","principal":"444455556666"}`, `"{action=lambda:InvokeFunction, sourceArn=a`+strings.Repeat(", principal=4", n/13)+`}"`, 1)
	}},
	{"many tags beside a match", func(n int) string { return match1(`"tags":[` + repeat(`"a"`, ",", n) + `]`) }},
	{"many different tags beside a match", func(n int) string { return match1(`"tags":[` + strings.ReplaceAll(keys(n), ":0", "") + `]`) }},
	{"a match with the alert's key many times", func(n int) string { return match1(strings.Repeat(`"alert":1,`, n/10) + `"x":1`) }},
	{"a match with the alert's key, renamed many times", func(n int) string {
		return match1(`"alert":1,` + suffixes("alert", n))
	}},
	{"a match with the fields of ECS many times", func(n int) string {
		return match1(strings.Repeat(`"event":{"kind":1,"severity":{}},"event.kind":[],"rule.x":1,`, n/60) + `"x":1`)
	}},
	{"a match with a dotted key many times", func(n int) string { return match1(strings.Repeat(`"source.ip":1,"event":"x",`, n/26) + `"x":1`) }},
	{"one key many times", func(n int) string { return `{` + strings.Repeat(`"log":{},`, n/9) + `"x":"lambda:InvokeFunction"}` }},
	{"all keys many times", func(n int) string {
		return `{` + strings.Repeat(`"log":{},"event":{},"body":{},"Body":{},"Message":{},"message":{},"_raw":{},"detail":{},"result":{},"_source":{},"hits":{},"attributes":{},"eventData":{},`, n/160) + `"x":"lambda:InvokeFunction"}`
	}},
	{"ECS many times", func(n int) string {
		return `{` + strings.Repeat(`"event":{"action":"AddPermission","dataset":"x"},"event.action":"lambda:InvokeFunction",`, n/90) + `"data_stream.dataset":"x"}`
	}},
	{"a mention far inside", func(n int) string {
		return strings.Repeat(`{"a":[`, 45) + `{` + keys(n) + `,"b":"lambda:InvokeFunction"}` + strings.Repeat(`]}`, 45)
	}},
	{"a user agent of quotation marks", func(n int) string { return match1(`"userAgent":` + jsonText(strings.Repeat(`"`, n/2))) }},
}

const (
	tiny      = `{"eventSource":"a.b","eventName":"x"}`
	tinyMatch = `{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission","requestParameters":"lambda:InvokeFunction"}`
)

func repeat(text, between string, n int) string {
	return strings.TrimSuffix(strings.Repeat(text+between, max(1, n/len(text+between))), between)
}

func keys(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `,"b%d":0`, i)
	}
	return b.String()[1:]
}

func suffixes(key string, n int) string {
	var b strings.Builder
	for b.Len() < n {
		key += "_original"
		fmt.Fprintf(&b, `,"%s":1`, key)
	}
	return b.String()[1:]
}

func jsonText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

func parameters(value string) string {
	return `{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission","requestParameters":` + value + `,"x":"lambda:InvokeFunction"}`
}

func match1(more string) string {
	return `{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission","recipientAccountId":"111122223333","requestParameters":{"action":"lambda:InvokeFunction","principal":"444455556666"},` + more + `}`
}

// allowed is how many bytes the filter may allocate for a record of n bytes, garbage
// included: what it holds at one time is less. An alert has its own size, which does
// not depend on the event's.
func allowed(n int, alerts uint64) uint64 { return 64*uint64(n) + 1<<20 + alerts*allowedForAlert }

const allowedForAlert = 32 << 10

// cost returns what it takes a new engine to filter a chunk: bytes allocated in all,
// and time.
func cost(engine *detect.Engine, chunk []byte) (bytes uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	Filter(nil, chunk, engine)
	took = time.Since(start)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

// slowest is how many times as long as ordinary events of the same size a record
// may take.
const slowest = 10

func TestTheCostOfARecordIsInProportionToItsSize(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates and waits")
	}
	const n = 100_000
	ordinary := []byte(event(t, `{"Records":[`+repeat(strings.Replace(match, "444455556666", "*", 1), ",", n)+`]}`))
	for _, format := range []alert.Format{alert.FormatNative, alert.FormatECS, alert.FormatOCSF} {
		engine := func() *detect.Engine {
			return newEngine(t, func(o *detect.Options) { o.AlertFormat, o.Coverage = format, alert.CoverExtended })
		}
		perByte := math.Inf(1)
		for _, h := range hostile {
			in := []byte(event(t, h.text(n)))
			best := math.Inf(1)
			for try := 0; try == 0 || try < 20 && best > slowest*perByte; try++ {
				_, took := cost(engine(), ordinary)
				perByte = min(perByte, float64(took)/float64(len(ordinary)))
				e := engine()
				bytes, took := cost(e, in)
				alerts := e.Stats().Alerts
				best = min(best, float64(took)/float64(len(in)))
				if alerts > 10 { // to write one takes as long as to read 1,000 bytes
					best = min(best, float64(took)/float64(1000*alerts))
				}
				if most := allowed(len(in), alerts); bytes > most {
					t.Errorf("format %d, %s: %d bytes with %d alerts take %d bytes, allowed are %d", format, h.name, len(in), alerts, bytes, most)
					break
				}
			}
			if best > slowest*perByte {
				t.Errorf("format %d, %s: it takes %.0f times as long as ordinary events", format, h.name, best/perByte)
			}
		}
	}
}

// FuzzCost looks for records that take more memory than [allowed].
func FuzzCost(f *testing.F) {
	for _, h := range hostile {
		f.Add([]byte(h.text(500)))
	}
	e := newEngine(f, func(o *detect.Options) {
		o.Coverage = alert.CoverExtended
		o.Search = func([]byte) bool { return true } // nothing is passed over
		o.SearchFrom = nil
	})
	f.Fuzz(func(t *testing.T, text []byte) {
		body, err := document.AppendFromJSON(nil, text)
		if err != nil {
			body = msgp.AppendString([]byte("\x81\xa3log"), string(text))
		}
		in := append([]byte(header), body...)
		before := e.Stats().Alerts
		if bytes, _ := cost(e, in); bytes > allowed(len(in), e.Stats().Alerts-before) {
			t.Errorf("%d bytes take %d bytes", len(in), bytes)
		}
	})
}
