package address

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseReads(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"standard output", "stdout", "stdout"},
		{"a file", "file:///var/log/alerts.ndjson", "file:///var/log/alerts.ndjson"},
		{"a file with a comma in its name", "file:///var/log/a%2Cb", "file:///var/log/a,b"},
		{"a receiver with the default port", "forward://collector", "forward://collector:24224 alert.$severity ack"},
		{"a receiver with a port", "forward://collector:2424", "forward://collector:2424 alert.$severity ack"},
		{"a receiver with an IPv6 address", "forward://[::1]:2424", "forward://[::1]:2424 alert.$severity ack"},
		{"a tag", "forward://c?tag=$tag.${rule_id}x", "forward://c:24224 $tag.${rule_id}x ack"},
		{"TLS", "forward://c?tls=on", "forward://c:24224 alert.$severity tls ack"},
		{"no acknowledgement", "forward://c?ack=off", "forward://c:24224 alert.$severity"},
		{"a socket", "forward+unix:///run/fb.sock?tag=a", "forward+unix:///run/fb.sock a ack"},
		{"two destinations", "stdout, file:///a", "stdout|file:///a"},
		{"one receiver under two tags", "forward://c?tag=a,forward://c?tag=b", "forward://c:24224 a ack|forward://c:24224 b ack"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := ParseList(c.in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range list {
				s := a.String()
				if a.Kind == Forward {
					s += " " + a.Tag.String()
				}
				if a.TLS {
					s += " tls"
				}
				if a.Ack {
					s += " ack"
				}
				got = append(got, s)
			}
			if s := strings.Join(got, "|"); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}

func TestParseRefusesInOneLineWithoutSecrets(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", " , ", "there is no address in it"},
		{"an unknown kind", "kafka://hunter2", "of an unknown kind"},
		{"a word", "hunter2", "of an unknown kind"},
		{"a file without a root", "file://hunter2/b", "must be file:///path"},
		{"a folder", "file:///var/log/", "must be file:///path"},
		{"a file with settings", "file:///a?tag=hunter2", "takes no settings"},
		{"a receiver without a host", "forward://:24224", "must be forward://host:port"},
		{"a port that is out of range", "forward://c:0", "a port from 1 to 65535"},
		{"a password", "forward://me:hunter2@c", "the property shared_key is for that"},
		{"a shared key", "forward://c?shared_key=hunter2", "use the property shared_key"},
		{"a setting that is unknown", "forward://c?timeout=3", `"timeout" is not one of its settings`},
		{"a setting twice", "forward://c?ack=on&ack=off", "more than once"},
		{"a switch that is neither on nor off", "forward://c?tls=maybe", "must be on or off"},
		{"TLS on a socket", "forward+unix:///s?tls=on", "no TLS on a unix socket"},
		{"a tag with a space", "forward://c?tag=a%20b", "not a letter"},
		{"a tag with an unknown variable", "forward://c?tag=$nothing", "not $severity, $rule_id or $tag"},
		{"an empty tag", "forward://c?tag=", "the tag is empty"},
		{"a control character", "forward://c/\x01hunter2", "cannot be read"},
		{"the same twice", "stdout,stdout", "is listed twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseList(c.in)
			if err == nil {
				t.Fatal("no error")
			}
			if text := err.Error(); !strings.Contains(text, c.want) || strings.Contains(text, "\n") || strings.Contains(text, "hunter2") {
				t.Errorf("the error is %q, want %q in it, on one line, without the secret", text, c.want)
			}
		})
	}
}

func TestATagIsMadeOfWhatTheAlertSays(t *testing.T) {
	for _, c := range []struct{ name, template, want string }{
		{"the severity", "alert.$severity", "alert.high"},
		{"the rule", "$rule_id", "8f98-1"},
		{"the tag of the chunk", "$tag.$severity", "cloudtrail.eu.high"},
		{"a variable before a letter", "${severity}est", "highest"},
		{"no variable", "alerts", "alerts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmpl, err := ParseTemplate(c.template)
			if err != nil {
				t.Fatal(err)
			}
			if got := tmpl.Tag("high", "8f98-1", "cloudtrail.eu"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	tmpl, _ := ParseTemplate("a.$tag")
	if got := tmpl.Tag("", "", "x y\n"+strings.Repeat("z", 5000)); !strings.HasPrefix(got, "a.x_y_z") || len(got) != maxTag {
		t.Errorf("a tag of anything is %.100q, %d bytes", got, len(got))
	}
}

func TestASecretIsNotPrinted(t *testing.T) {
	s := Secret("hunter2")
	type holder struct{ S Secret }
	if text := fmt.Sprintf("%v %s %+v %#v %q %v", s, s, holder{s}, holder{s}, s, &holder{s}); strings.Contains(text, "hunter2") {
		t.Error(text)
	}
}
