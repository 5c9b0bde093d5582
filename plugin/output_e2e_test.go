package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailwire/trailwire/internal/deliver/delivertest"
)

// These tests run the output in real Fluent Bits, with real ones as receivers.

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// sending returns a configuration that reads dir/in/*.json and has an output
// with these settings. Its buffer survives it, and it tries again quickly.
func sending(t *testing.T, dir, output string) string {
	t.Helper()
	text := fmt.Sprintf(`
service: {flush: 0.2, grace: 3, hot_reload: on, storage.path: %[1]s/buffer, scheduler.base: 1, scheduler.cap: 1}
plugins: [%[2]q]
parsers: [{name: json, format: json}]
pipeline:
  inputs:
    - {name: tail, tag: cloudtrail, path: '%[1]s/in/*.json', db: %[1]s/offsets.db, parser: json, read_from_head: on, refresh_interval: 1, storage.type: filesystem}
  outputs:
    - {name: trailwire, match: cloudtrail, retry_limit: no_limits, max_signals: 1000000, send_timeout: 2, %[3]s}
`, dir, outputPlugin(t), output)
	return write(t, filepath.Join(dir, "sender.yaml"), text)
}

// receiving returns the configuration of a Fluent Bit that acknowledges what is
// in its buffer, and writes it to dir/received.
func receiving(t *testing.T, dir, input string) string {
	t.Helper()
	return write(t, filepath.Join(dir, "receiver.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 1, storage.path: %[1]s/receiver}
pipeline:
  inputs:
    - {name: forward, storage.type: filesystem, %[2]s}
  outputs:
    - {name: file, match: alert.high, path: %[1]s, file: received, format: plain}
`, dir, input))
}

// appendGrants appends events that match to a file that is read, with IDs from
// first on.
func appendGrants(t *testing.T, dir, name string, first, n int) {
	t.Helper()
	path := filepath.Join(dir, "in", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text strings.Builder
	for i := range n {
		fmt.Fprintln(&text, grant(fmt.Sprint("e", first+i), "444455556666"))
	}
	if _, err := io.WriteString(f, text.String()); err != nil {
		t.Fatal(err)
	}
}

// distinct returns how many different IDs a file of alerts has.
func distinct(t *testing.T, path string) int {
	t.Helper()
	have := map[string]bool{}
	for _, id := range idsInLines(read(t, path)) {
		have[id] = true
	}
	return len(have)
}

func TestNothingIsLostWhenTheReceivingFluentBitIsKilled(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir, port := folder(t), freePort(t)
		receiver := receiving(t, dir, "listen: 127.0.0.1, port: "+port)
		config := sending(t, dir, "alerts_to: 'forward://127.0.0.1:"+port+"?tag=alert.$severity'")
		appendGrants(t, dir, "a.json", 0, 50)
		p := fb.start(t, dir, "-c", config) // before there is a receiver
		p.waitFor("a complaint", func() bool { return strings.Contains(p.text(), "connection refused") })
		const batches, each = 8, 50
		received := filepath.Join(dir, "received")
		r := fb.start(t, dir, "-c", receiver)
		for i := 1; i < batches; i++ {
			appendGrants(t, dir, "a.json", i*each, each)
			if i%3 == 0 {
				_ = r.command.Process.Kill()
				<-r.ended
				appendGrants(t, dir, "b.json", (batches+i)*each, each)
				time.Sleep(300 * time.Millisecond)
				r = fb.start(t, dir, "-c", receiver)
			}
			time.Sleep(100 * time.Millisecond)
		}
		want := batches*each + 2*each // a.json, and b.json at i=3 and i=6
		p.waitFor("all alerts have arrived", func() bool { return distinct(t, received) >= want })
		p.stop()
		if text := read(t, received); strings.Contains(text, `"suppressed":"duplicate"`) {
			t.Error("an alert that was sent again is marked as a duplicate")
		}
		t.Logf("%d alerts, %d lines arrived", want, len(lines(read(t, received))))
	})
}

func TestTheFilterAndTheOutputWorkInOneFluentBit(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		output := outputPlugin(t)
		write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 1}
plugins: [%q, %q]
pipeline:
  inputs:
    - {name: dummy, tag: cloudtrail, rate: 5, samples: 1, dummy: '%s'}
  filters:
    - {name: trailwire, match: cloudtrail}
  outputs:
    - {name: trailwire, match: cloudtrail, alerts_to: 'file://%s/alerts'}
    - {name: file, match: cloudtrail, path: %q, file: records, format: plain}
`, filepath.Join(filepath.Dir(output), "flb-filter_trailwire.so"), output, grant("e0", "444455556666"), dir, dir))
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		p.waitForLines(filepath.Join(dir, "alerts"), 1)
		p.waitForLines(filepath.Join(dir, "records"), 1)
		p.stop()
		if alerts, records := read(t, filepath.Join(dir, "alerts")), read(t, filepath.Join(dir, "records")); alerts != records {
			t.Errorf("the output says\n%sthe filter\n%s", alerts, records)
		}
	})
}

func TestAStopDuringASendEndsInTimeAndLosesNothing(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		var r delivertest.Receiver
		r.Behave(func(int) delivertest.Behavior { return delivertest.Hang })
		dir := folder(t)
		config := sending(t, dir, "alerts_to: 'forward://"+r.Listen(t, "tcp", "127.0.0.1:0")+"'")
		appendGrants(t, dir, "a.json", 0, 10)
		p := fb.start(t, dir, "-c", config)
		p.waitFor("a message", func() bool { return r.Messages() > 0 })
		start := time.Now()
		p.stop()
		if took := time.Since(start); took > 12*time.Second {
			t.Errorf("the stop took %v", took)
		}
		r.Behave(nil)
		had := len(r.Entries())
		p = fb.start(t, dir, "-c", config)
		p.waitFor("the alerts", func() bool { return len(r.Entries()) >= had+10 })
		p.stop()
		wantAll(t, 10, idsInEntries(r.Entries()[had:]))
	})
}

func TestAWrongPropertyOfTheOutputStopsFluentBit(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		text, code := fb.run(t, dir, "-c", sending(t, dir, "alerts_to: 'kafka://x'"))
		if code == 0 || strings.Count(text, "[output:trailwire:trailwire.0]") != 1 || !strings.Contains(text, `property "alerts_to": there is an address of an unknown kind`) {
			t.Errorf("exit code %d", code)
		}
		if fb.version < "5.1" {
			t.Logf("%s does not look at the names of a Go output's properties", fb.version)
			return
		}
		text, code = fb.run(t, dir, "-c", sending(t, dir, "alerts_to: stdout, alert_only: fields"))
		if code == 0 || !strings.Contains(text, "unknown configuration property 'alert_only'") {
			t.Errorf("exit code %d", code)
		}
	})
}

// Nobody answers the output, and it has no workers: another output goes on
// undisturbed.
func TestAReceiverThatHangsHoldsNobodyUp(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		var r delivertest.Receiver
		r.Behave(func(int) delivertest.Behavior { return delivertest.Hang })
		dir := folder(t)
		appendGrants(t, dir, "a.json", 0, 1)
		config := sending(t, dir, "alerts_to: 'forward://"+r.Listen(t, "tcp", "127.0.0.1:0")+"'")
		text := strings.Replace(read(t, config), "  outputs:\n", "    - {name: dummy, tag: tick, rate: 20}\n  outputs:\n    - {name: file, match: tick, path: "+dir+"}\n", 1)
		p := fb.start(t, dir, "-c", write(t, config, text))
		p.waitFor("a message", func() bool { return r.Messages() > 0 })
		before := len(lines(read(t, filepath.Join(dir, "tick"))))
		time.Sleep(1500 * time.Millisecond) // the delivery takes 2 s to fail
		if ticks := len(lines(read(t, filepath.Join(dir, "tick")))) - before; ticks < 10 {
			t.Errorf("%d ticks in a second and a half, want 30", ticks)
		}
		r.Behave(nil)
		p.waitFor("the alert", func() bool { return r.Messages() > 1 })
		p.stop()
	})
}

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T, dir string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "receiver"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate = write(t, filepath.Join(dir, "receiver.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	key = write(t, filepath.Join(dir, "receiver.key"), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})))
	return certificate, key
}

// web is an HTTP server that keeps what it is sent, by path.
type web struct {
	mu  sync.Mutex
	got map[string]string
}

func (w *web) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got[request.URL.Path] += string(body)
	answer.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(answer, `{"took":1,"errors":false,"items":[]}`)
}

func (w *web) has(path string, ids ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if !strings.Contains(w.got[path], `"eventID":"`+id+`"`) {
			return false
		}
	}
	return true
}

// The two configurations that a user copies, over TLS, with the receiver's
// certificate verified and a key that both have in their environment.
func TestTheShippedSenderAndReceiverCarryAlerts(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir, port := folder(t), freePort(t)
		certificate, key := selfSigned(t, dir)
		site := &web{got: map[string]string{}}
		server := httptest.NewServer(site)
		defer server.Close()
		where, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		settle := func(name string, settings map[string]string) string {
			text := strings.ReplaceAll(read(t, filepath.Join("../conf", name)), installed, filepath.Dir(outputPlugin(t))+"/")
			for k, v := range settings {
				setting := regexp.MustCompile(`(?m)^  ` + k + `: .*$`)
				if n := len(setting.FindAllString(text, -1)); n != 1 {
					t.Fatalf("%s has the setting %s %d times, want once", name, k, n)
				}
				text = setting.ReplaceAllLiteralString(text, "  "+k+": "+v)
			}
			text = strings.Replace(text, "# tls_ca_file: /etc/fluent-bit/ca.pem", "tls_ca_file: "+certificate, 1)
			return write(t, filepath.Join(dir, name), strings.ReplaceAll(text, "flush: 1", "flush: 0.2"))
		}
		receiver := settle("output-receiver.yaml", map[string]string{
			"LISTEN": "127.0.0.1", "PORT": port, "CERTIFICATE": certificate, "CERTIFICATE_KEY": key,
			"BUFFER_FOLDER": filepath.Join(dir, "alerts"), "OUTPUT_FOLDER": dir,
			"HTTP_HOST": where.Hostname(), "HTTP_PORT": where.Port(), "HTTP_TLS": "off",
			"OPENSEARCH_HOST": where.Hostname(), "OPENSEARCH_PORT": where.Port(), "OPENSEARCH_TLS": "off",
		})
		sender := settle("output-sender.yaml", map[string]string{
			"CLOUDTRAIL_LOGS": filepath.Join(dir, "in", "*.json"), "CLOUDTRAIL_OFFSETS": filepath.Join(dir, "offsets.db"),
			"BUFFER_FOLDER": filepath.Join(dir, "buffer"),
			"ALERTS_TO":     "forward://127.0.0.1:" + port + "?tag=alert.$severity&tls=on",
		})
		appendGrants(t, dir, "a.json", 0, 3)
		withKey := func(config string) *process {
			return fluentBit{"env", fb.version}.start(t, dir, "RECEIVER_KEY=hunter2", fb.path, "-c", config)
		}
		r := withKey(receiver)
		s := withKey(sender)
		s.waitForLines(filepath.Join(dir, "trailwire-alerts.ndjson"), 3)
		s.waitFor("the alerts at the hook", func() bool { return site.has("/trailwire", "e0", "e1", "e2") })
		s.waitFor("the alerts in OpenSearch", func() bool { return site.has("/_bulk", "e0", "e1", "e2") })
		s.stop()
		r.stop()
		if text := r.text() + s.text(); strings.Contains(text, "hunter2") {
			t.Error("the shared key is in a log")
		}
	})
}

func TestASocketAndTheRightKeyOpenAFluentBit(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir := folder(t)
		socket := filepath.Join(dir, "s")
		r := fb.start(t, dir, "-c", receiving(t, dir, "unix_path: "+socket+", shared_key: k1"))
		r.waitFor("the socket", func() bool { _, err := os.Stat(socket); return err == nil })
		appendGrants(t, dir, "a.json", 0, 3)
		wrong := fb.start(t, dir, "-c", sending(t, dir, "shared_key: hunter2, alerts_to: 'forward+unix://"+socket+"'"))
		wrong.waitFor("a complaint", func() bool { return strings.Contains(wrong.text(), "does not take our shared_key") })
		wrong.stop()
		write(t, filepath.Join(dir, "key"), "k1\n")
		right := fb.start(t, dir, "-c", sending(t, dir, "shared_key_file: "+dir+"/key, alerts_to: 'forward+unix://"+socket+"'"))
		right.waitForLines(filepath.Join(dir, "received"), 3)
		right.stop()
		if strings.Contains(wrong.text()+right.text(), "hunter2") {
			t.Error("the shared key is in a log")
		}
	})
}

// The receiver may have any name, that of this machine too. The default of its
// self_hostname is localhost.
func TestAFluentBitOnTheSameMachineTakesTheKey(t *testing.T) {
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		for _, name := range []string{own, "localhost"} {
			t.Run("named "+name, func(t *testing.T) {
				dir, port := folder(t), freePort(t)
				r := fb.start(t, dir, "-c", receiving(t, dir, "listen: 127.0.0.1, port: "+port+", shared_key: k1, self_hostname: "+name))
				appendGrants(t, dir, "a.json", 0, 3)
				s := fb.start(t, dir, "-c", sending(t, dir, "shared_key: k1, alerts_to: 'forward://127.0.0.1:"+port+"'"))
				r.waitForLines(filepath.Join(dir, "received"), 3)
				s.stop()
				r.stop()
			})
		}
	})
}

func TestAFluentBitThatAsksForAUserRefusesInOneLine(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir, port := folder(t), freePort(t)
		r := fb.start(t, dir, "-c", receiving(t, dir, "listen: 127.0.0.1, port: "+port+", shared_key: k1, security.users: alice secret"))
		r.waitFor("the port", func() bool {
			c, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err == nil {
				c.Close()
			}
			return err == nil
		})
		appendGrants(t, dir, "a.json", 0, 1)
		s := fb.start(t, dir, "-c", sending(t, dir, "shared_key: k1, alerts_to: 'forward://127.0.0.1:"+port+"'"))
		s.waitFor("a second attempt", func() bool { return strings.Count(s.text(), "failed to flush chunk") > 1 })
		s.stop()
		if n := strings.Count(s.text(), "handshake: the receiver does not take our shared_key, or asks for a user name"); n != 1 {
			t.Errorf("%d complaints, want one", n)
		}
	})
}
