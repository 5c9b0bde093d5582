package property

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fileOf writes a file and returns its path.
func fileOf(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKnownAccountsInEveryForm(t *testing.T) {
	want := map[string]string{"444455556666": "Example Backups", "012345678901": "Monitoring, Inc."}
	for _, c := range []struct{ name, text string }{
		{"CSV without a header", "444455556666,Example Backups\n012345678901,\"Monitoring, Inc.\"\n"},
		{"CSV with a header", "account,name\n444455556666, Example Backups \n012345678901,\"Monitoring, Inc.\"\n"},
		{"CSV with other columns, and in another order", "Name,Owner,Account\nExample Backups,ops,444455556666\n\"Monitoring, Inc.\",sec,012345678901"},
		{"CSV with a mark at its start, comments and Windows lines", "\ufeffaccount,name\r\n# vendors\r\n444455556666,Example Backups\r\n\r\n012345678901,\"Monitoring, Inc.\"\r\n"},
		{"a JSON list", `[{"account": "444455556666", "name": "Example Backups"}, {"account": "012345678901", "name": "Monitoring, Inc.", "tier": 1}]`},
		{"a JSON object", ` {"444455556666": "Example Backups", "012345678901": "Monitoring, Inc."}`},
		{"an account twice by one name", "444455556666,Example Backups\n444455556666,Example Backups\n012345678901,\"Monitoring, Inc.\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readAccounts(fileOf(t, "accounts", c.text))
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestABrokenFileOfAccountsIsOneLineThatSaysWhere(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"no account", "", "has no account in it"},
		{"a header alone", "account,name\n", "has no account in it"},
		{"an account too short", "account,name\n44445555666,x", `line 2: account "44445555666" with the name "x" is not allowed: it must be 12 digits and a name`},
		{"no name", "444455556666,", `line 1: account "444455556666" with the name "" is not allowed`},
		{"one column", "444455556666", "line 1 has 1 columns: it must have account and name"},
		{"no column name", "account,owner\n444455556666,x", "has a column account and no column name"},
		{"two names", "444455556666,a\n444455556666,b", `line 2: account 444455556666 has the names "a" and "b"`},
		{"broken JSON", `[{"account": "444455556666"`, "it is not a JSON list of objects with account and name"},
		{"a number, which has lost its zeros", `[{"account": 12345678901, "name": "x"}]`, "it is not a JSON list of objects with account and name"},
		{"a JSON list without names", `[{"account": "444455556666"}]`, `entry 1: account "444455556666" with the name "" is not allowed`},
		{"JSON of something else", `{"accounts": []}`, "it is not a JSON object of accounts with their names"},
		{"too large", strings.Repeat("444455556666,Example Backups\n", 600_000), "is larger than 16 MB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := fileOf(t, "accounts", c.text)
			_, err := readAccounts(path)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v does not say %q in one line", err, c.says)
			}
		})
	}
}

func TestTrustedAccountsMayBeNames(t *testing.T) {
	path := fileOf(t, "accounts.csv", "444455556666,Example Backups\n555566667777,Example Backups\n666677778888,Monitoring")
	for _, c := range []struct{ value, want, says string }{
		{"Example Backups, 111122223333", "444455556666 555566667777 111122223333", ""},
		{"Monitoring", "666677778888", ""},
		{"monitoring", "", `property "trusted_accounts": "monitoring" is not allowed: it must be a list of account ids of 12 digits, or of names in known_accounts`},
	} {
		s, err := Read(set{"known_accounts": path, "trusted_accounts": c.value})
		if err != nil {
			if err.Error() != c.says {
				t.Errorf("%s: %v", c.value, err)
			}
			continue
		}
		if got := strings.Join(s.Options.Exceptions.Accounts, " "); got != c.want {
			t.Errorf("%s means %s, want %s", c.value, got, c.want)
		}
	}
}
