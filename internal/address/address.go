package address

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Kind is the form in which alerts go out.
type Kind uint8

// The kinds of destinations.
const (
	Stdout  Kind = iota // lines of JSON on standard output
	File                // lines of JSON, appended to a file
	Forward             // the Forward protocol, to a Fluent Bit
)

// Address is one destination.
type Address struct {
	Kind    Kind
	Network string // tcp or unix, of Forward
	Target  string // host:port, or the path of a socket or a file

	Tag Template // of Forward
	TLS bool     // of Forward over tcp
	Ack bool     // of Forward: wait for the receiver's acknowledgement
}

// DefaultPort is that of Fluent Bit's forward input.
const DefaultPort = "24224"

// Allowed lists the forms of an address, for errors.
const Allowed = "stdout, file:///path, forward://host:port or forward+unix:///path"

// ParseList reads addresses that are separated by commas. A comma inside an
// address is written %2C.
func ParseList(text string) ([]Address, error) {
	var list []Address
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		a, err := Parse(part)
		if err != nil {
			return nil, err
		}
		for _, b := range list {
			if a.same(b) {
				return nil, fmt.Errorf("%s is listed twice", a)
			}
		}
		list = append(list, a)
	}
	if len(list) == 0 {
		return nil, errors.New("there is no address in it: it must be a list of " + Allowed)
	}
	return list, nil
}

func (a Address) same(b Address) bool {
	return a.Kind == b.Kind && a.Network == b.Network && a.Target == b.Target && a.Tag.text == b.Tag.text
}

// Parse reads one address.
func Parse(text string) (Address, error) {
	if strings.EqualFold(text, "stdout") {
		return Address{Kind: Stdout}, nil
	}
	// No error repeats the text: somebody may have put a password there.
	u, err := url.Parse(text)
	if err != nil {
		return Address{}, errors.New("there is an address that cannot be read: it must be " + Allowed)
	}
	if u.User != nil {
		return Address{}, errors.New("an address has no user and no password: the property shared_key is for that")
	}
	if u.Fragment != "" {
		return Address{}, errors.New("an address has a #, which must be written as %23")
	}
	a, err := parseTarget(u)
	if err != nil {
		return Address{}, err
	}
	return a, a.parseSettings(u.RawQuery)
}

func parseTarget(u *url.URL) (Address, error) {
	switch strings.ToLower(u.Scheme) {
	case "file":
		return pathAddress(u, Address{Kind: File})
	case "forward+unix":
		return pathAddress(u, Address{Kind: Forward, Network: "unix"})
	case "forward":
		host, port := u.Hostname(), u.Port()
		if port == "" {
			port = DefaultPort
		}
		n, err := strconv.Atoi(port)
		if host == "" || err != nil || n < 1 || n > 65535 || strings.Trim(u.Path, "/") != "" {
			return Address{}, errors.New("a forward address must be forward://host:port, with a port from 1 to 65535")
		}
		return Address{Kind: Forward, Network: "tcp", Target: net.JoinHostPort(host, port)}, nil
	}
	return Address{}, errors.New("there is an address of an unknown kind: it must be " + Allowed)
}

func pathAddress(u *url.URL, a Address) (Address, error) {
	if u.Host != "" || !filepath.IsAbs(u.Path) || strings.HasSuffix(u.Path, "/") || strings.ContainsRune(u.Path, 0) {
		return Address{}, fmt.Errorf("a %s address must be %[1]s:///path, with a path from the root and three slashes", strings.ToLower(u.Scheme))
	}
	a.Target = filepath.Clean(u.Path)
	return a, nil
}

func (a *Address) parseSettings(query string) error {
	settings, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("%s: what is after the ? cannot be read", a)
	}
	if a.Kind != Forward {
		if len(settings) > 0 {
			return fmt.Errorf("%s: such an address takes no settings after a ?", a)
		}
		return nil
	}
	a.Ack = true
	tag := DefaultTag
	for name, values := range settings {
		if slices.Contains([]string{"shared_key", "key", "password"}, name) {
			return fmt.Errorf("%s: a secret does not go into an address: use the property shared_key or shared_key_file", a)
		}
		if len(values) > 1 {
			return fmt.Errorf("%s: %q is set more than once", a, name)
		}
		var err error
		switch name {
		case "tag":
			tag = values[0]
		case "tls":
			a.TLS, err = onOff(values[0])
		case "ack":
			a.Ack, err = onOff(values[0])
		default:
			return fmt.Errorf("%s: %q is not one of its settings: tag, tls and ack", a, name)
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", a, name, err)
		}
	}
	if a.TLS && a.Network != "tcp" {
		return fmt.Errorf("%s: there is no TLS on a unix socket", a)
	}
	if a.Tag, err = ParseTemplate(tag); err != nil {
		return fmt.Errorf("%s: %w", a, err)
	}
	return nil
}

func onOff(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "on", "true", "yes", "1":
		return true, nil
	case "off", "false", "no", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is not allowed: it must be on or off", value)
}

// String returns the address without its settings.
func (a Address) String() string {
	switch {
	case a.Kind == File:
		return "file://" + a.Target
	case a.Kind == Forward && a.Network == "unix":
		return "forward+unix://" + a.Target
	case a.Kind == Forward:
		return "forward://" + a.Target
	}
	return "stdout"
}
