// Package testaws gives tests a server that plays S3 and SQS, with the protocols that
// the AWS SDK speaks. npm brings it; without npm, or without a network the first time,
// the tests that need it are skipped.
package testaws

import (
	"bytes"
	"context"
	"crypto/md5" // S3 names content by it
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The server, and a node that can run it.
const (
	server     = "fauxqs@2.4.1"
	node       = "node@22"
	folderName = "trailwire-fauxqs-2.4.1"
)

// Server is a server that runs.
type Server struct {
	// Endpoint is what AWS_ENDPOINT_URL is to be.
	Endpoint string
	t        testing.TB
}

// Start starts a server, until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	modules := install(t)
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
	s := &Server{Endpoint: "http://127.0.0.1:" + port, t: t}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if r, err := http.Get(s.Endpoint + "/health"); err == nil {
			r.Body.Close()
			return s
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// install returns the folder node_modules with the server. It is kept for the next run.
func install(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip("no cache folder for the server that plays AWS")
	}
	folder := filepath.Join(cache, folderName)
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
	fresh, err := os.MkdirTemp(cache, folderName+".*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "install", "--no-audit", "--no-fund", "--prefix", fresh, server, node)
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

// Environment is what a process needs to reach the server.
func (s *Server) Environment() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + s.Endpoint, "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1",
	}
}

// MakeBucket makes a bucket.
func (s *Server) MakeBucket(bucket string) { s.call(http.MethodPut, "/"+bucket, nil, nil) }

// maxPart is how many bytes are sent in one request. The server refuses more than some
// megabytes, and S3 takes no part of less than 5 MiB but the last.
const maxPart = 5 << 20

// Put writes an object.
func (s *Server) Put(bucket, key string, content []byte) {
	s.t.Helper()
	path := "/" + bucket + "/" + (&url.URL{Path: key}).EscapedPath()
	if len(content) <= maxPart {
		s.call(http.MethodPut, path, content, nil)
		return
	}
	var upload struct{ UploadId string }
	if err := xml.Unmarshal(s.call(http.MethodPost, path+"?uploads", nil, nil), &upload); err != nil {
		s.t.Fatal(err)
	}
	of := "uploadId=" + url.QueryEscape(upload.UploadId)
	var parts strings.Builder
	number := 0
	for part := range slices.Chunk(content, maxPart) {
		number++
		s.call(http.MethodPut, fmt.Sprintf("%s?partNumber=%d&%s", path, number, of), part, nil)
		fmt.Fprintf(&parts, `<Part><PartNumber>%d</PartNumber><ETag>"%x"</ETag></Part>`, number, md5.Sum(part))
	}
	all := "<CompleteMultipartUpload>" + parts.String() + "</CompleteMultipartUpload>"
	s.call(http.MethodPost, path+"?"+of, []byte(all), http.Header{"Content-Type": {"application/xml"}})
}

// MakeQueue makes a queue and returns its URL.
func (s *Server) MakeQueue(name string) string { return s.makeQueue(name, nil) }

// MakeQueueWithDeadLetters makes a queue, and one beside it that gets what was received
// so many times. It returns their URLs.
func (s *Server) MakeQueueWithDeadLetters(name string, receives int) (queue, deadLetters string) {
	deadLetters = s.MakeQueue(name + "-dead-letters")
	arn := "arn:aws:sqs:us-east-1:000000000000:" + name + "-dead-letters"
	policy := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"%d"}`, arn, receives)
	return s.makeQueue(name, map[string]string{"RedrivePolicy": policy}), deadLetters
}

func (s *Server) makeQueue(name string, attributes map[string]string) string {
	s.t.Helper()
	var made struct{ QueueUrl string }
	s.sqs("CreateQueue", map[string]any{"QueueName": name, "Attributes": attributes}, &made)
	return made.QueueUrl
}

// Send sends a message to a queue.
func (s *Server) Send(queue, body string) {
	s.sqs("SendMessage", map[string]any{"QueueUrl": queue, "MessageBody": body}, nil)
}

// Left returns how many messages a queue has, those included that somebody has received.
func (s *Server) Left(queue string) int {
	const visible, hidden = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
	var of struct{ Attributes map[string]string }
	s.sqs("GetQueueAttributes", map[string]any{"QueueUrl": queue, "AttributeNames": []string{"All"}}, &of)
	left := 0
	for _, name := range []string{visible, hidden} {
		var n int
		if _, err := fmt.Sscan(of.Attributes[name], &n); err != nil {
			s.t.Errorf("%s of %s: %v", name, queue, err)
		}
		left += n
	}
	return left
}

func (s *Server) sqs(action string, in, out any) {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	answer := s.call(http.MethodPost, "/", body, http.Header{
		"X-Amz-Target": {"AmazonSQS." + action}, "Content-Type": {"application/x-amz-json-1.0"},
	})
	if out == nil {
		return
	}
	if err := json.Unmarshal(answer, out); err != nil {
		s.t.Fatalf("%s: %v: %s", action, err, answer)
	}
}

func (s *Server) call(method, path string, body []byte, header http.Header) []byte {
	s.t.Helper()
	request, err := http.NewRequest(method, s.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if header != nil {
		request.Header = header
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s: %v: %s", method, path, answer.Status, err, text)
	}
	return text
}
