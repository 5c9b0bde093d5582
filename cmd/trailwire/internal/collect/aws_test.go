package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// The server that plays S3 and SQS, and a node that can run it.
const (
	server       = "fauxqs@2.4.1"
	serversNode  = "node@22"
	serverFolder = "trailwire-fauxqs-2.4.1"
)

// startServer starts a server of S3 and SQS and returns its clients, with a bucket
// and a queue. It skips the test if npm cannot bring the server.
func startServer(t *testing.T) (a *AWS, files *s3.Client, queues *sqs.Client) {
	t.Helper()
	modules := installServer(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	cmd := exec.Command(filepath.Join(modules, ".bin", "node"), filepath.Join(modules, ".bin", "fauxqs"))
	cmd.Env = append(os.Environ(), "FAUXQS_PORT="+port, "FAUXQS_LOGGER=false")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	endpoint := "http://127.0.0.1:" + port
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if r, err := http.Get(endpoint + "/health"); err == nil {
			r.Body.Close()
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "us-east-1")
	a, err = Open(t.Context(), Account{})
	if err != nil {
		t.Fatal(err)
	}
	return a, a.files, sqs.NewFromConfig(a.config)
}

// installServer returns the folder node_modules with the server. It is kept for the
// next run.
func installServer(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip("no cache folder for the server that plays AWS")
	}
	folder := filepath.Join(cache, serverFolder)
	modules := filepath.Join(folder, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, ".bin", "fauxqs")); err == nil {
		return modules
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("no npm on path, which brings the server that plays AWS")
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(cache, serverFolder+".*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "install", "--no-audit", "--no-fund", "--allow-scripts=node", "--prefix", fresh, server, serversNode)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("%s", out)
		t.Skip("npm cannot bring the server that plays AWS")
	}
	if err := os.Rename(fresh, folder); err != nil {
		if _, err := os.Stat(modules); err != nil { // another run was not faster
			t.Fatal(err)
		}
	}
	return modules
}

func put(t *testing.T, files *s3.Client, key string, content []byte) {
	t.Helper()
	if _, err := files.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("trail"), Key: &key, Body: bytes.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
}

func TestAnObjectOfS3GoesThroughAQueueOfSQS(t *testing.T) {
	a, files, queues := startServer(t)
	if _, err := files.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("trail")}); err != nil {
		t.Fatal(err)
	}
	made, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
	if err != nil {
		t.Fatal(err)
	}
	url := *made.QueueUrl
	const events = 30_000
	put(t, files, "AWSLogs/a b=c.json.gz", zipped(logFile(events)))
	for _, body := range []string{
		strings.ReplaceAll(created("AWSLogs/a+b%3Dc.json.gz"), "us-east-1", ""), created("gone"), `{"Event":"s3:TestEvent"}`, "hello",
	} {
		if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	to := &receiver{}
	c := New(Options{Store: a, Destination: to, Log: func(line string) { t.Log(line) }})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		for ctx.Err() == nil && sum(c.counts.messages) < 4 {
			sleep(ctx, 20*time.Millisecond)
		}
		cancel()
	}()
	c.Queue(ctx, a.Queue(url), 3)
	if len(to.got) != events {
		t.Errorf("%d events", len(to.got))
	}
	left, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil || left.Attributes["ApproximateNumberOfMessages"] != "0" || left.Attributes["ApproximateNumberOfMessagesNotVisible"] != "0" {
		t.Errorf("%v: messages are left: %v", err, left.Attributes)
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
	a, files, _ := startServer(t)
	if _, err := files.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("trail")}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"p/c", "p/a", "x", "p/b"} {
		put(t, files, key, []byte("{}"))
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
