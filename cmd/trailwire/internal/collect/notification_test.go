package collect

import (
	"reflect"
	"testing"
)

func TestObjectsAreReadFromEveryKindOfMessage(t *testing.T) {
	const (
		direct = `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"trail"},"object":{"key":"AWSLogs/o-1/a+b%3Dc.json.gz","size":1024,"eTag":"d41d","versionId":"v1","sequencer":"0055"}}}]}`
		quoted = `{\"Records\":[{\"eventSource\":\"aws:s3\",\"awsRegion\":\"eu-west-1\",\"eventName\":\"s3:ObjectCreated:CompleteMultipartUpload\",\"s3\":{\"bucket\":{\"name\":\"trail\"},\"object\":{\"key\":\"k\",\"size\":1}}}]}`
	)
	tests := []struct {
		name, body string
		want       []Object
		test, ok   bool
	}{
		{"S3 by itself, or SNS with raw delivery", direct, []Object{{Bucket: "trail", Key: "AWSLogs/o-1/a b=c.json.gz", Version: "v1", Region: "eu-west-1", Size: 1024, Change: "0055"}}, false, true},
		{"through SNS", `{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-west-1:111122223333:t","Message":"` + quoted + `"}`, []Object{{Bucket: "trail", Key: "k", Region: "eu-west-1", Size: 1}}, false, true},
		{"through EventBridge, whose keys are not encoded", `{"version":"0","detail-type":"Object Created","source":"aws.s3","account":"111122223333","region":"us-east-2","detail":{"version":"0","bucket":{"name":"trail"},"object":{"key":"a+b%3D.json.gz","size":5,"version-id":"v2","sequencer":"1"}}}`, []Object{{Bucket: "trail", Key: "a+b%3D.json.gz", Version: "v2", Region: "us-east-2", Size: 5, Change: "1"}}, false, true},
		{"CloudTrail's own, through SNS", `{"Type":"Notification","Message":"{\"s3Bucket\":\"trail\",\"s3ObjectKey\":[\"x.json.gz\",\"y.json.gz\"]}"}`, []Object{{Bucket: "trail", Key: "x.json.gz", Size: -1}, {Bucket: "trail", Key: "y.json.gz", Size: -1}}, false, true},
		{"several records", `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Copy","s3":{"bucket":{"name":"a"},"object":{"key":"1"}}},{"eventSource":"aws:s3","eventName":"ObjectCreated:Post","s3":{"bucket":{"name":"a"},"object":{"key":"2"}}}]}`, []Object{{Bucket: "a", Key: "1", Size: -1}, {Bucket: "a", Key: "2", Size: -1}}, false, true},
		{"S3's test", `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-27T00:00:00.000Z","Bucket":"trail"}`, nil, true, true},
		{"S3's test through SNS", `{"Type":"Notification","Message":"{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Bucket\":\"trail\"}"}`, nil, true, true},
		{"CloudTrail's test through SNS", `{"Type":"Notification","Message":"CloudTrail validation message."}`, nil, true, true},
		{"a deletion", `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"a"},"object":{"key":"1"}}}]}`, nil, false, false},
		{"a key that is not encoded well", `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"a"},"object":{"key":"50%.json"}}}]}`, []Object{{Bucket: "a", Key: "50%.json", Size: -1}}, false, true},
		{"no key", `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"a"},"object":{}}}]}`, nil, false, false},
		{"another service's records", `{"Records":[{"eventSource":"aws:sqs","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"a"},"object":{"key":"1"}}}]}`, nil, false, false},
		{"an event of CloudTrail itself", `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","detail":{"eventName":"PutObject"}}`, nil, false, false},
		{"envelopes without end", `{"Type":"Notification","Message":"{\"Type\":\"Notification\",\"Message\":\"{\\\"Type\\\":\\\"Notification\\\",\\\"Message\\\":\\\"{}\\\"}\"}"}`, nil, false, false},
		{"text", "hello", nil, false, false},
		{"nothing", "", nil, false, false},
		{"a number", "12", nil, false, false},
		{"fields of other types", `{"Records":{"a":1}}`, nil, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := readNotification(test.body)
			if ok != test.ok || got.test != test.test || len(got.objects) != len(test.want) || len(test.want) > 0 && !reflect.DeepEqual(got.objects, test.want) {
				t.Errorf("got %+v %v", got, ok)
			}
		})
	}
}

func FuzzReadNotification(f *testing.F) {
	f.Add(`{"Type":"Notification","Message":"{}"}`)
	f.Add(`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"a"},"object":{"key":"1"}}}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		n, ok := readNotification(body)
		if ok != (n.test || len(n.objects) > 0) {
			t.Errorf("%+v %v", n, ok)
		}
		for _, o := range n.objects {
			if o.Bucket == "" || o.Key == "" {
				t.Errorf("%+v", o)
			}
		}
	})
}
