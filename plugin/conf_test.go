package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// These tests start every configuration in conf/. They send an event through
// those whose inputs and outputs can run on one machine: alerts go to servers
// of the test, and Kafka is librdkafka's broker for tests.

// configurations returns the names of those in conf/.
func configurations(t *testing.T) (names []string) {
	t.Helper()
	for _, pattern := range []string{"*.yaml", "*.conf"} {
		found, err := filepath.Glob(filepath.Join("../conf", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if name := filepath.Base(path); name != "plugins.conf" && name != "parsers.conf" {
				names = append(names, name)
			}
		}
	}
	if len(names) < 10 {
		t.Fatalf("only %q in conf", names)
	}
	return names
}

// install makes a folder with a configuration and the files beside it, whose
// plugins are those of these sources.
func install(t *testing.T, name string, settings map[string]string) (dir, text string) {
	t.Helper()
	dir = folder(t)
	for _, sub := range []string{"in", "out", "production", "sandbox"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]string{}
	for key, value := range settings {
		all[key] = value
	}
	source := read(t, filepath.Join("../conf", name))
	for key, value := range map[string]string{
		"CLOUDTRAIL_LOGS":    filepath.Join(dir, "in", "*.json"),
		"CLOUDTRAIL_OFFSETS": filepath.Join(dir, "in", ".offsets.db"),
		"OUTPUT_FOLDER":      filepath.Join(dir, "out"),
		"BUFFER_FOLDER":      filepath.Join(dir, "buffer"),
	} {
		if regexp.MustCompile(`(?m)^(  |@SET )` + key + `[:=]`).MatchString(source) {
			all[key] = value
		}
	}
	scripts, err := filepath.Glob("../conf/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		write(t, filepath.Join(dir, filepath.Base(script)), read(t, script))
	}
	return dir, shipped(t, dir, name, all)
}

// A dry run checks the names of properties (5.1 does, 4.2 hardly anything), and
// starts no plugin.
func TestEveryConfigurationPassesADryRun(t *testing.T) {
	t.Parallel()
	for _, name := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				dir, _ := install(t, name, nil)
				out, code := fb.run(t, dir, "--dry-run", "-c", name)
				if code != 0 || !strings.Contains(out, "configuration test is successful") {
					t.Errorf("exit code %d:\n%s", code, out)
				}
			})
		})
	}
}

// Every plugin starts with its settings, although nothing that the
// configuration names can be reached.
func TestEveryConfigurationStarts(t *testing.T) {
	t.Parallel()
	for _, name := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "output-") {
				t.Skip("its own test runs it, with certificates")
			}
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				dir, text := install(t, name, nil)
				for _, listens := range []string{"24224", "8888", "2021"} {
					text = regexp.MustCompile(`(?mi)((?:_|^\s+)port(?::|=| +) *)`+listens+`$`).ReplaceAllString(text, "${1}"+freePort(t))
				}
				text = regexp.MustCompile(`(?m)^((?:  |@SET )FORWARD_TLS(?:: |=))on$`).ReplaceAllString(text, "${1}off")
				text = strings.ReplaceAll(text, "/var/log/cloudtrail", dir)
				write(t, filepath.Join(dir, name), text)
				p := fluentBit{path: "env"}.start(t, dir, "FORWARD_KEY=secret", fb.path, "-c", name)
				p.waitFor("the filter runs", func() bool {
					return strings.Contains(p.text(), "watching for ") && strings.Contains(p.text(), "stream processor started")
				})
				for _, line := range lines(p.text()) {
					if strings.Contains(line, "[error]") && !strings.Contains(line, "example.com") {
						t.Errorf("the log has %s", line)
					}
				}
			})
		})
	}
}

// post sends a request to a Fluent Bit that may not listen yet.
func (p *process) post(url, body string, header http.Header) (status int, answer string, answerHeader http.Header) {
	p.t.Helper()
	p.waitFor("an answer from "+url, func() bool {
		request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			p.t.Fatal(err)
		}
		for key, values := range header {
			request.Header[key] = values
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil || response.StatusCode == http.StatusServiceUnavailable {
			return false
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			p.t.Fatal(err)
		}
		status, answer, answerHeader = response.StatusCode, string(text), response.Header
		return true
	})
	return status, answer, answerHeader
}

// firehoseRequest is the body of Firehose's HTTP endpoint delivery.
func firehoseRequest(data ...string) string {
	var records []string
	for _, d := range data {
		records = append(records, `{"data":"`+base64.StdEncoding.EncodeToString([]byte(d))+`"}`)
	}
	return `{"requestId":"ed4acda5-034f-9f42-bba1-f29aea6d7d8f","timestamp":1578090901599,"records":[` + strings.Join(records, ",") + `]}`
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var firehoseConfigurations = []string{"input-http-firehose.yaml", "input-http-firehose.conf"}

func TestHTTPTakesWhatFirehoseAndOthersPost(t *testing.T) {
	t.Parallel()
	for _, name := range firehoseConfigurations {
		t.Run(name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				port := freePort(t)
				dir, _ := install(t, name, map[string]string{"HTTP_PORT": port})
				p := fb.start(t, dir, "-c", name)
				url, header := "http://127.0.0.1:"+port+"/", http.Header{"Content-Type": {"application/json"}}
				p.post(url, grant("itself", "444455556666"), header)
				quote, err := json.Marshal(grant("logged", "444455556666"))
				if err != nil {
					t.Fatal(err)
				}
				large := strings.Replace(grant("large", "444455556666"), `"aws-cli/2.15"`, `"`+strings.Repeat("é", 500_000)+`"`, 1)
				status, answer, _ := p.post(url, firehoseRequest(
					// EventBridge's envelope; a line each; a decompressed CloudWatch Logs
					// subscription; what is not an event, in every length of base64.
					`{"source":"aws.lambda","detail":`+grant("bridged", "444455556666")+"}",
					grant("line-1", "444455556666")+"\n"+grant("line-2", "*")+"\n",
					`{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":`+string(quote)+`}]}`,
					large,
					"text", "text1", "text12", "",
					zipped(t, grant("zipped", "444455556666")),
				), header)
				if status/100 != 2 || answer != "" {
					t.Errorf("the answer is %d %q: the comment in %s is no longer right", status, answer, name)
				}
				header.Set("Content-Encoding", "gzip")
				p.post(url, zipped(t, firehoseRequest(grant("body-zipped", "444455556666"))), header)
				header.Del("Content-Encoding")
				p.post(url, `{"requestId":"x","timestamp":1,"records":[{"data":"*?"}]}`, header)
				records, alerts := filepath.Join(dir, "out", "trailwire-records.ndjson"), filepath.Join(dir, "out", "trailwire-alerts.ndjson")
				p.waitForLines(records, 12)
				p.waitForLines(alerts, 6)
				p.stop()
				wantIDs(t, "the alerts", lines(read(t, alerts)), "alert", "itself", "bridged", "line-1", "", "large", "body-zipped")
				text := read(t, records)
				for _, want := range []string{`{"log":"text"}`, `{"log":"text1"}`, `{"log":"text12"}`, `"firehose_error":"the data is compressed: `,
					`"firehose_error":"the data is not base64"`, `"userAgent":"\u00e9\u00e9`, `\"eventID\":\"logged\"`} {
					if strings.Count(text, want) == 0 {
						t.Errorf("no record has %s", want)
					}
				}
				if n := len(lines(text)); n != 12 {
					t.Errorf("%d records, want 12:\n%.3000s", n, text)
				}
			})
		})
	}
}

func TestTheProxyAnswersFirehose(t *testing.T) {
	haproxy, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("SKIPPED: NO HAPROXY on PATH: the proxy for Firehose was not tried")
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		port, front := freePort(t), freePort(t)
		dir, _ := install(t, "input-http-firehose.yaml", map[string]string{"HTTP_PORT": port})
		text := read(t, "../conf/deploy/firehose-haproxy.cfg")
		text = replaceOnce(t, text, "bind :443 ssl crt /etc/haproxy/trailwire.pem", "bind 127.0.0.1:"+front)
		text = replaceOnce(t, text, "127.0.0.1:8888", "127.0.0.1:"+port)
		write(t, filepath.Join(dir, "haproxy.cfg"), text)
		proxy := fluentBit{path: "env"}.start(t, dir, "FIREHOSE_KEY=let me in", haproxy, "-db", "-f", "haproxy.cfg")
		p := fb.start(t, dir, "-c", "input-http-firehose.yaml")
		p.waitFor("it listens", func() bool {
			c, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		})
		url := "http://127.0.0.1:" + front + "/"
		header := http.Header{"Content-Type": {"application/json"}, "X-Amz-Firehose-Request-Id": {"ed4acda5-034f-9f42-bba1-f29aea6d7d8f"}}
		for _, key := range []string{"", "let me"} {
			header["X-Amz-Firehose-Access-Key"] = []string{key}
			if status, _, _ := proxy.post(url, firehoseRequest(grant("forged", "444455556666")), header); status != http.StatusForbidden {
				t.Errorf("with the key %q the answer is %d, want 403", key, status)
			}
		}
		header["X-Amz-Firehose-Access-Key"] = []string{"let me in"}
		status, answer, got := proxy.post(url, firehoseRequest(grant("real", "444455556666")), header)
		want := regexp.MustCompile(`^\{"requestId":"ed4acda5-034f-9f42-bba1-f29aea6d7d8f","timestamp":\d{13}\}$`)
		if status != 200 || !want.MatchString(answer) || got.Get("Content-Type") != "application/json" ||
			got.Get("Content-Length") != fmt.Sprint(len(answer)) {
			t.Errorf("the answer is %d %s %v", status, answer, got)
		}
		status, answer, _ = proxy.post(url, "no JSON", header)
		if status == 200 {
			t.Errorf("what Fluent Bit refuses is answered with 200 %s", answer)
		}
		alerts := filepath.Join(dir, "out", "trailwire-alerts.ndjson")
		p.waitForLines(alerts, 1)
		p.stop()
		wantIDs(t, "the alerts", lines(read(t, alerts)), "alert", "real")
	})
}

func TestForwardTakesWhatAFluentBitSends(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"input-forward.yaml", "input-forward.conf"} {
		t.Run(name, func(t *testing.T) { inFluentBit(t, func(t *testing.T, fb fluentBit) { forwardOnce(t, fb, name) }) })
	}
}

func forwardOnce(t *testing.T, fb fluentBit, name string) {
	t.Helper()
	port := freePort(t)
	dir := folder(t)
	certificate, key := selfSigned(t, dir)
	dir, _ = install(t, name, map[string]string{"FORWARD_LISTEN": "127.0.0.1", "FORWARD_PORT": port,
		"CERTIFICATE": certificate, "CERTIFICATE_KEY": key})
	p := fluentBit{path: "env"}.start(t, dir, "FORWARD_KEY=secret", fb.path, "-c", name)
	write(t, filepath.Join(dir, "sender.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 1}
pipeline:
  inputs:
    - {name: dummy, tag: any, samples: 1, dummy: '%s'}
    - {name: dummy, tag: any, samples: 1, dummy: '%s'}
    - {name: dummy, tag: intruder, samples: 1, dummy: '%s'}
  outputs:
    - {name: forward, match: any, host: 127.0.0.1, port: %s, tls: on, tls.verify: off, shared_key: secret, require_ack_response: on}
    - {name: forward, match: intruder, host: 127.0.0.1, port: %s, tls: on, tls.verify: off, shared_key: guess, require_ack_response: on}
`, match, nearMiss, match, port, port))
	fb.start(t, dir, "-c", "sender.yaml")
	records, alerts := filepath.Join(dir, "out", "trailwire-records.ndjson"), filepath.Join(dir, "out", "trailwire-alerts.ndjson")
	p.waitForLines(records, 2)
	p.waitForLines(alerts, 1)
	p.stop()
	if got := lines(read(t, alerts)); len(got) != 1 {
		t.Errorf("%d alerts, want 1", len(got))
	} else if rest, alert := splitAlert(got[0], "alert"); alert == nil || rest != match {
		t.Errorf("the alert is %s", got[0])
	}
}

// An input for others that lets everybody in is worse than one that does not
// start.
func TestAReceiverWithoutAKeyDoesNotStart(t *testing.T) {
	t.Parallel()
	for name, variable := range map[string]string{
		"input-forward.yaml": "FORWARD_KEY", "input-forward.conf": "FORWARD_KEY", "output-receiver.yaml": "RECEIVER_KEY",
	} {
		t.Run(name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				for _, unset := range []string{"-u" + variable, variable + "="} {
					dir := folder(t)
					certificate, key := selfSigned(t, dir)
					port := freePort(t)
					settings := map[string]string{"CERTIFICATE": certificate, "CERTIFICATE_KEY": key, "BUFFER_FOLDER": filepath.Join(dir, "buffer")}
					if name == "output-receiver.yaml" {
						settings["PORT"] = port
					} else {
						settings["FORWARD_PORT"] = port
					}
					dir, _ = install(t, name, settings)
					out, code := fluentBit{path: "env"}.run(t, dir, unset, fb.path, "-c", name)
					if code == 0 || !strings.Contains(out, "[filter:record_modifier:"+variable+"_must_be_set] configuration error") {
						t.Errorf("env %s: exit code %d:\n%s", unset, code, out)
					}
				}
			})
		})
	}
}

// startKafka starts librdkafka's broker for tests and returns its address. The
// broker runs in a Kafka output of a Fluent Bit that writes the lines of a file
// to a topic.
func startKafka(t *testing.T, fb fluentBit, dir, events string) (address string) {
	t.Helper()
	write(t, filepath.Join(dir, "events.ndjson"), events)
	write(t, filepath.Join(dir, "kafka.yaml"), `
service: {flush: 0.2, grace: 1}
parsers: [{name: json, format: json}]
pipeline:
  inputs: [{name: tail, path: events.ndjson, parser: json, read_from_head: on}]
  outputs: [{name: kafka, match: '*', brokers: '127.0.0.1:1', topics: cloudtrail, format: json, message_key_field: eventID, log_level: debug, rdkafka.test.mock.num.brokers: 1}]
`)
	p := fb.start(t, dir, "-c", "kafka.yaml")
	p.waitFor("its broker listens", func() bool {
		address = listens(t, p.command.Process.Pid)
		return address != "" && strings.Count(p.text(), "enqueued message") >= len(lines(events))
	})
	return address
}

// listens returns an address that a process listens on, empty if there is none.
func listens(t *testing.T, pid int) string {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	var sockets []string
	for _, file := range files {
		target, _ := os.Readlink(file) // it may have been closed
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets = append(sockets, strings.TrimSuffix(inode, "]"))
		}
	}
	const listening = "0A"
	for _, line := range lines(read(t, "/proc/net/tcp")) {
		f := strings.Fields(line)
		if len(f) > 9 && f[3] == listening && slices.Contains(sockets, f[9]) {
			var port int
			if _, err := fmt.Sscanf(f[1][strings.Index(f[1], ":"):], ":%X", &port); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("127.0.0.1:%d", port)
		}
	}
	return ""
}

// The broker takes its time to rebalance a group, so no number of events is
// sure to reach both collectors: the test sends events until each has some. On a
// slow machine these are more than max_signals, so an alert may be among the
// suppressed ones.
func TestKafkaCollectorsShareATopic(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		producer := folder(t)
		produced := 0
		produce := func(n int) {
			var b strings.Builder
			for range n {
				fmt.Fprintf(&b, "%s\n", grant(fmt.Sprint("event-", produced), "444455556666"))
				produced++
			}
			f, err := os.OpenFile(filepath.Join(producer, "events.ndjson"), os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString(b.String())
			}
			if err = errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}
		produced = 1
		address := startKafka(t, fb, producer, grant("event-0", "444455556666")+"\n")
		var outs []string
		for range 2 {
			dir, text := install(t, "input-kafka.yaml", map[string]string{"KAFKA_BROKERS": address})
			// A member of the group hears of another one with its next heartbeat.
			text = replaceOnce(t, text, "      rdkafka.auto.offset.reset: earliest\n",
				"      rdkafka.auto.offset.reset: earliest\n      rdkafka.heartbeat.interval.ms: 200\n      rdkafka.session.timeout.ms: 6000\n")
			write(t, filepath.Join(dir, "input-kafka.yaml"), text)
			fb.start(t, dir, "-c", "input-kafka.yaml")
			outs = append(outs, filepath.Join(dir, "out", "trailwire-alerts.ndjson"))
		}
		id := regexp.MustCompile(`"eventID":"(event-\d+)"`)
		p := &process{t: t, ended: make(chan struct{})}
		next := time.Now()
		p.waitFor("each collector has alerts", func() bool {
			if time.Now().After(next) {
				produce(20)
				next = time.Now().Add(time.Second)
			}
			return len(lines(read(t, outs[0]))) > 0 && len(lines(read(t, outs[1]))) > 0
		})
		p.waitFor("every event is an alert of one of them", func() bool {
			seen := make(map[string]bool)
			for _, out := range outs {
				suppressed, _ := os.ReadFile(filepath.Join(filepath.Dir(out), "trailwire-suppressed.ndjson")) // there may be none
				for _, m := range id.FindAllStringSubmatch(read(t, out)+string(suppressed), -1) {
					seen[m[1]] = true
				}
			}
			return len(seen) == produced
		})
		for _, out := range outs {
			for _, line := range lines(read(t, out)) {
				rest, alert := splitAlert(line, "alert")
				if alert == nil || !strings.Contains(rest, `"payload":{`) {
					t.Errorf("no alert beside the payload: %s", line)
				}
			}
		}
	})
}

// places plays Slack, OpenSearch, Splunk and S3.
type places struct {
	sync.Mutex
	got map[string][]string // bodies by path
}

func (p *places) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	where := r.URL.Path
	p.Lock()
	defer p.Unlock()
	switch {
	case strings.HasPrefix(where, "/archive/"):
		where = "s3"
		unzip, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, err = io.ReadAll(unzip)
		}
		if err != nil {
			body = []byte(err.Error())
		}
		w.Header().Set("ETag", `"x"`)
	case strings.HasSuffix(where, "/_bulk"):
		_, _ = io.WriteString(w, `{"took":1,"errors":false,"items":[]}`)
	case strings.HasPrefix(where, "/services/collector"):
		where += " " + r.Header.Get("Authorization")
	default:
		where += " " + r.Header.Get("Content-Type")
		_, _ = io.WriteString(w, "ok")
	}
	p.got[where] = append(p.got[where], string(body))
}

func (p *places) at(where string) []string {
	p.Lock()
	defer p.Unlock()
	return slices.Clone(p.got[where])
}

var routingConfigurations = []string{"routing.yaml", "routing.conf"}

func TestAlertsAreRoutedToEveryPlace(t *testing.T) {
	t.Parallel()
	for _, name := range routingConfigurations {
		t.Run(name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				somewhere := &places{got: make(map[string][]string)}
				server := httptest.NewServer(somewhere)
				t.Cleanup(server.Close)
				host, port, err := net.SplitHostPort(server.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				kafka := folder(t)
				dir, text := install(t, name, map[string]string{
					"SLACK_HOST": host, "SLACK_PORT": port, "OPENSEARCH_HOST": host, "OPENSEARCH_PORT": port, "SPLUNK_HOST": host, "SPLUNK_PORT": port,
					"KAFKA_BROKERS": startKafka(t, fb, kafka, ""), "S3_BUCKET": "archive", "TLS": "off",
					"SLACK_URI": "/services/T0/B0/key", "SPLUNK_TOKEN": "token",
				})
				text = regexp.MustCompile(`(?mi)^( +)# (endpoint:? +)http.*$`).ReplaceAllString(text, "${1}${2}"+server.URL)
				write(t, filepath.Join(dir, name), text)
				high := strings.Replace(grant("high", "444455556666"), "billing-export", `bil<!here>&\"ling\"`, 1)
				low := strings.Replace(grant("low", "*"), "203.0.113.9", "203.0.113.10", 1)
				write(t, filepath.Join(dir, "in", "events.json"), high+"\n"+high+"\n"+low+"\n"+grant("other", "444455556666")+"\n")
				p := fluentBit{path: "env"}.start(t, dir,
					"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true", fb.path, "-c", name)
				const slack, splunk = "/services/T0/B0/key application/json", "/services/collector/event Splunk token"
				p.waitFor("Slack, OpenSearch and Splunk have the alerts", func() bool {
					return len(somewhere.at(slack)) >= 2 && len(somewhere.at("/_bulk")) >= 1 && len(somewhere.at(splunk)) >= 1
				})
				p.waitForLines(filepath.Join(dir, "out", "trailwire-alerts.ndjson"), 2)
				p.stop()
				if n := len(lines(read(t, filepath.Join(dir, "out", "trailwire-alerts.ndjson")))); n != 2 {
					t.Errorf("the file has %d alerts, want 2", n)
				}
				if got := somewhere.at(slack); len(got) != 2 {
					t.Errorf("Slack has %d alerts, want 2", len(got))
				}
				for _, body := range somewhere.at(slack) {
					var message map[string]string
					if err := json.Unmarshal([]byte(body), &message); err != nil || len(message) != 1 ||
						!strings.HasPrefix(message["text"], "*high*: 111122223333 let account 444455556666 invoke ") || strings.Contains(body, "<") {
						t.Errorf("Slack got %s: %v", body, err)
					}
				}
				bulk := strings.Join(somewhere.at("/_bulk"), "")
				for _, id := range []string{"high", "other"} {
					if !regexp.MustCompile(`"_id":"8f985da6-66e8-4838-a63e-21636eb9adc5:` + id + `:[0-9a-f]{16}"`).MatchString(bulk) {
						t.Errorf("OpenSearch does not know the alert of %q by its key: %.300s", id, bulk)
					}
				}
				if got := strings.Join(somewhere.at(splunk), ""); strings.Count(got, `"sourcetype":"trailwire:alert"`) != 2 {
					t.Errorf("Splunk got %s", got)
				}
				if n := strings.Count(bulk, `"event":{"kind":"alert"`); n != 2 {
					t.Errorf("OpenSearch has %d alerts in ECS, want 2: %.3000s", n, bulk)
				}
				if got := lines(strings.Join(somewhere.at("s3"), "")); len(got) != 4 || strings.Contains(strings.Join(got, ""), `"risk_score"`) {
					t.Errorf("S3 has %d records, want the 4 that came, without an alert:\n%.3000s", len(got), strings.Join(got, "\n"))
				}
				if got := lines(read(t, filepath.Join(dir, "out", "trailwire-suppressed.ndjson"))); len(got) != 1 || !strings.Contains(got[0], `"suppressed":"duplicate"`) {
					t.Errorf("the suppressed alerts are %q, want that of the event that came again", got)
				}
			})
		})
	}
}

// CloudTrail's own files are one line, of up to some megabytes.
func TestALineOfFiveMegabytesPasses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"fluent-bit.yaml", "fluent-bit.conf"} {
		t.Run(name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				var b strings.Builder
				b.WriteString(`{"Records":[` + grant("first", "444455556666"))
				for n := 1; b.Len() < 5<<20; n++ {
					fmt.Fprintf(&b, ",%s", lambdaCall(fmt.Sprint(n), "ListFunctions20150331", "null"))
				}
				b.WriteString("," + grant("last", "444455556666") + "]}\n")
				dir, _ := prepare(t, name, b.String()+grant("next-line", "444455556666")+"\n")
				records, alerts := runOn(t, fb, dir, name, 2, 3)
				if len(records) != 2 || records[0]+"\n" != b.String() {
					t.Errorf("%d records, want the two lines as they were", len(records))
				}
				wantIDs(t, "the alerts", alerts, "alert", "first", "last", "next-line")
			})
		})
	}
}
