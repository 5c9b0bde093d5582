package property

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReadOutputHasDefaults(t *testing.T) {
	_, o, err := ReadOutput(set{"alerts_to": "forward://c"})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Addresses) != 1 || o.OnlyFields || o.TLS != nil || o.SharedKey != "" ||
		o.ConnectTimeout != 5*time.Second || o.SendTimeout != 10*time.Second {
		t.Errorf("got %+v", o)
	}
}

func TestReadOutputVerifiesUnlessToldOtherwise(t *testing.T) {
	for _, c := range []struct {
		name   string
		set    set
		verify bool
	}{
		{"by default", set{"alerts_to": "forward://c?tls=on"}, true},
		{"with tls_verify off", set{"alerts_to": "forward://c?tls=on", "tls_verify": "off"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, o, err := ReadOutput(c.set)
			if err != nil || o.TLS == nil || o.TLS.InsecureSkipVerify == c.verify {
				t.Errorf("got %v, %v", o.TLS, err)
			}
		})
	}
}

func TestReadOutputTakesTheKeyFromTheFirstLineOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("s3cret key\r\nmore\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, o, err := ReadOutput(set{"alerts_to": "forward://c", "shared_key_file": path})
	if err != nil || o.SharedKey.Reveal() != "s3cret key" {
		t.Errorf("got %q, %v", o.SharedKey.Reveal(), err)
	}
}

func TestReadOutputRefusesInOneLineThatNamesTheProperty(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\nhunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		set      set
		property string
		want     string
	}{
		{"no destination", set{}, "alerts_to", "it is not set"},
		{"a destination of no known kind", set{"alerts_to": "kafka://x"}, "alerts_to", "unknown kind"},
		{"a form of no known kind", set{"alerts_to": "stdout", "alerts_only": "alerts"}, "alerts_only", "record or fields"},
		{"an empty key", set{"alerts_to": "forward://c", "shared_key": " "}, "shared_key", "the value is empty"},
		{"a key and a file", set{"alerts_to": "forward://c", "shared_key": "hunter2", "shared_key_file": empty}, "shared_key_file", "leave one of them out"},
		{"a key for a file", set{"alerts_to": "stdout", "shared_key": "hunter2"}, "shared_key", "is a forward address"},
		{"a file without a key", set{"alerts_to": "forward://c", "shared_key_file": empty}, "shared_key_file", "first line is empty"},
		{"a file that is not there", set{"alerts_to": "forward://c", "shared_key_file": "/nowhere"}, "shared_key_file", "no such file"},
		{"a certificate that is not there", set{"alerts_to": "forward://c?tls=on", "tls_ca_file": "/nowhere"}, "tls_ca_file", "no such file"},
		{"a file that is not a certificate", set{"alerts_to": "forward://c?tls=on", "tls_ca_file": empty}, "tls_ca_file", "a PEM file"},
		{"settings of TLS without TLS", set{"alerts_to": "forward://c", "tls_verify": "on"}, "tls_verify", "tls=on"},
		{"a certificate without its key", set{"alerts_to": "forward://c?tls=on", "tls_crt_file": empty}, "tls_crt_file", "tls_key_file is not set"},
		{"a key without its certificate", set{"alerts_to": "forward://c?tls=on", "tls_key_file": empty}, "tls_key_file", "tls_crt_file is not set"},
		{"a timeout of nothing", set{"alerts_to": "stdout", "send_timeout": "0"}, "send_timeout", "from 1s"},
		{"fields of another format", set{"alerts_to": "stdout", "alerts_only": "fields", "alert_format": "ecs"}, "alerts_only", "native"},
		{"an engine's property", set{"alerts_to": "stdout", "coverage": "most"}, "coverage", "rule, extended or all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := ReadOutput(c.set)
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			if !strings.HasPrefix(text, `property "`+c.property+`": `) || !strings.Contains(text, c.want) ||
				strings.Contains(text, "\n") || strings.Contains(text, "hunter2") {
				t.Errorf("the error is %q", text)
			}
		})
	}
}

func TestNoPropertyOfTheOutputIsTakenByFluentBit(t *testing.T) {
	seen := map[string]bool{"tls": true, "host": true, "port": true, "match": true, "alias": true, "workers": true, "ipv6": true, "retry_limit": true, "log_level": true}
	for _, p := range append(OutputTable[:len(OutputTable):len(OutputTable)], Table...) {
		if seen[p.Name] || strings.Contains(p.Name, ".") {
			t.Errorf("%s is there twice, or is Fluent Bit's", p.Name)
		}
		seen[p.Name] = true
	}
}
