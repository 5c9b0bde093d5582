package policy

import "testing"

// typical is a key policy as an account with a partner has it: the own account,
// a role elsewhere, a service.
const typical = `{"Version":"2012-10-17","Id":"key-consolepolicy-3","Statement":[
	{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
	{"Sid":"Allow use of the key","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/app","arn:aws:iam::444455556666:role/reader"]},
	 "Action":["kms:Decrypt","kms:DescribeKey"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}},
	{"Sid":"Allow CloudWatch Logs","Effect":"Allow","Principal":{"Service":"logs.eu-west-1.amazonaws.com"},"Action":["kms:Encrypt*","kms:Decrypt*","kms:GenerateDataKey*"],
	 "Resource":"*","Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:eu-west-1:111122223333:*"}}}]}`

func BenchmarkRead(b *testing.B) {
	value, o := packed(b, typical), Options{Owner: owner}
	b.ReportAllocs()
	for b.Loop() {
		if list := Read(value, o); len(list.Grants) != 4 {
			b.Fatal(relations(list))
		}
	}
}

func BenchmarkReadOfAPolicyForTheOwnAccount(b *testing.B) {
	value := packed(b, `{"Version":"2012-10-17","Statement":[{"Sid":"app","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app"},
		"Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}]}`)
	o := Options{Owner: owner, OmitOwn: true}
	b.ReportAllocs()
	for b.Loop() {
		if list := Read(value, o); len(list.Grants) != 0 {
			b.Fatal(relations(list))
		}
	}
}

func BenchmarkReadJSON(b *testing.B) {
	text, o := []byte(typical), Options{Owner: owner}
	b.ReportAllocs()
	for b.Loop() {
		if list := ReadJSON(text, o); len(list.Grants) != 4 {
			b.Fatal(relations(list))
		}
	}
}

// BenchmarkReadHostile reads 10,000 statements.
func BenchmarkReadHostile(b *testing.B) {
	value, o := packed(b, hostilePolicies[0].make(80_000)), Options{Owner: owner}
	b.ReportAllocs()
	b.SetBytes(int64(len(value)))
	for b.Loop() {
		Read(value, o)
	}
}
