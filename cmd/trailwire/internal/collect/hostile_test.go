package collect

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// asked answers nothing, and keeps the hosts that it was asked at.
type asked []string

func (a *asked) Do(r *http.Request) (*http.Response, error) {
	*a = append(*a, r.URL.Host)
	return nil, errors.New("no network")
}

// listing answers with a list of keys, encoded where that is asked for.
type listing []string

func (l listing) Do(r *http.Request) (*http.Response, error) {
	encoding := r.URL.Query().Get("encoding-type")
	var b strings.Builder
	b.WriteString("<ListBucketResult><IsTruncated>false</IsTruncated>")
	if encoding != "" {
		b.WriteString("<EncodingType>" + encoding + "</EncodingType>")
	}
	for _, key := range l {
		if encoding == "url" {
			key = strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
		}
		b.WriteString("<Contents><Key>" + key + "</Key><Size>2</Size></Contents>")
	}
	b.WriteString("</ListBucketResult>")
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(b.String())), Request: r}, nil
}

func TestOneKeyDoesNotKeepABucketFromBeingListed(t *testing.T) {
	keys := listing{"a/b c+d%.json", "a/\x1b[31m.json", "a/\x01<Key>", "a/ü.json"}
	c := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")}
	a := &AWS{config: c, files: s3.NewFromConfig(c, func(o *s3.Options) { o.HTTPClient = keys })}
	var got []string
	if err := a.List(t.Context(), "trail", "a/", "", func(o Object, _ time.Time) bool {
		got = append(got, o.Key)
		return true
	}); err != nil || !slices.Equal(got, keys) {
		t.Errorf("%q, %v, want %q", got, err, []string(keys))
	}
}

// Somebody who can write to the queue chooses region, bucket and key. The requests, which
// are signed, go to AWS all the same.
func TestARegionInAMessageLeadsToNoOtherHost(t *testing.T) {
	var hosts asked
	c := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), RetryMaxAttempts: 1}
	a := &AWS{config: c, files: s3.NewFromConfig(c, func(o *s3.Options) { o.HTTPClient = &hosts })}
	for _, o := range []Object{
		{Bucket: "trail", Key: "k"},
		{Bucket: "trail", Key: "k", Region: "us-east-2"},
		{Bucket: "trail", Key: "k", Region: "cn-north-1"},
		{Bucket: "trail", Key: "k", Region: "evil.example"},
		{Bucket: "trail", Key: "k", Region: "evil.example/"},
		{Bucket: "trail", Key: "k", Region: "x@evil.example"},
		{Bucket: "trail", Key: "k", Region: "evil.example:80#"},
		{Bucket: "trail", Key: "k", Region: "x\r\nHost: evil.example"},
		{Bucket: "evil.example/", Key: "k"},
		{Bucket: "x@evil.example", Key: "k"},
		{Bucket: "evil.example#", Key: "k"},
		{Bucket: "evil.example?", Key: "k"},
		{Bucket: "arn:aws:s3:evil.example:111122223333:accesspoint/x", Key: "k"},
		{Bucket: "trail", Key: "//evil.example/k"},
		{Bucket: "trail", Key: "../../k"},
		{Bucket: "trail", Key: "@evil.example/"},
	} {
		before := len(hosts)
		if _, err := a.Open(t.Context(), o); err == nil {
			t.Errorf("%+v is there", o)
		}
		for _, host := range hosts[before:] {
			if !strings.HasSuffix(host, ".amazonaws.com") && !strings.HasSuffix(host, ".amazonaws.com.cn") {
				t.Errorf("%+v asks %s", o, host)
			}
		}
	}
	if len(hosts) < 4 || hosts[0] != "trail.s3.eu-west-1.amazonaws.com" || hosts[1] != "trail.s3.us-east-2.amazonaws.com" {
		t.Errorf("asked were %q: the test shows nothing", hosts)
	}
}
