package chunk

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

// generator makes chunks of everything that can be in one, in every encoding
// that MessagePack allows.
type generator struct {
	*rand.Rand
	t  testing.TB
	id int
}

// record is one value of a generated chunk.
type record struct {
	raw   []byte
	parts int // how many records it becomes if lists are split
	event bool
}

func (g *generator) one(of ...string) string { return of[g.Intn(len(of))] }

func (g *generator) chance(percent int) bool { return g.Intn(100) < percent }

// quote makes JSON text a string in JSON, with some needless escapes.
func (g *generator) quote(text string) string {
	odd := 0
	if g.chance(30) {
		odd = g.Intn(20)
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c < 0x80 && g.chance(odd), c < ' ':
			fmt.Fprintf(&b, g.one(`\u%04x`, `\u%04X`), c)
		case c == '"', c == '\\':
			if g.chance(5) {
				fmt.Fprintf(&b, g.one(`\u%04x`, `\u%04X`), c)
			} else {
				b.WriteString(`\` + string(rune(c)))
			}
		case c == '/' && g.chance(20):
			b.WriteString(`\/`)
		case (c == '<' || c == '>' || c == '&' || c == '=') && g.chance(50):
			fmt.Fprintf(&b, `\u%04x`, c) // Go's and Gson's writers do
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// event is a CloudTrail event as JSON: ordinary, a match, or nearly one.
func (g *generator) event() string {
	g.id++
	action, source, name, principal, extra := "lambda:InvokeFunction", "lambda.amazonaws.com", "AddPermission20150331v2", "444455556666", ""
	switch g.Intn(22) {
	case 0, 1, 2, 3, 4: // a match
	case 5:
		name = g.one("addpermission", "ADDPERMISSION20150331V2", "AddPermission")
	case 6:
		name = g.one("AddLayerVersionPermission20181031", "Invoke", "RemovePermission20150331v2", "AddPermi\u017f\u017fion", "Add\u212aPermission")
	case 7:
		action = g.one("lambda:*", "*", "lambda:invokefunction", "lambda:GetFunction", "lambda:InvokeFunctionUrl", "lambda:Invoke")
	case 8:
		action = g.one(action, action, "lambda:*", "lambda:GetFunction")
		principal = g.one("*", "s3.amazonaws.com", "alexa-appkit.amazon.com", "arn:aws:iam::444455556666:role/x.amazonaws.com", "arn:aws:iam::444455556666:root")
		if g.chance(50) {
			source := g.one(`"sourceArn":"arn:aws:s3:::b"`, `"sourceAccount":"111122223333"`, `"eventSourceToken":"amzn1.ask.skill.1"`, `"sourceArn":"arn:aws:sns:eu-west-1:*:t"`)
			extra = fmt.Sprintf(`,"requestParameters":{"functionName":"f","action":%q,"principal":%q,%s}`, action, principal, source)
		}
	case 9:
		extra = `,"errorCode":` + g.one(`"AccessDenied"`, `""`, `null`, `{}`)
	case 10:
		extra = `,"lambda:InvokeFunction":1`
	case 11:
		source = g.one("iam.amazonaws.com", "LAMBDA.amazonaws.com", "lambda.amazonaws.com.evil")
	case 12:
		extra = `,"alert":` + g.one(`"mine"`, `{"severity":"low"}`, `null`) + `,"alerts":[]`
	case 13:
		return `{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2"` + g.one(``, `,"requestParameters":"{action=lambda:InvokeFunction}"`) + `}`
	case 14:
		extra = `,"requestParameters":` + g.one(`null`, `{}`, `[]`, `{"action":["lambda:InvokeFunction",null]}`, `{"action":"lambda:Invoke","b":"Function"}`)
	case 15:
		extra = `,"log":"lambda:InvokeFunction Records logEvents {","size":1.5,"big":18446744073709551615,"less":-70000`
	default: // ordinary
		name, source = g.one("Invoke", "GetObject", "CreateUser", "AssumeRole"), g.one("lambda.amazonaws.com", "s3.amazonaws.com", "iam.amazonaws.com")
		action = g.one("read", "lambda:Invoke")
	}
	return fmt.Sprintf(`{"eventVersion":"1.09","eventTime":"2025-06-18T10:00:%02dZ","eventSource":%q,"eventName":%q,"eventID":"id-%d",`+
		`"awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":%s,`+
		`"requestParameters":{"functionName":"f","action":%q,"principal":%q},"responseElements":null%s}`, g.Intn(60), source, name, g.id, g.identity(), action, principal, extra)
}

// identity is who makes a call: mostly a user, now and then one without an ARN.
func (g *generator) identity() string {
	const user = `{"accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/alice"}`
	return g.one(user, user, user, user,
		`{"type":"AWSService","invokedBy":"config.amazonaws.com"}`,
		`{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"u","identityStoreArn":"s"}}`,
		`{"type":"WebIdentityUser","principalId":"p","userName":"alice","identityProvider":"accounts.google.com"}`,
		`null`, `"alice"`)
}

// ecs is such an event as Elastic's document.
func (g *generator) ecs() string {
	text := g.one("{functionName=f, action=lambda:InvokeFunction, principal=444455556666}", "{functionName=f, action=lambda:*, principal=444455556666}",
		"{functionName=f, principal=*, action=lambda:InvokeFunction}", "{functionName=f}")
	g.id++
	if g.chance(50) {
		return fmt.Sprintf(`{"event":{"provider":"lambda.amazonaws.com","action":%q,"outcome":%q,"id":"id-%d"},"data_stream":{"dataset":"aws.cloudtrail"},"aws":{"cloudtrail":{"request_parameters":%q}}}`,
			g.one("AddPermission20150331v2", "Invoke"), g.one("success", "failure"), g.id, text)
	}
	return fmt.Sprintf(`{"event.provider":"lambda.amazonaws.com","event.action":%q,"event.outcome":"success","event.id":"id-%d","data_stream.dataset":"aws.cloudtrail","aws.cloudtrail.request_parameters":%q}`,
		g.one("AddPermission20150331v2", "Invoke"), g.id, text)
}

// body is the JSON of a record, and how many it is split into.
func (g *generator) body() (text string, parts int) {
	switch g.Intn(26) {
	case 20, 21, 22, 23:
		return g.unusual(), 1
	case 24:
		return g.asTable(g.event()), 1
	case 25:
		list, n := g.list(func() string { return g.event() })
		return `{"stream":"stdout","log":` + g.quote(g.quote(`{"Records":`+list+`}`)) + `}`, n
	case 0, 1, 2, 3, 4:
		return g.event(), 1
	case 5:
		return g.ecs(), 1
	case 6, 7:
		return `{"stream":"stdout","` + g.one("log", "message", "_raw", "event", "Body", "Message") + `":` + g.quote(g.event()) + `}`, 1
	case 8:
		return `{"detail-type":"AWS API Call via CloudTrail","detail":` + g.event() + `}`, 1
	case 9, 10:
		list, n := g.list(func() string { return g.event() })
		return `{"Records":` + list + g.one(``, `,"host":"h"`, g.beside()) + `}`, n
	case 11:
		list, n := g.list(func() string { return g.event() })
		return `{"log":` + g.quote(`{"Records":`+list+`}`) + `,"stream":"stdout"}`, n
	case 12:
		list, n := g.list(func() string { return `{"id":"1","message":` + g.quote(g.event()) + `}` })
		return `{"messageType":"DATA_MESSAGE","logEvents":` + list + g.one(``, g.beside()) + `}`, n
	case 13:
		list, n := g.list(func() string { return `{"body":` + g.quote(`{"Message":`+g.quote(g.event())+`}`) + `}` })
		return `{"Records":` + list + `}`, n
	case 14:
		list, n := g.list(func() string { return `{"EventId":"1","CloudTrailEvent":` + g.quote(g.event()) + `}` })
		return `{"Events":` + list + g.one(``, g.beside()) + `}`, n
	case 15:
		list, _ := g.list(func() string { return g.event() })
		return `{"log":` + g.quote(list) + `}`, 1
	case 16:
		return `{"log":` + g.quote(g.event()) + `,"message":` + g.quote(g.event()) + `,"event":` + g.one(`{}`, `{"detail":{}}`, `"{"`, g.event()) + `}`, 1
	case 17:
		return g.one(
			`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`,
			`{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"CWL CONTROL MESSAGE"}]}`,
			`{"Service":"Amazon S3","Event":"s3:TestEvent"}`,
			`{"log":"GET / HTTP/1.1 lambda:InvokeFunction"}`,
			`{"log":"{broken lambda:InvokeFunction"}`,
			`{"lambda:InvokeFunction":{"AddPermission":"lambda.amazonaws.com"}}`,
			`{}`), 1
	case 18:
		return `{"log":` + g.quote(g.ecs()) + `}`, 1
	}
	return `{"log":"` + g.one("lambda:Invoke", "AddPermis", "Function", "plain") + `","n":` + fmt.Sprint(g.Int63()) + `}`, 1
}

// unusual is a record with events in a place that mostly has an event as JSON
// text.
func (g *generator) unusual() string {
	value := g.event()
	switch g.Intn(9) {
	case 0:
		value, _ = g.list(g.event)
	case 1:
		value, _ = g.list(func() string { return g.quote(g.event()) })
	case 2:
		value = g.quote(g.one("2025-06-18T10:00:00Z stdout F ", "<134>1 host {x} - ", "\ufeff", "\x1e") + g.event())
	case 3:
		value = g.quote(g.event() + g.one("", "\n", ", ", "\r\n\ufeff", "\n\x1e", " words ") + g.event() + g.one("", "\n", "}", " and more"))
	case 4:
		broken := g.event()
		value = g.quote(g.event() + "\n" + broken[:g.Intn(len(broken))] + "\n" + g.event())
	case 5:
		value = g.quote(g.quote(g.event()))
	case 6:
		inside := g.quote(g.event())
		value = g.quote(inside[1 : len(inside)-1])
	case 7:
		list, _ := g.list(g.event)
		value = g.quote(`{"Records":` + list[:1+g.Intn(len(list)-1)])
	}
	key := g.one("log", "message", "body", "eventJson", "eventData", "_source", "log_processed", "attributes", "Records", "event.original", "result._raw", "body.stringValue")
	if key == "Records" && value[0] == '[' {
		key = "log" // it would be split
	}
	return g.one(`{"event":{"original":`+value+`}}`, `{"result":{"_raw":`+value+`},"offset":1}`, `{"body":{"stringValue":`+value+`}}`,
		`{"`+key+`":`+value+`,"stream":"stdout"}`, `{"`+key+`":`+value+`}`)
}

// asTable is an event as a row of a table has it: with text instead of structures,
// and mostly with keys in lower case.
func (g *generator) asTable(event string) string {
	head, rest, found := strings.Cut(event, `"requestParameters":{`)
	parameters, tail, closed := strings.Cut(rest, "}")
	if found && closed {
		event = head + `"requestParameters":` + g.one(g.quote(`{`+parameters+`}`), `"{functionName=f, action=lambda:InvokeFunction, principal=444455556666}"`) + tail
	}
	if g.chance(30) {
		return event
	}
	lower := strings.NewReplacer("eventVersion", "eventversion", "eventTime", "eventtime", "eventSource", "eventsource", "eventName", "eventname",
		"eventID", "eventid", "awsRegion", "awsregion", "recipientAccountId", "recipientaccountid", "userIdentity", "useridentity", "accountId", "accountid",
		"requestParameters", "requestparameters", "responseElements", "responseelements", "errorCode", "errorcode")
	return lower.Replace(event)
}

// beside is what is beside a list: keys of an event. Once the list is split, an
// element that lacks them takes them for its own.
func (g *generator) beside() string {
	return g.one(`,"requestParameters":{"functionName":"f","action":"lambda:InvokeFunction","principal":"444455556666"}`,
		`,"errorCode":"AccessDenied"`, `,"data_stream.dataset":"aws.cloudtrail"`, `,"alert":{"severity":"low"}`)
}

// list makes a JSON list, and says how many elements it has.
func (g *generator) list(element func() string) (text string, n int) {
	n = 1 + g.Intn(4)
	var all []string
	for range n {
		all = append(all, element())
	}
	if g.chance(20) {
		all = append(all, g.one(`{"x":1}`, `5`, `null`, `["y"]`, `{"body":"{"}`))
		g.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		n++
	}
	return "[" + strings.Join(all, ",") + "]", n
}

// record makes one value of a chunk.
func (g *generator) record() record {
	if g.chance(4) {
		return record{raw: []byte(g.one("\xc0", "\x05", "\xa3abc", "\x90", "\x93\x01\x02\x03", "\x92\x92"+stamp+"\x80\xa1x", "\x81\xa1a\xb5lambda:InvokeFunction"))}
	}
	text, parts := g.body()
	packed, err := document.AppendFromJSON(nil, []byte(text))
	if err != nil {
		g.t.Fatalf("%s: %v", text, err)
	}
	var header string
	marker := false
	switch g.Intn(12) {
	case 0:
		header = "\x92" + stamp
	case 1:
		header = "\x92\xce\x65\x53\xf1\x00"
	case 2:
		header, marker = g.one("\x92\x92", "\xdd\x00\x00\x00\x02\xdd\x00\x00\x00\x02")+"\xd7\x00\xff\xff\xff"+g.one("\xff", "\xfe")+"\x00\x00\x00\x00\x80", true
	case 3:
		header = "\x92\x92" + stamp + "\x81\xa1k\xb5lambda:InvokeFunction"
	case 4:
		header = "\xdd\x00\x00\x00\x02\xdc\x00\x02\xc7\x08\x00" + stamp[2:] + "\xde\x00\x01\xa7Records\xc0"
	case 5, 6:
		header = "\xdd\x00\x00\x00\x02\xdd\x00\x00\x00\x02" + stamp + "\xdf\x00\x00\x00\x00"
	default:
		header = "\x92\x92" + stamp + "\x80"
	}
	if marker {
		parts = 1
	}
	return record{raw: g.recode([]byte(header), packed), parts: parts, event: !marker}
}

// recode appends value in some other encoding of the same.
func (g *generator) recode(dst, value []byte) []byte {
	odd := g.chance(20)
	switch document.KindOf(value) {
	case document.KindText:
		text, _ := document.Text(value)
		return append(g.head(dst, odd, len(text), 0xa0, 32, 0xd9), text...)
	case document.KindInt, document.KindUint:
		n, ok := document.Int(value)
		if !ok || !odd {
			return append(dst, value...)
		}
		switch {
		case n >= 0 && n < 256 && g.chance(30):
			return append(dst, 0xcc, byte(n))
		case n >= -128 && n < 128 && g.chance(30):
			return append(dst, 0xd0, byte(n))
		}
		return binary.BigEndian.AppendUint64(append(dst, 0xd3), uint64(n))
	case document.KindArray:
		n, _, _ := document.ReadArrayHeader(value)
		dst = g.head(dst, odd, n, 0x90, 16, 0xdb) // 0xdc and 0xdd
		for items := document.OverArray(value); items.Next(); {
			dst = g.recode(dst, items.Value)
		}
		return dst
	case document.KindMap:
		n, _, _ := document.ReadMapHeader(value)
		dst = g.head(dst, odd, n, 0x80, 16, 0xdd) // 0xde and 0xdf
		for pairs := document.OverMap(value); pairs.Next(); {
			dst = g.recode(dst, pairs.Key)
			dst = g.recode(dst, pairs.Value)
		}
		return dst
	}
	return append(dst, value...)
}

// head appends a header for n: in its shortest form, or in a wider one. at8 is
// the code of the form with an 8 bit length; maps and arrays have none.
func (g *generator) head(dst []byte, odd bool, n int, fix byte, below int, at8 byte) []byte {
	width := 0
	if odd {
		width = g.Intn(4)
	}
	switch {
	case width == 0 && n < below:
		return append(dst, fix|byte(n))
	case width <= 1 && at8 == 0xd9 && n < 256:
		return append(dst, at8, byte(n))
	case width <= 2 && n < 65536:
		return binary.BigEndian.AppendUint16(append(dst, at8+1), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, at8+2), uint32(n))
}

// chunk makes a chunk, with garbage at its end now and then.
func (g *generator) chunk() (records []record, garbage string) {
	for range 1 + g.Intn(8) {
		records = append(records, g.record())
	}
	if g.chance(10) {
		garbage = g.one("\xc1", "\x92", "\x92\x92"+stamp+"\x80", "\xdd\xff\xff\xff\xff", "\xc1\x92\x92"+stamp+"\x80\x80", "\xd9\xfflambda:InvokeFunction")
	}
	return records, garbage
}

func joined(records []record, garbage string) []byte {
	var b []byte
	for _, r := range records {
		b = append(b, r.raw...)
	}
	return append(b, garbage...)
}
