package call_test

import (
	"testing"

	"github.com/trailwire/trailwire/detect/grant/call"
)

func BenchmarkReadOfACallThatIsNotInTheTable(b *testing.B) {
	e := event(b, "s3.amazonaws.com", "GetObject", `"requestParameters": {"bucketName": "b"}`)
	b.ReportAllocs()
	for b.Loop() {
		if call.Read(e, nil) != nil {
			b.Fatal("something was opened")
		}
	}
}

func BenchmarkReadOfABucketPolicy(b *testing.B) {
	e := event(b, "s3.amazonaws.com", "PutBucketPolicy", `"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [
		{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}}`)
	b.ReportAllocs()
	for b.Loop() {
		if call.Read(e, nil) == nil {
			b.Fatal("nothing was opened")
		}
	}
}

func BenchmarkFind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if call.Find("s3.amazonaws.com", "GetObject") != nil {
			b.Fatal("it is not in the table")
		}
	}
}

func BenchmarkReadOfABucketPolicyForTheOwnAccount(b *testing.B) {
	e := event(b, "s3.amazonaws.com", "PutBucketPolicy", `"requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": [
		{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}}`)
	var f call.Fields
	b.ReportAllocs()
	for b.Loop() {
		f.Reset(e, nil, nil)
		if f.Opening() != nil {
			b.Fatal("something was opened")
		}
	}
}
