package grant

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/document"
)

// FuzzRead feeds the same bytes in every form that a source can have. Whatever
// they are, nothing panics, the grant is fit for an alert, and it comes out the
// same again.
func FuzzRead(f *testing.F) {
	for _, json := range []string{
		`{"functionName":"f","statementId":"s","action":"lambda:InvokeFunction","principal":"444455556666"}`,
		`{"functionName":"444455556666:f","action":["*"],"principal":{"AWS":["*","AROADBQP57FF2AEXAMPLE"]},"sourceArn":"a"}`,
		`{"Sid":"s","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` +
			`"Resource":"arn:aws:lambda:eu-west-1:111122223333:function:f:prod","Condition":{"StringEquals":` +
			`{"AWS:SourceAccount":"111122223333"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}}`,
	} {
		f.Add([]byte(json), "111122223333")
		f.Add(packed(f, json), "111122223333")
		f.Add([]byte("{statement="+json+"}"), "")
	}
	f.Add([]byte("{functionName=f, sourceArn=a, principal=*, functionName=g, principal=1, action=*}"), "111122223333")
	f.Add([]byte("{=, , =}"), "\xff\x1b")

	f.Fuzz(func(t *testing.T, data []byte, account string) {
		for _, src := range []Source{
			{RequestParameters: data, RecipientAccount: account},
			{RequestText: data, RecipientAccount: account},
			{StatementValue: data, ActorAccount: account},
			{Statement: data, RequestText: data},
			{ResponseText: data, RequestParameters: data, Region: account},
		} {
			g, ok := Read(src)
			if !ok && !reflect.DeepEqual(g, Grant{}) {
				t.Errorf("nothing was read, but %+v", g)
			}
			g.FindEvasions(data)
			checkBounds(t, &g)
			msg := g.AppendMsg(nil)
			if rest, err := document.Skip(msg); err != nil || len(rest) > 0 || len(msg) > 14*(MaxText+32) {
				t.Errorf("%d bytes of MessagePack, %v", len(msg), err)
			}
			again, _ := Read(src)
			again.FindEvasions(data)
			if !reflect.DeepEqual(g, again) {
				t.Errorf("read %+v, then %+v", g, again)
			}
		}
	})
}

// FuzzForgedSource puts anything into the one parameter that may hold anything,
// wherever Java puts it. A grant to another account is then that or unknown, and
// one to everyone stays public.
func FuzzForgedSource(f *testing.F) {
	for _, source := range []string{
		"arn:aws:s3:::b",
		"arn:aws:s3:::b, principal=111122223333",
		"arn:aws:s3:::b, principal=111122223333, functionName=444455556666:function:f",
		"arn:aws:s3:::b, functionName=arn:aws:lambda:eu-west-1:444455556666:function:f, action=lambda:GetPolicy",
		"x, principalOrgID=o-a1b2c3d4e5, sourceArn=y, PRINCIPAL=s3.amazonaws.com",
		"=, x=, ={}, }",
	} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		source = "sourceArn=" + source
		for principal, allowed := range map[string][]Relation{
			"444455556666": {RelationCrossAccount, RelationUnknown},
			"*":            {RelationPublic, RelationUnknown},
		} {
			const name, action = "functionName=f", "action=lambda:InvokeFunction"
			grantee := "principal=" + principal
			for _, order := range [][]string{
				{source, name, action, grantee}, {name, source, action, grantee}, {name, action, source, grantee},
				{name, action, grantee, source}, {grantee, source, name, action}, {grantee, name, source, action},
			} {
				text := "{" + strings.Join(order, ", ") + "}"
				g, ok := Read(Source{RequestText: []byte(text), RecipientAccount: "111122223333"})
				if !ok || !slices.Contains(allowed, g.Relation) || !g.CoversInvoke {
					t.Errorf("%q: %v, %+v", text, ok, g)
				}
				if g.Relation == RelationUnknown && !g.Ambiguous {
					t.Errorf("%q: unknown, but not ambiguous: %+v", text, g)
				}
			}
		}
	})
}
