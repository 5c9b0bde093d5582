package property

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// maxAccountsFile is the most bytes of a file of known accounts: a line for each of
// the accounts of a very large organization, many times over.
const maxAccountsFile = 16 << 20

// readAccounts reads the names of accounts from a file: CSV with the columns account
// and name, or JSON, a list of objects with these members or one object with the
// accounts as its keys.
func readAccounts(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, reason(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxAccountsFile+1))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, reason(err))
	}
	if len(text) > maxAccountsFile {
		return nil, fmt.Errorf("%q is larger than %d MB", path, maxAccountsFile>>20)
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	read := accountsOfCSV
	if len(text) > 0 && (text[0] == '[' || text[0] == '{') {
		read = accountsOfJSON
	}
	rows, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	names := make(map[string]string, len(rows))
	for _, r := range rows {
		if !accountID.MatchString(r.Account) || r.Name == "" {
			return nil, fmt.Errorf("%q, %s: account %q with the name %q is not allowed: it must be 12 digits and a name", path, r.place, r.Account, r.Name)
		}
		if other, twice := names[r.Account]; twice && other != r.Name {
			return nil, fmt.Errorf("%q, %s: account %s has the names %q and %q", path, r.place, r.Account, other, r.Name)
		}
		names[r.Account] = r.Name
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%q has no account in it", path)
	}
	return names, nil
}

// reason is what went wrong, without the path, which the error has already.
func reason(err error) error {
	var about *os.PathError
	if errors.As(err, &about) {
		return about.Err
	}
	return err
}

// accountRow is one account of a file, and where it is there.
type accountRow struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	place   string
}

func accountsOfCSV(text []byte) (rows []accountRow, err error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment = -1, true, '#'
	account, name := 0, 1
	for first := true; ; first = false {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if isHeader := func(s string) bool { return strings.EqualFold(s, "account") }; first && slices.ContainsFunc(fields, isHeader) {
			account = slices.IndexFunc(fields, isHeader)
			name = slices.IndexFunc(fields, func(s string) bool { return strings.EqualFold(s, "name") })
			if name < 0 {
				return nil, errors.New("the first line has a column account and no column name")
			}
			continue
		}
		line, _ := r.FieldPos(0)
		if len(fields) <= max(account, name) {
			return nil, fmt.Errorf("line %d has %d columns: it must have account and name", line, len(fields))
		}
		rows = append(rows, accountRow{fields[account], fields[name], fmt.Sprintf("line %d", line)})
	}
}

func accountsOfJSON(text []byte) (rows []accountRow, err error) {
	if text[0] == '{' {
		var named map[string]string
		if err := json.Unmarshal(text, &named); err != nil {
			return nil, fmt.Errorf("it is not a JSON object of accounts with their names: %w", err)
		}
		for _, account := range slices.Sorted(maps.Keys(named)) {
			rows = append(rows, accountRow{account, strings.TrimSpace(named[account]), "key " + account})
		}
		return rows, nil
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, fmt.Errorf("it is not a JSON list of objects with account and name: %w", err)
	}
	for i := range rows {
		rows[i].place = fmt.Sprintf("entry %d", i+1)
		rows[i].Name = strings.TrimSpace(rows[i].Name)
	}
	return rows, nil
}

// resolve replaces names of known accounts by the accounts. A name may mean
// several.
func resolve(accounts []string, known map[string]string) ([]string, error) {
	var all []string
	for _, account := range accounts {
		if accountID.MatchString(account) {
			all = append(all, account)
			continue
		}
		found := len(all)
		for _, id := range slices.Sorted(maps.Keys(known)) {
			if known[id] == account {
				all = append(all, id)
			}
		}
		switch {
		case len(all) > found:
		case known == nil:
			return nil, wrong(account, "a list of account ids of 12 digits")
		default:
			return nil, wrong(account, "a list of account ids of 12 digits, or of names in known_accounts")
		}
	}
	return all, nil
}
