package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/internal/testaws"
)

// startServer starts a server of S3 and SQS with an empty bucket.
func startServer(t *testing.T) (*AWS, *testaws.Server) {
	t.Helper()
	s := testaws.Start(t)
	for _, variable := range s.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	a, err := Open(t.Context(), Account{})
	if err != nil {
		t.Fatal(err)
	}
	s.MakeBucket("trail")
	return a, s
}

// messages returns how many messages were settled.
func messages(c *Collector) (n float64) {
	for _, r := range MessageResults {
		n += value(c.counts.messages.WithLabelValues(string(r)))
	}
	return n
}

func TestAnObjectOfS3GoesThroughAQueueOfSQS(t *testing.T) {
	a, s := startServer(t)
	queue := s.MakeQueue("q")
	const events = 30_000
	s.Put("trail", "AWSLogs/a b=c.json.gz", zipped(logFile(events)))
	for _, body := range []string{created("AWSLogs/a+b%3Dc.json.gz"), created("gone"), `{"Event":"s3:TestEvent"}`, "hello"} {
		s.Send(queue, body)
	}
	to := &receiver{}
	c := New(Options{Store: a, Destination: to, Log: func(line string) { t.Log(line) }})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		for ctx.Err() == nil && messages(c) < 4 {
			sleep(ctx, 20*time.Millisecond)
		}
		cancel()
	}()
	c.Queue(ctx, a.Queue(queue), 3)
	if len(to.got) != events {
		t.Errorf("%d events", len(to.got))
	}
	if left := s.Left(queue); left > 0 {
		t.Errorf("%d messages are left", left)
	}
	for _, result := range []Result{Delivered, Gone} {
		if n := value(c.counts.objects.WithLabelValues(string(result))); n != 1 {
			t.Errorf("%v objects are %s", n, result)
		}
	}
	if _, err := a.Open(t.Context(), Object{Bucket: "nowhere", Key: "k"}); err == nil {
		t.Error("an object of no bucket is there")
	}
}

func TestABucketIsListedInOrderAfterAKey(t *testing.T) {
	a, s := startServer(t)
	for _, key := range []string{"p/c", "p/a", "x", "p/b"} {
		s.Put("trail", key, []byte("{}"))
	}
	var keys []string
	err := a.List(t.Context(), "trail", "p/", "p/a", func(o Object, modified time.Time) bool {
		if o.Size != 2 || time.Since(modified) > time.Hour {
			t.Errorf("%+v of %v", o, modified)
		}
		keys = append(keys, o.Key)
		return true
	})
	if err != nil || !slices.Equal(keys, []string{"p/b", "p/c"}) {
		t.Errorf("%q, %v", keys, err)
	}
}

// cutting is a server of one object. Each answer but the last breaks off.
type cutting struct {
	content []byte
	tag     string
	asked   []string // the ranges
	each    int      // bytes of an answer
}

func (s *cutting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.Header.Get("Range")+r.Header.Get("If-Match"))
	at := 0
	if text := r.Header.Get("Range"); text != "" {
		_, _ = fmt.Sscanf(text, "bytes=%d-", &at)
	}
	w.Header().Set("ETag", s.tag)
	w.Header().Set("Content-Length", fmt.Sprint(len(s.content)-at))
	if at > 0 {
		w.WriteHeader(http.StatusPartialContent)
	}
	_, _ = w.Write(s.content[at:min(at+s.each, len(s.content))])
	if at+s.each < len(s.content) {
		panic(http.ErrAbortHandler)
	}
}

func TestAConnectionThatBreaksIsMadeAnew(t *testing.T) {
	for _, test := range []struct {
		name string
		each int
		want int // bytes
	}{
		{"four times", 20_000, 100_000},
		{"too often", 10_000, 60_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &cutting{content: bytes.Repeat([]byte("0123456789"), 10_000), tag: `"t"`, each: test.each}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			web := &http.Server{Handler: s}
			go func() { _ = web.Serve(listener) }()
			defer web.Close()
			t.Setenv("AWS_ENDPOINT_URL", "http://"+listener.Addr().String())
			t.Setenv("AWS_ACCESS_KEY_ID", "id")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			a, err := Open(t.Context(), Account{Region: "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			body, err := a.Open(t.Context(), Object{Bucket: "trail", Key: "k"})
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			got, err := io.ReadAll(body)
			if len(got) != test.want || (err == nil) != (test.want == len(s.content)) || !bytes.Equal(got, s.content[:len(got)]) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if want := fmt.Sprintf(`bytes=%d-"t"`, test.each); s.asked[1] != want {
				t.Errorf("asked for %s, want %s", s.asked[1], want)
			}
		})
	}
}

func TestErrorsOfAWSHaveAMeaning(t *testing.T) {
	for _, test := range []struct {
		name, code string
		status     int
		want       error
	}{
		{"a key that is not there", "NoSuchKey", 404, ErrGone},
		{"a version that is not there", "NoSuchVersion", 404, ErrGone},
		{"no permission", "AccessDenied", 403, ErrDenied},
		{"a key of KMS that is disabled", "KMS.DisabledException", 400, ErrDenied},
		{"an object in an archive", "InvalidObjectState", 403, ErrDenied},
		{"credentials that have expired", "ExpiredToken", 400, nil},
		{"a bucket that is not there", "NoSuchBucket", 404, nil},
		{"an outage", "InternalError", 400, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprintf(w, "<Error><Code>%s</Code><Message>so it is</Message></Error>", test.code)
			})}
			go func() { _ = web.Serve(listener) }()
			defer web.Close()
			t.Setenv("AWS_ENDPOINT_URL", "http://"+listener.Addr().String())
			t.Setenv("AWS_ACCESS_KEY_ID", "id")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			a, err := Open(t.Context(), Account{Region: "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Open(t.Context(), Object{Bucket: "trail", Key: "k"})
			known := errors.Is(err, ErrGone) || errors.Is(err, ErrDenied)
			if err == nil || known != (test.want != nil) || known && !errors.Is(err, test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheRegionIsInTheURLOfAQueue(t *testing.T) {
	for url, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/111122223333/trail":          "eu-west-1",
		"https://sqs.cn-north-1.amazonaws.com.cn/111122223333/trail":      "cn-north-1",
		"https://sqs-fips.us-gov-west-1.amazonaws.com/111122223333/t":     "us-gov-west-1",
		"https://sqs.eu-west-1.api.aws/111122223333/trail":                "eu-west-1",
		"http://127.0.0.1:4566/000000000000/trail":                        "",
		"http://sqs.us-east-1.localhost.localstack.cloud:4566/0000/trail": "",
		"https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/1111/trail":    "",
	} {
		if got := RegionOfQueue(url); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}
