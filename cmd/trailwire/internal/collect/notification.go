package collect

import (
	"encoding/json"
	"net/url"
	"strings"
)

// notification is what the body of a message says.
type notification struct {
	objects []Object
	test    bool // nothing happened: a notification was set up
}

// readNotification reads the body of a message: a notification of S3 by itself or
// through SNS, an event of EventBridge, or CloudTrail's own message to SNS. It returns
// false where the body tells of no object. An SNS subscription with raw delivery has
// the body as S3 wrote it.
//
// Shapes: S3 User Guide, "Event message structure" and "Using EventBridge"; SNS
// Developer Guide, "Parsing message formats"; CloudTrail User Guide, "Configuring
// Amazon SNS notifications".
func readNotification(body string) (n notification, ok bool) {
	for range maxEnvelopes {
		var m message
		if json.Unmarshal([]byte(body), &m) != nil {
			return notification{test: strings.HasPrefix(body, "CloudTrail validation message")}, strings.HasPrefix(body, "CloudTrail validation message")
		}
		if m.Type == "Notification" {
			body = m.Message
			continue
		}
		if m.Event == "s3:TestEvent" {
			return notification{test: true}, true
		}
		n.objects = m.objects()
		return n, len(n.objects) > 0
	}
	return notification{}, false
}

// maxEnvelopes is how many envelopes of SNS a message may have around it.
const maxEnvelopes = 3

// message is the union of the shapes.
type message struct {
	// SNS
	Type    string
	Message string
	// S3
	Event   string
	Records []struct {
		EventSource string
		EventName   string
		AWSRegion   string `json:"awsRegion"`
		S3          struct {
			Bucket struct{ Name string }
			Object struct {
				Key       string
				Size      *int64
				VersionID string `json:"versionId"`
				Sequencer string
			}
		} `json:"s3"`
	}
	// EventBridge
	Source     string
	DetailType string `json:"detail-type"`
	Region     string
	Detail     struct {
		Bucket struct{ Name string }
		Object struct {
			Key       string
			Size      *int64
			VersionID string `json:"version-id"`
			Sequencer string
		}
	}
	// CloudTrail
	S3Bucket    string   `json:"s3Bucket"`
	S3ObjectKey []string `json:"s3ObjectKey"`
}

// objects returns the objects that were created. A message of another change tells of
// none.
func (m *message) objects() []Object {
	var all []Object
	for _, r := range m.Records {
		if r.EventSource != "aws:s3" || !strings.HasPrefix(strings.TrimPrefix(r.EventName, "s3:"), "ObjectCreated:") {
			continue
		}
		// S3 encodes keys as forms do; EventBridge and CloudTrail do not.
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			key = r.S3.Object.Key
		}
		all = append(all, Object{
			Bucket: r.S3.Bucket.Name, Key: key, Version: r.S3.Object.VersionID, Region: r.AWSRegion,
			Size: sizeOr(r.S3.Object.Size), Change: r.S3.Object.Sequencer,
		})
	}
	if m.Source == "aws.s3" && m.DetailType == "Object Created" {
		d := m.Detail
		all = append(all, Object{
			Bucket: d.Bucket.Name, Key: d.Object.Key, Version: d.Object.VersionID, Region: m.Region,
			Size: sizeOr(d.Object.Size), Change: d.Object.Sequencer,
		})
	}
	for _, key := range m.S3ObjectKey {
		all = append(all, Object{Bucket: m.S3Bucket, Key: key, Size: -1})
	}
	named := all[:0]
	for _, o := range all {
		if o.Bucket != "" && o.Key != "" {
			named = append(named, o)
		}
	}
	return named
}

func sizeOr(size *int64) int64 {
	if size == nil {
		return -1
	}
	return *size
}
