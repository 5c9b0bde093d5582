package docs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/internal/property"
	"github.com/trailwire/trailwire/internal/testmmdb"
)

// documented is a property as docs/properties.md has it.
type documented struct {
	name                              string
	text                              string
	dflt, value, example, wrong, says string
}

// readProperties reads the sections of docs/properties.md.
func readProperties(t *testing.T) (all []documented) {
	t.Helper()
	_, sections, _ := strings.Cut(read(t, "docs/properties.md"), "\n## ")
	for _, section := range strings.Split(sections, "\n### ")[1:] {
		section, _, _ = strings.Cut(section, "\n## ") // the next group
		name, rest, _ := strings.Cut(section, "\n")
		d := documented{name: name}
		// A line that is indented by two goes on with the item before it.
		rest = strings.ReplaceAll(rest, "\n  ", " ")
		for _, line := range strings.Split(rest, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "- default":
				d.dflt = value
			case "- value":
				d.value = value
			case "- example":
				d.example = strings.Trim(value, "`")
			case "- wrong":
				m := regexp.MustCompile("^`(.*)`, since `(.*)`$").FindStringSubmatch(value)
				if m == nil {
					t.Fatalf("%s: what is wrong is not `…`, since `…`: %s", name, value)
				}
				d.wrong, d.says = m[1], m[2]
			default:
				d.text += line + "\n"
			}
		}
		all = append(all, d)
	}
	return all
}

// setting reads a property as a line of YAML has it.
func (d documented) setting(t *testing.T, line string) string {
	t.Helper()
	value, ok := strings.CutPrefix(line, d.name+": ")
	if !ok {
		t.Errorf("%s: %q sets something else", d.name, line)
	}
	for _, quote := range []string{"'", `"`} {
		if inner, ok := strings.CutPrefix(value, quote); ok {
			return strings.TrimSuffix(inner, quote)
		}
	}
	return value
}

// readBy reads properties as the plugin does that has this one.
func (d documented) readBy(source values) (err error) {
	if slices.ContainsFunc(property.FilterTable, func(p property.Property) bool { return p.Name == d.name }) {
		_, _, err = property.ReadFilter(source)
	} else {
		_, _, err = property.ReadOutput(source)
	}
	return err
}

func TestThePageOfPropertiesIsWhatThePluginsRead(t *testing.T) {
	inCode := slices.Concat(property.Table, property.FilterTable, property.OutputTable)
	onPage := readProperties(t)
	seen := make(map[string]bool)
	for _, d := range onPage {
		i := slices.IndexFunc(inCode, func(p property.Property) bool { return p.Name == d.name })
		if i < 0 || seen[d.name] {
			t.Errorf("%s is not a property, or is there twice", d.name)
			continue
		}
		seen[d.name] = true
		p := inCode[i]
		if strings.TrimSpace(d.text) == "" || d.value == "" || d.example == "" || d.wrong == "" || d.dflt == "" {
			t.Errorf("%s: something is missing: %+v", d.name, d)
		}
		if got := strings.Trim(d.dflt, "`"); p.Default != "" && got != p.Default {
			t.Errorf("%s: the page says that the default is %s, the code %s", d.name, got, p.Default)
		} else if p.Default == "" && got != d.dflt {
			t.Errorf("%s: the page says that the default is %s, the code has none", d.name, got)
		}
	}
	for _, p := range inCode {
		if !seen[p.Name] {
			t.Errorf("%s is not on the page", p.Name)
		}
	}
}

func TestExamplesOfPropertiesAreTaken(t *testing.T) {
	folder := folderOfFiles(t)
	for _, d := range readProperties(t) {
		source := context(d.name)
		source[d.name] = strings.ReplaceAll(d.setting(t, d.example), "/etc/", folder+"/")
		for _, pair := range [][2]string{{"tls_crt_file", "tls_key_file"}, {"tls_key_file", "tls_crt_file"}} {
			if d.name == pair[0] {
				source[pair[1]] = filepath.Join(folder, "fluent-bit", map[string]string{"tls_crt_file": "sender.pem", "tls_key_file": "sender.key"}[pair[1]])
			}
		}
		if err := d.readBy(source); err != nil {
			t.Errorf("%s is refused: %v", d.example, err)
		}
	}
}

func TestWrongValuesOfPropertiesAreRefusedAsThePageSays(t *testing.T) {
	for _, d := range readProperties(t) {
		source := context(d.name)
		source[d.name] = d.setting(t, d.wrong)
		// If the error names another property, the page has that one.
		want := regexp.MustCompile(`^property "\w+": ` + regexp.QuoteMeta(d.says) + `$`)
		if err := d.readBy(source); err == nil || !want.MatchString(err.Error()) {
			t.Errorf("%s: the error is %v, the page says %s", d.wrong, err, d.says)
		}
	}
}

// context is what has to be set beside a property.
func context(name string) values {
	where := "stdout"
	switch {
	case name == "suppressed_tag":
		return values{"alert_tag": "alert.$severity"}
	case name == "alert_tag", name == "records":
		return values{}
	case strings.HasPrefix(name, "tls_"):
		where = "forward://alerts.example.com?tls=on"
	case strings.HasPrefix(name, "shared_key"):
		where = "forward://alerts.example.com"
	}
	return values{"alerts_to": where}
}

// folderOfFiles makes a folder that replaces /etc in examples.
func folderOfFiles(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), IsCA: true}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	asPEM := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	for name, text := range map[string]string{
		"fluent-bit/receiver.shared":   "hunter2\n",
		"fluent-bit/ca.pem":            asPEM("CERTIFICATE", certificate),
		"fluent-bit/sender.pem":        asPEM("CERTIFICATE", certificate),
		"fluent-bit/sender.key":        asPEM("EC PRIVATE KEY", key),
		"trailwire/accounts.csv":       "account,name\n444455556666,Example Backups\n",
		"trailwire/GeoLite2-ASN.mmdb":  string(testmmdb.ASN()),
		"trailwire/GeoLite2-City.mmdb": string(testmmdb.City()),
		"trailwire/rule.toml": `[rule]
name = "A user is deleted"
rule_id = "5b0a5c4e-5f0c-4a2e-9c54-3c1f1a3b9d10"
type = "eql"
severity = "medium"
risk_score = 47
query = 'any where event.action == "DeleteUser"'
`,
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
