package deliver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/internal/address"
	"github.com/trailwire/trailwire/internal/deliver/delivertest"
)

// sender returns a forward destination for an address in the notation of
// alerts_to.
func sender(t *testing.T, to string, change func(*Options)) *forward {
	t.Helper()
	a, err := address.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	o := DefaultOptions()
	o.ConnectTimeout, o.SendTimeout = 2*time.Second, 2*time.Second
	if change != nil {
		change(&o)
	}
	f := newForward(a, o)
	t.Cleanup(func() { f.Close() })
	return f
}

// alertsOf returns so many alerts, with IDs that count up.
func alertsOf(n int) (alerts []Alert) {
	for i := range n {
		body := msgp.AppendString(msgp.AppendMapHeader(nil, 1), "eventID")
		alerts = append(alerts, Alert{
			Timestamp: []byte("\xd7\x00\x69\x00\x00\x00\x00\x00\x00\x01"),
			Body:      msgp.AppendString(body, fmt.Sprint("e", i)),
			Severity:  "high", RuleID: "r1", Tag: "cloudtrail",
		})
	}
	return alerts
}

func ids(entries []delivertest.Entry) string {
	var all []string
	for _, e := range entries {
		id, _ := document.GetText(e.Body, "eventID")
		all = append(all, string(id))
	}
	return strings.Join(all, " ")
}

func wantNoProblems(t *testing.T, r *delivertest.Receiver) {
	t.Helper()
	if p := r.Problems(); len(p) > 0 {
		t.Errorf("the receiver complains: %q", p)
	}
}

func TestTimeMetadataAndTagArrive(t *testing.T) {
	var r delivertest.Receiver
	at := r.Listen(t, "tcp", "127.0.0.1:0")
	f := sender(t, "forward://"+at+"?tag=$tag.$severity.$rule_id", nil)
	alerts := alertsOf(3)
	alerts[1].Metadata = []byte("\x81\xa1k\xa1v")
	alerts[2].Severity = "low"
	if n, err := f.Deliver(t.Context(), alerts); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	wantNoProblems(t, &r)
	got := r.Entries()
	for i, tag := range []string{"cloudtrail.high.r1", "cloudtrail.high.r1", "cloudtrail.low.r1"} {
		if e := got[i]; e.Tag != tag || string(e.Timestamp) != string(alerts[i].Timestamp) ||
			string(e.Metadata) != string(alerts[i].Metadata) || string(e.Body) != string(alerts[i].Body) {
			t.Errorf("entry %d is %+q", i, e)
		}
	}
	if r.Messages() != 2 {
		t.Errorf("%d messages, want one for each tag", r.Messages())
	}
}

func TestAlertsGoOutInMessagesThatAReceiverTakes(t *testing.T) {
	var r delivertest.Receiver
	f := sender(t, "forward://"+r.Listen(t, "tcp", "127.0.0.1:0"), nil)
	alerts := alertsOf(6)
	for i := range alerts {
		size := 400 << 10
		if i == 3 {
			size = 3 << 20 // larger than a message: alone
		}
		b := msgp.AppendString(msgp.AppendMapHeader(nil, 2), "eventID")
		b = msgp.AppendString(msgp.AppendString(b, fmt.Sprint("e", i)), "x")
		alerts[i].Body = msgp.AppendString(b, strings.Repeat("x", size))
	}
	if n, err := f.Deliver(t.Context(), alerts); n != 6 || err != nil {
		t.Fatal(n, err)
	}
	if got := ids(r.Entries()); got != "e0 e1 e2 e3 e4 e5" || r.Messages() != 4 {
		t.Errorf("%d messages with %s", r.Messages(), got)
	}
}

func TestASocketIsAReceiverToo(t *testing.T) {
	var r delivertest.Receiver
	path := filepath.Join(t.TempDir(), "s")
	r.Listen(t, "unix", path)
	if n, err := sender(t, "forward+unix://"+path, nil).Deliver(t.Context(), alertsOf(2)); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if got := ids(r.Entries()); got != "e0 e1" {
		t.Error(got)
	}
}

func TestWithoutAnAcknowledgementNothingCountsAsDelivered(t *testing.T) {
	for _, c := range []struct {
		name     string
		behavior delivertest.Behavior
		want     string
	}{
		{"the receiver says nothing", delivertest.Hang, "timed out"},
		{"the receiver goes away", delivertest.Vanish, "closed the connection without an acknowledgement"},
		{"the receiver keeps it and goes away", delivertest.KeepAndVanish, "closed the connection without an acknowledgement"},
		{"the receiver acknowledges something else", delivertest.AcknowledgeLies, "acknowledged something else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var r delivertest.Receiver
			r.Behave(func(int) delivertest.Behavior { return c.behavior })
			f := sender(t, "forward://"+r.Listen(t, "tcp", "127.0.0.1:0"), func(o *Options) { o.SendTimeout = 200 * time.Millisecond })
			n, err := f.Deliver(t.Context(), alertsOf(1))
			if n != 0 || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("delivered %d, %v; want an error with %q", n, err, c.want)
			}
			r.Behave(nil)
			if n, err := f.Deliver(t.Context(), alertsOf(1)); n != 1 || err != nil {
				t.Errorf("afterwards: delivered %d, %v", n, err)
			}
		})
	}
}

func TestWithAckOffNothingIsWaitedFor(t *testing.T) {
	var r delivertest.Receiver
	r.Behave(func(int) delivertest.Behavior { return delivertest.Hang })
	f := sender(t, "forward://"+r.Listen(t, "tcp", "127.0.0.1:0")+"?ack=off", nil)
	if n, err := f.Deliver(t.Context(), alertsOf(1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
}

func TestAConnectionIsKeptAndRenewed(t *testing.T) {
	var r delivertest.Receiver
	at := r.Listen(t, "tcp", "127.0.0.1:0")
	f := sender(t, "forward://"+at, nil)
	for range 10 {
		if _, err := f.Deliver(t.Context(), alertsOf(1)); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.Connections(); n != 1 {
		t.Errorf("%d connections for one delivery after the other, want 1", n)
	}
	r.Kill()
	if _, err := f.Deliver(t.Context(), alertsOf(1)); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("without a receiver: %v", err)
	}
	r.Listen(t, "tcp", at)
	if _, err := f.Deliver(t.Context(), alertsOf(1)); err != nil {
		t.Errorf("with a new one: %v", err)
	}
	r.Kill()
	r.Listen(t, "tcp", at)
	if _, err := f.Deliver(t.Context(), alertsOf(1)); err != nil {
		t.Errorf("a receiver that was replaced unseen is a reason to fail: %v", err)
	}
}

// A receiver that was replaced has closed all connections, and the sender
// notices one of them. The others must not fail another delivery.
func TestAfterAFailureNoOldConnectionIsKept(t *testing.T) {
	var r delivertest.Receiver
	at := r.Listen(t, "tcp", "127.0.0.1:0")
	f := sender(t, "forward://"+at, nil)
	const old = 3
	var before []net.Conn
	for range old {
		c, err := f.dialer.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, c)
	}
	for _, c := range before {
		f.idle.put(c)
	}
	for r.Connections() < old { // accepted, not only in the backlog
		time.Sleep(time.Millisecond)
	}
	r.Kill()
	r.Listen(t, "tcp", at)
	if n, err := f.Deliver(t.Context(), alertsOf(1)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if len(f.idle.idle) != 1 || r.Connections() != old+1 {
		t.Errorf("%d connections are kept of %d, want the new one of %d", len(f.idle.idle), r.Connections(), old+1)
	}
	for i, c := range before {
		if err := c.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("old connection %d is still open: %v", i, err)
		}
	}
}

func TestAReceiverThatTakesNoConnectionsIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // connections stay in its backlog
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := sender(t, "forward://"+l.Addr().String(), func(o *Options) {
		o.SharedKey, o.ConnectTimeout = "k", 200*time.Millisecond
	})
	start := time.Now()
	_, err = f.Deliver(t.Context(), alertsOf(1))
	if err == nil || !strings.Contains(err.Error(), "no HELO") || time.Since(start) > time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestTheSharedKeyOpensTheReceiver(t *testing.T) {
	for _, c := range []struct {
		name         string
		theirs, ours string
		fluentd      bool
		want         string
	}{
		{"as Fluent Bit shakes hands", "k1", "k1", false, ""},
		{"as fluentd shakes hands", "k1", "k1", true, ""},
		{"with another key", "k1", "hunter2", false, "does not take our shared_key"},
		{"without one on our side", "k1", "", false, "timed out|closed|else|decode"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := delivertest.Receiver{SharedKey: c.theirs, BinaryHandshake: c.fluentd}
			f := sender(t, "forward://"+r.Listen(t, "tcp", "127.0.0.1:0"), func(o *Options) {
				o.SharedKey, o.SendTimeout = address.Secret(c.ours), 300*time.Millisecond
			})
			n, err := f.Deliver(t.Context(), alertsOf(1))
			if c.want == "" {
				if n != 1 || err != nil {
					t.Fatal(n, err, r.Problems())
				}
				return
			}
			matches := false
			for _, w := range strings.Split(c.want, "|") {
				matches = matches || err != nil && strings.Contains(err.Error(), w)
			}
			if n != 0 || !matches || strings.Contains(err.Error(), "hunter2") || len(r.Entries()) > 0 {
				t.Errorf("delivered %d, %v", n, err)
			}
		})
	}
}

func TestAnAnswerWithoutEndIsNotRead(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for chunk := append([]byte("\xdb\xff\xff\xff\xff"), make([]byte, 1<<16)...); err == nil; {
					_, err = c.Write(chunk)
				}
			}()
		}
	}()
	for _, key := range []address.Secret{"", "k"} {
		f := sender(t, "forward://"+l.Addr().String(), func(o *Options) { o.SharedKey = key })
		if _, err := f.Deliver(t.Context(), alertsOf(1)); err == nil {
			t.Error("no error")
		}
	}
}

// certificate returns one for a name, signed by itself.
func certificate(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLSVerifiesTheReceiver(t *testing.T) {
	own, trusted := certificate(t, "collector.example")
	_, other := certificate(t, "collector.example")
	for _, c := range []struct {
		name   string
		config *tls.Config
		want   string
	}{
		{"a receiver that is trusted", &tls.Config{RootCAs: trusted, ServerName: "collector.example"}, ""},
		{"another name than it has", &tls.Config{RootCAs: trusted}, "tls: "},
		{"a certificate that nobody signed", &tls.Config{RootCAs: other, ServerName: "collector.example"}, "tls: "},
		{"the system's roots", nil, "tls: "},
		{"no verification", &tls.Config{InsecureSkipVerify: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := delivertest.Receiver{TLS: &tls.Config{Certificates: []tls.Certificate{own}}, SharedKey: "k"}
			f := sender(t, "forward://"+r.Listen(t, "tcp", "127.0.0.1:0")+"?tls=on", func(o *Options) { o.TLS, o.SharedKey = c.config, "k" })
			n, err := f.Deliver(t.Context(), alertsOf(1))
			switch {
			case c.want == "" && (n != 1 || err != nil):
				t.Error(n, err)
			case c.want != "" && (n != 0 || err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("delivered %d, %v", n, err)
			}
		})
	}
}

func TestADeliveryEndsWithItsContext(t *testing.T) {
	var r delivertest.Receiver
	r.Behave(func(int) delivertest.Behavior { return delivertest.Hang })
	f := sender(t, "forward://"+r.Listen(t, "tcp", "127.0.0.1:0"), func(o *Options) { o.SendTimeout = time.Minute })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := f.Deliver(ctx, alertsOf(1)); err == nil || time.Since(start) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// A receiver is killed and restarted again and again, and loses what it has not
// acknowledged; workers deliver meanwhile. Everything arrives.
func TestNothingIsLostWhenTheReceiverIsKilledUnderLoad(t *testing.T) {
	var r delivertest.Receiver
	r.Behave(func(n int) delivertest.Behavior {
		if n%17 == 16 {
			return delivertest.Vanish
		}
		return delivertest.Acknowledge
	})
	at := r.Listen(t, "tcp", "127.0.0.1:0")
	o := newTestOutlet(t, sender(t, "forward://"+at, func(o *Options) { o.SendTimeout = 500 * time.Millisecond }))
	const workers, chunks = 4, 60
	var wait sync.WaitGroup
	var retries sync.Map
	for w := range workers {
		wait.Go(func() {
			for i := range chunks {
				c := chunkOf(t, grant(fmt.Sprintf("e%d-%d-a", w, i)), grant(fmt.Sprintf("e%d-%d-b", w, i)))
				for o.Chunk(t.Context(), c, "cloudtrail", nil, 0).Retry {
					retries.Store(w, true)
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				r.Kill()
				time.Sleep(5 * time.Millisecond)
				r.Listen(t, "tcp", at)
			}
		}
	}()
	wait.Wait()
	close(stop)
	<-stopped
	arrived := map[string]int{}
	for _, e := range r.Entries() {
		id, _ := document.GetText(e.Body, "eventID")
		arrived[string(id)]++
		if s := describe(e.Body); strings.Contains(s, "duplicate") {
			t.Errorf("%s", s)
		}
	}
	for w := range workers {
		for i := range chunks {
			for _, x := range []string{"a", "b"} {
				if id := fmt.Sprintf("e%d-%d-%s", w, i, x); arrived[id] == 0 {
					t.Errorf("%s is lost", id)
				}
			}
		}
	}
	delivered, again := o.Counts()
	t.Logf("%d alerts delivered, %d chunks handed in again, %d entries arrived on %d connections", delivered, again, len(r.Entries()), r.Connections())
}
