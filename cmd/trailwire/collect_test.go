package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/collect"
	"github.com/trailwire/trailwire/internal/testaws"
)

// command runs the command line and returns what it prints.
func command(t *testing.T, arguments ...string) (out, err string, code int) {
	t.Helper()
	var outText, errText bytes.Buffer
	p := program{in: strings.NewReader(""), out: &outText, err: &errText, now: time.Now, columns: noTerminal}
	code = p.run(arguments)
	return outText.String(), errText.String(), code
}

func TestWrongUseOfCollectIsOneLine(t *testing.T) {
	folder := t.TempDir()
	key := filepath.Join(folder, "key")
	if err := os.WriteFile(key, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const to = "--to=forward://127.0.0.1:1"
	for _, test := range []struct {
		name      string
		arguments []string
		want      string
	}{
		{"no source", []string{to}, "give one of --queue, --bucket and --folder"},
		{"two sources", []string{"--bucket=b", "--folder=f", to}, "give one of --queue, --bucket and --folder"},
		{"a queue that is not a URL", []string{"--queue=trail", to}, `--queue: "trail" is not allowed: it must be a URL such as https://sqs.eu-west-1.amazonaws.com/111122223333/trail`},
		{"a prefix without a bucket", []string{"--folder=f", "--prefix=p", to}, "--prefix and --since go with --bucket"},
		{"a mark for a queue", []string{"--queue=https://sqs.eu-west-1.amazonaws.com/1/t", "--mark=m", to}, "--mark goes with --bucket or --folder: a queue keeps what was not delivered by itself"},
		{"a time that cannot be read", []string{"--bucket=b", "--since=yesterday", to}, `--since: "yesterday" is not allowed: it must be like 2026-11-01, 2026-11-01T10:00:00Z, 12h or 7d`},
		{"too many workers", []string{"--folder=f", "--workers=65", to}, "--workers: 65 is not allowed: it must be from 1 to 64"},
		{"a record that is too large", []string{"--folder=f", "--max-record=65", to}, "--max-record: 65 is not allowed: it must be from 1 to 64"},
		{"a pause that is too short", []string{"--folder=f", "--every=1ms", to}, "--every: 1ms is not allowed: it must be a second at least"},
		{"an external ID without a role", []string{"--folder=f", "--external-id=x", to}, "--external-id goes with --role"},
		{"nowhere to go", []string{"--folder=" + folder}, "--to is missing: it must be forward://HOST:PORT, forward+unix:///path, file:///path or stdout"},
		{"an address of another kind", []string{"--folder=" + folder, "--to=http://x"}, "--to: there is an address of an unknown kind: it must be stdout, file:///path, forward://host:port or forward+unix:///path"},
		{"two addresses", []string{"--folder=" + folder, "--to=stdout,forward://a"}, "--to takes one address"},
		{"a tag for alerts", []string{"--folder=" + folder, "--to=forward://a?tag=alert.$severity"}, "--to: the tag has a variable, and what is collected is not an alert"},
		{"TLS settings without TLS", []string{"--folder=" + folder, to, "--tls-server-name=x"}, "--tls-server-name: no address in --to has tls=on"},
		{"a key file without a key", []string{"--folder=" + folder, to, "--shared-key-file=" + key}, "--shared-key-file: "},
		{"a folder that is not there", []string{"--folder=" + filepath.Join(folder, "none"), to, "--quiet"}, "lstat " + filepath.Join(folder, "none") + ": no such file or directory"},
		{"a mark that is none", []string{"--folder=" + folder, to, "--mark=" + os.Args[0]}, "--mark: " + os.Args[0] + " is not a list of delivered files"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err, code := command(t, append([]string{"collect"}, test.arguments...)...)
			if code == 0 || out != "" || strings.Count(err, "\n") != 1 || !strings.HasPrefix(err, "trailwire: "+test.want) {
				t.Errorf("exit code %d, printed %q, said %q, want %q", code, out, err, test.want)
			}
		})
	}
}

func TestTheTagOfWhatIsCollectedIsCloudtrail(t *testing.T) {
	for to, want := range map[string]string{
		"forward://a:1":               "forward://a:1?tag=cloudtrail",
		"forward://a:1?tls=on":        "forward://a:1?tls=on&tag=cloudtrail",
		"forward://a:1?tag=trail":     "forward://a:1?tag=trail",
		"forward+unix:///run/fb.sock": "forward+unix:///run/fb.sock?tag=cloudtrail",
		"stdout":                      "stdout",
		"file:///tmp/x":               "file:///tmp/x",
	} {
		if got := withTag(to); got != want {
			t.Errorf("%s: %s, want %s", to, got, want)
		}
	}
}

func TestSinceIsATimeOrHowLongAgo(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-11-01": "2026-11-01T00:00:00Z", "2026-11-01T10:00:00+01:00": "2026-11-01T09:00:00Z", "12h": "2026-11-27T00:00:00Z",
		"7d": "2026-11-20T12:00:00Z", "0d": "2026-11-27T12:00:00Z", "90m": "2026-11-27T10:30:00Z",
	} {
		if at, err := readSince(text, now); err != nil || at.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v, want %s", text, at, err, want)
		}
	}
	for _, text := range []string{"d", "-1d", "-1h", "7days", "2026-13-01", "7 d"} {
		if at, err := readSince(text, now); err == nil {
			t.Errorf("%q is %v", text, at)
		}
	}
}

func TestABucketIsScannedAndCollected(t *testing.T) {
	aws := testaws.Start(t)
	for _, variable := range aws.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	aws.MakeBucket("trail")
	const event = `{"eventVersion":"1.08","eventTime":"2026-11-27T10:00:00Z","eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2",` +
		`"recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/alice"},` +
		`"requestParameters":{"functionName":"f","action":"lambda:InvokeFunction","principal":"444455556666"},"eventID":"e-1"}`
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(`{"Records":[` + event + `]}`))
	_ = w.Close()
	aws.Put("trail", "AWSLogs/1/CloudTrail/a.json.gz", zipped.Bytes())
	aws.Put("trail", "AWSLogs/1/CloudTrail-Digest/a.json.gz", []byte("a digest"))
	aws.Put("trail", "AWSLogs/readme.pdf", []byte("%PDF"))
	aws.Put("trail", "other/b.json", []byte(event))

	out, _, code := command(t, "scan", "s3://trail/AWSLogs/")
	if code != 0 || !strings.Contains(out, "s3://trail/AWSLogs/1/CloudTrail/a.json.gz:1") || !strings.Contains(out, "1 event in 1 file") {
		t.Errorf("exit code %d, printed %s", code, out)
	}
	for path, want := range map[string]string{"s3://trail/nothing": "no file whose key begins so", "s3://": "there is no bucket in it", "s3://none/x": "NoSuchBucket"} {
		if _, err, code := command(t, "scan", path); code != 1 || !strings.Contains(err, want) {
			t.Errorf("%s: exit code %d, said %s", path, code, err)
		}
	}

	to, mark := filepath.Join(t.TempDir(), "records"), filepath.Join(t.TempDir(), "mark")
	reading := []string{
		"trailwire: reading s3://trail/ as arn:aws:iam::000000000000:root, to file://" + to + "\n",
		"trailwire: reading s3://trail/ after the key other/b.json as arn:aws:iam::000000000000:root, to file://" + to + "\n",
	}
	summary := []string{"trailwire: delivered 2 events of 4 files in ", "trailwire: delivered 0 events of 0 files in "}
	for i, wantCode := range []int{exitProblems, exitFine} { // the second finds nothing new
		_, err, code := command(t, "collect", "--bucket", "trail", "--mark", mark, "--to", "file://"+to, "--since", "1h")
		if !strings.HasPrefix(err, reading[i]) || !strings.Contains(err, summary[i]) || strings.Contains(err, "MB read: 2 delivered, 1 digest, 1 unreadable\n") != (i == 0) {
			t.Errorf("run %d: said %s", i, err)
		}
		if code != wantCode || strings.Contains(err, "readme.pdf: cannot be read") != (i == 0) {
			t.Errorf("run %d: exit code %d, said %s", i, code, err)
		}
	}
	text, err := os.ReadFile(to)
	if err != nil || strings.Count(string(text), "\n") != 2 || strings.Count(string(text), `"eventID":"e-1"`) != 2 {
		t.Errorf("%v: %s", err, text)
	}
	out, errText, code := command(t, "collect", "--bucket", "trail", "--prefix", "AWSLogs/", "--dry-run")
	if code != 0 || strings.Count(out, "\n") != 2 || !strings.HasPrefix(errText, "2 files, ") {
		t.Errorf("exit code %d, printed %s, said %s", code, out, errText)
	}
}

func TestADryRunOfAQueueReceivesNothing(t *testing.T) {
	aws := testaws.Start(t)
	for _, variable := range aws.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	plain := aws.MakeQueue("plain")
	queue, _ := aws.MakeQueueWithDeadLetters("trail", 1)
	aws.Send(queue, "a")
	aws.Send(queue, "b")
	for range 2 { // a message that was received once would be gone the second time
		out, err, code := command(t, "collect", "--queue", queue, "--queue", plain, "--dry-run")
		want := queue + ": about 2 messages waiting, 0 with a collector; after 1 receive a message goes to arn:aws:sqs:us-east-1:000000000000:trail-dead-letters\n" +
			plain + ": about 0 messages waiting, 0 with a collector; it has no dead letters: a file that cannot be read for want of a permission comes again until its message expires\n"
		if code != 0 || out != want || err != "" {
			t.Errorf("exit code %d, printed %s, said %s, want %s", code, out, err, want)
		}
	}
	out, err, code := command(t, "collect", "--queue", aws.Endpoint+"/000000000000/none", "--dry-run")
	if code != exitProblems || out != "" || !strings.Contains(err, "/000000000000/none: ") || strings.Count(err, "\n") != 1 {
		t.Errorf("exit code %d, printed %s, said %s", code, out, err)
	}
}

func TestTheSummaryOfACollectorSaysWhatBecameOfEachFile(t *testing.T) {
	for _, test := range []struct {
		totals collect.Totals
		want   string
	}{
		{collect.Totals{}, "delivered 0 events of 0 files in 2s, 0.0 MB read"},
		{collect.Totals{Events: 1234, Bytes: 5_600_000, Objects: map[collect.Result]uint64{collect.Delivered: 1}}, "delivered 1,234 events of 1 file in 2s, 5.6 MB read"},
		{collect.Totals{Events: 1, Objects: map[collect.Result]uint64{collect.Delivered: 1, collect.GivenBack: 2, collect.Denied: 1000}}, "delivered 1 event of 1,003 files in 2s, 0.0 MB read: 1 delivered, 1,000 denied, 2 given back"},
		{collect.Totals{Objects: map[collect.Result]uint64{collect.Gone: 3}}, "delivered 0 events of 3 files in 2s, 0.0 MB read: 3 gone"},
	} {
		if got := collectSummary(test.totals, 2*time.Second); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

func TestAKeyOfOddCharactersIsOneLine(t *testing.T) {
	aws := testaws.Start(t)
	for _, variable := range aws.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	aws.MakeBucket("trail")
	for _, key := range []string{"a\u009b31m.json", "b \u202e.json", "../c.json", "d%41&<>\"'.json"} {
		aws.Put("trail", key, []byte("no JSON"))
	}
	_, err, code := command(t, "collect", "--bucket", "trail", "--to", "stdout")
	lines := strings.Split(strings.TrimSuffix(err, "\n"), "\n")
	// The start, one line for all that cannot be read, the summary.
	if code != exitProblems || len(lines) != 3 || !strings.HasPrefix(lines[1], "trailwire: s3://trail/") || !strings.HasSuffix(lines[2], ": 4 unreadable") {
		t.Errorf("exit code %d, said %q", code, lines)
	}
	for _, c := range err {
		if c < ' ' && c != '\n' || c == '\u202e' || c == '\u009b' {
			t.Errorf("the terminal gets %q: %q", c, err)
		}
	}
	out, _, _ := command(t, "collect", "--bucket", "trail", "--dry-run")
	if strings.Count(out, "\n") != 4 || strings.ContainsAny(out, "\u009b\u202e") {
		t.Errorf("printed %q", out)
	}
}
