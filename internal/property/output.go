package property

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/internal/address"
)

// Output is what the properties of the output plugin set, beside [Settings].
type Output struct {
	Addresses  []address.Address
	OnlyFields bool
	SharedKey  address.Secret
	TLS        *tls.Config // nil if no address has tls=on

	ConnectTimeout, SendTimeout time.Duration

	keyFile   string
	noVerify  bool
	ca        *x509.CertPool
	name      string
	crt, key  string
	tlsWanted string // a tls property that was set, by name
}

// OutputTable lists the properties that the output plugin has beside [Table].
// Their names are not those that Fluent Bit takes for itself: tls, tls.*,
// net.*, host, port, workers.
var OutputTable = []Property{
	{
		Name: "alerts_to", Kind: KindText,
		Help: "Where alerts go: a list of stdout, file:///path, forward://host:port and forward+unix:///path. A forward address may have settings: ?tag=alert.$severity (also $rule_id, $tag), &tls=on, &ack=off.",
		output: func(o *Output, v string) (err error) {
			o.Addresses, err = address.ParseList(v)
			return err
		},
	},
	{
		Name: "alerts_only", Kind: KindText, Default: "record",
		Help: "What goes out: record is the event with its alert, fields only the alert with its grant, and the event's ID.",
		output: func(o *Output, v string) (err error) {
			o.OnlyFields, err = choice(v, map[string]bool{"record": false, "fields": true}, "record or fields")
			return err
		},
	},
	{
		Name: "shared_key", Kind: KindText,
		Help: "The shared_key of the receiving forward input. It may come from the environment, as ${NAME}.",
		output: func(o *Output, v string) error {
			o.SharedKey = address.Secret(v)
			return nil
		},
	},
	{
		Name: "shared_key_file", Kind: KindText,
		Help: "A file with the shared_key in its first line, instead of shared_key.",
		output: func(o *Output, v string) error {
			o.keyFile = v
			return nil
		},
	},
	{
		Name: "tls_verify", Kind: KindSwitch, Default: "on",
		Help: "Whether the receiver's certificate must be valid and its own, for addresses with tls=on.",
		output: func(o *Output, v string) error {
			verify, err := onOff(v)
			o.noVerify = !verify
			return err
		},
	},
	{
		Name: "tls_ca_file", Kind: KindText,
		Help: "A PEM file with the certificates that sign the receiver's. Default: the system's.",
		output: func(o *Output, v string) error {
			pem, err := os.ReadFile(v)
			if err != nil {
				return err
			}
			o.ca = x509.NewCertPool()
			if !o.ca.AppendCertsFromPEM(pem) {
				return wrong(v, "a PEM file with a certificate")
			}
			return nil
		},
	},
	{
		Name: "tls_server_name", Kind: KindText,
		Help: "The name in the receiver's certificate. Default: the host of the address.",
		output: func(o *Output, v string) error {
			o.name = v
			return nil
		},
	},
	{
		Name: "tls_crt_file", Kind: KindText,
		Help: "A PEM file with our certificate, for a receiver that asks for one.",
		output: func(o *Output, v string) error {
			o.crt = v
			return nil
		},
	},
	{
		Name: "tls_key_file", Kind: KindText,
		Help: "A PEM file with the key of tls_crt_file.",
		output: func(o *Output, v string) error {
			o.key = v
			return nil
		},
	},
	{
		Name: "connect_timeout", Kind: KindPeriod, Default: "5",
		Help: "How long it may take to connect to a receiver, handshakes included.",
		output: func(o *Output, v string) (err error) {
			o.ConnectTimeout, err = period(v, time.Second, 10*time.Minute)
			return err
		},
	},
	{
		Name: "send_timeout", Kind: KindPeriod, Default: "10",
		Help: "How long a message may take until the receiver has acknowledged it.",
		output: func(o *Output, v string) (err error) {
			o.SendTimeout, err = period(v, time.Second, 10*time.Minute)
			return err
		},
	},
}

// ReadOutput reads every property of [Table] and [OutputTable].
func ReadOutput(src Source) (Settings, Output, error) {
	s, err := Read(src)
	if err != nil {
		return Settings{}, Output{}, err
	}
	o := Output{ConnectTimeout: 5 * time.Second, SendTimeout: 10 * time.Second}
	for _, p := range OutputTable {
		value, set := src.Property(p.Name)
		if !set {
			continue
		}
		if err := p.read(value, func(v string) error { return p.output(&o, v) }); err != nil {
			return Settings{}, Output{}, err
		}
		if strings.HasPrefix(p.Name, "tls_") && o.tlsWanted == "" {
			o.tlsWanted = p.Name
		}
	}
	if o.OnlyFields && s.Options.AlertFormat != alert.FormatNative {
		return Settings{}, Output{}, fmt.Errorf("property %q: %w", "alerts_only", errors.New("fields needs the native alert_format"))
	}
	if name, err := o.finish(); err != nil {
		return Settings{}, Output{}, fmt.Errorf("property %q: %w", name, err)
	}
	return s, o, nil
}

// finish checks properties that depend on each other, and names the one to
// change.
func (o *Output) finish() (name string, err error) {
	if len(o.Addresses) == 0 {
		return "alerts_to", errors.New("it is not set: it must be a list of " + address.Allowed)
	}
	forward, encrypted := false, false
	for _, a := range o.Addresses {
		forward = forward || a.Kind == address.Forward
		encrypted = encrypted || a.TLS
	}
	switch {
	case o.tlsWanted != "" && !encrypted:
		return o.tlsWanted, errors.New("no address in alerts_to has tls=on")
	case o.SharedKey != "" && o.keyFile != "":
		return "shared_key_file", errors.New("shared_key is set too: leave one of them out")
	case o.SharedKey != "" && !forward:
		return "shared_key", errors.New("no address in alerts_to is a forward address")
	case o.keyFile != "" && !forward:
		return "shared_key_file", errors.New("no address in alerts_to is a forward address")
	case o.crt == "" && o.key != "":
		return "tls_key_file", errors.New("tls_crt_file is not set")
	case o.crt != "" && o.key == "":
		return "tls_crt_file", errors.New("tls_key_file is not set")
	}
	if o.keyFile != "" {
		if o.SharedKey, err = readKey(o.keyFile); err != nil {
			return "shared_key_file", err
		}
	}
	if !encrypted {
		return "", nil
	}
	o.TLS = &tls.Config{
		RootCAs: o.ca, ServerName: o.name, InsecureSkipVerify: o.noVerify, MinVersion: tls.VersionTLS12,
	}
	if o.crt != "" {
		pair, err := tls.LoadX509KeyPair(o.crt, o.key)
		if err != nil {
			return "tls_crt_file", err
		}
		o.TLS.Certificates = []tls.Certificate{pair}
	}
	return "", nil
}

func readKey(path string) (address.Secret, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if first = strings.TrimRight(first, "\r"); first == "" {
		return "", errors.New("the file's first line is empty")
	}
	return address.Secret(first), nil
}
