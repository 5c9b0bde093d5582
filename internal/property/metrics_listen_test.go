package property_test

import (
	"testing"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/internal/property"
)

// written is what a user has set.
type written map[string]string

// Property implements [property.Source].
func (w written) Property(name string) (value string, set bool) {
	value, set = w[name]
	return value, set
}

func TestMetricsAreForThisMachineUnlessTheAddressSaysOtherwise(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"a port", "2112", "127.0.0.1:2112"},
		{"a port after a colon", ":2112", "127.0.0.1:2112"},
		{"the loopback address", "127.0.0.1:2112", "127.0.0.1:2112"},
		{"that of IPv6", "[::1]:2112", "[::1]:2112"},
		{"a name", "localhost:2112", "localhost:2112"},
		{"everybody", "0.0.0.0:2112", "0.0.0.0:2112"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := property.Read(written{"metrics_listen": test.value})
			if err != nil || s.MetricsListen != test.want {
				t.Errorf("%q listens on %q, %v; want %s", test.value, s.MetricsListen, err, test.want)
			}
		})
	}
	if s, err := property.Read(written{}); err != nil || s.MetricsListen != "" {
		t.Errorf("without the property metrics are served at %q, %v", s.MetricsListen, err)
	}
}

func TestWrongListenAddressIsRefused(t *testing.T) {
	for _, value := range []string{"0", "65536", "-1", "http", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "http://127.0.0.1:2112", "a b:2112", "bad:host:1"} {
		_, err := property.Read(written{"metrics_listen": value})
		want := `property "metrics_listen": "` + value + `" is not allowed: it must be an address such as 127.0.0.1:2112, or a port from 1 to 65535`
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", value, err, want)
		}
	}
}

func TestAlertFormat(t *testing.T) {
	for value, want := range map[string]alert.Format{
		"native": alert.FormatNative, "ecs": alert.FormatECS, "ocsf": alert.FormatOCSF, "ECS": alert.FormatECS,
	} {
		if s, err := property.Read(written{"alert_format": value}); err != nil || s.Options.AlertFormat != want {
			t.Errorf("%q is format %d, %v; want %d", value, s.Options.AlertFormat, err, want)
		}
	}
	for _, test := range []struct {
		name string
		set  written
		want string
	}{
		{"another word", written{"alert_format": "cef"}, `property "alert_format": "cef" is not allowed: it must be native, ecs or ocsf`},
		{"a key for a schema that says its own", written{"alert_format": "ecs", "alert_key": "alert"},
			`property "alert_key": it has no meaning with alert_format ecs or ocsf, which say where an alert goes: leave it out`},
		{"in the other order", written{"alert_key": "finding", "alert_format": "ocsf"},
			`property "alert_key": it has no meaning with alert_format ecs or ocsf, which say where an alert goes: leave it out`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := property.Read(test.set); err == nil || err.Error() != test.want {
				t.Errorf("the error is %v, want %s", err, test.want)
			}
		})
	}
}
