package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/internal/testaws"
)

// commandsOf returns the commands of a document: what is indented, of several lines where
// the first has no end.
func commandsOf(text string) (all []string) {
	open := ""
	fenced := false
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if fenced || !strings.HasPrefix(line, "    ") {
			continue
		}
		line = strings.TrimSpace(line)
		if open != "" {
			line = open + "\n" + line
		}
		open = ""
		if strings.HasSuffix(line, `\`) || strings.Count(line, "'")%2 == 1 {
			open = line
			continue
		}
		if line != "" {
			all = append(all, line)
		}
	}
	return all
}

// Somebody follows docs/collect.md from its top to its end, each command as it is there
// but for accounts, ports and folders. What the server of the tests does not have, AWS's
// command line checks against the model of its parameters.
func TestTheCommandsOfThePageAboutTheCollectorWork(t *testing.T) {
	for _, program := range []string{"aws", "jq", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: NO %s on PATH: the commands of docs/collect.md were not run", strings.ToUpper(program))
		}
	}
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		aws := testaws.Start(t)
		aws.MakeBucket("example-trail")
		port, metrics := freePort(t), freePort(t)
		dir, _ := install(t, "input-s3.yaml", map[string]string{"COLLECT_PORT": port})
		adapt := strings.NewReplacer("111122223333", "000000000000", "eu-west-1", "us-east-1", "127.0.0.1:24224", "127.0.0.1:"+port,
			"127.0.0.1:9105", "127.0.0.1:"+metrics, "/var/log/", filepath.Join(dir, "out")+"/", "/srv/", filepath.Join(dir, "srv")+"/",
			"-c conf/", "-c ").Replace
		for _, name := range []string{"collect-iam-policy.json", "collect-queue-policy.json", "collect-notification.json"} {
			write(t, filepath.Join(dir, "conf/deploy", name), adapt(read(t, filepath.Join("../conf/deploy", name))))
		}
		write(t, filepath.Join(dir, "testdata/s3-file/two-matches.json"), read(t, "../testdata/s3-file/two-matches.json"))
		old := write(t, filepath.Join(dir, "srv/cloudtrail/a.json.gz"), zipped(t, `{"Records":[`+grant("in-the-folder", "444455556666")+`]}`))
		if err := os.Chtimes(old, noon, noon); err != nil {
			t.Fatal(err)
		}
		// The first edition of AWS's command line passes over AWS_ENDPOINT_URL for SQS.
		real, _ := exec.LookPath("aws")
		if err := os.Chmod(write(t, filepath.Join(dir, "bin/aws"), "#!/bin/sh\nexec "+real+` "$@" --endpoint-url "$AWS_ENDPOINT_URL"`+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, path := range map[string]string{"fluent-bit": fb.path, "trailwire": commandLine(t)} {
			if err := os.Symlink(path, filepath.Join(dir, "bin", name)); err != nil {
				t.Fatal(err)
			}
		}
		shell := func(command string) []string {
			return append(append(aws.Environment(), "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
				"PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH")), "sh", "-c", command)
		}
		const modelOnly = " --generate-cli-skeleton output"
		records := filepath.Join(dir, "out/trailwire-records.ndjson")
		ran := 0
		for _, command := range commandsOf(read(t, "../docs/collect.md")) {
			ran++
			command = adapt(command)
			words := strings.Fields(command)
			begin := strings.Join(words[:min(3, len(words))], " ")
			switch {
			case begin == "aws iam put-role-policy", begin == "aws sqs start-message-move-task", strings.HasPrefix(command, "aws s3api "):
				command += modelOnly
			case words[0] == "fluent-bit":
				p := fb.start(t, dir, words[1:]...)
				p.waitFor("it runs", func() bool { return strings.Contains(p.text(), "stream processor started") })
				continue
			case begin == "trailwire collect --folder", begin == "trailwire collect --queue" && !strings.Contains(command, "--dry-run"):
				p := fluentBit{path: "env"}.start(t, dir, shell("exec "+command)...)
				p.waitFor("it says what it reads", func() bool { return strings.Contains(p.text(), "trailwire: reading ") })
				if strings.Contains(command, "--folder") {
					p.waitFor("the file of the folder is delivered", func() bool { return strings.Contains(read(t, records), "in-the-folder") })
				}
				continue
			case words[0] == "tail":
				p := fluentBit{path: "env"}.start(t, dir, shell("exec "+command)...)
				p.waitFor("the alerts", func() bool { return strings.Count(p.text(), `"severity":"high"`) == 2 })
				continue
			}
			p := fluentBit{path: "env"}.start(t, dir, shell(command)...)
			if code := p.exit(); code != 0 {
				t.Fatalf("%s: exit code %d: %s", command, code, p.text())
			}
			said := p.text()
			want := ""
			switch {
			case begin == "aws s3 cp":
				key := strings.TrimPrefix(words[len(words)-1], "s3://example-trail/")
				if !isNotified(t, read(t, filepath.Join(dir, "conf/deploy/collect-notification.json")), key) {
					t.Errorf("the bucket says nothing of %s", key)
				}
				queue := "http://sqs.us-east-1.localhost/000000000000/trailwire"
				aws.Send(queue, notification("example-trail", key))
			case begin == "aws s3 rm": // for the commands that read what is there
				aws.Put("example-trail", "AWSLogs/000000000000/CloudTrail/us-east-1/2026/11/a.json.gz", []byte(zipped(t, `{"Records":[`+grant("again", "444455556666")+`]}`)))
			case strings.Contains(command, "--queue") && strings.Contains(command, "--dry-run"):
				want = "after 5 receives a message goes to arn:aws:sqs:us-east-1:000000000000:trailwire-dead-letters"
			case strings.HasSuffix(command, "/healthz"):
				want = "ok\n"
			case strings.HasSuffix(command, "/metrics"):
				want = "\ntrailwire_collect_events_total 3\n"
			case begin == "trailwire collect --bucket" && strings.Contains(command, "--dry-run"):
				want = "1 file, "
			case begin == "trailwire collect --bucket":
				want = "delivered 1 event of 1 file in "
			case strings.HasPrefix(command, "trailwire scan"):
				want = "1 event in 1 file"
			}
			if !strings.Contains(said, want) {
				t.Errorf("%s: printed %s, want %s", command, said, want)
			}
		}
		if ran < 18 {
			t.Errorf("the page has %d commands only: the test shows nothing", ran)
		}
	})
}

// isNotified reports whether a bucket with a notification tells of a key.
func isNotified(t *testing.T, notification, key string) bool {
	t.Helper()
	var n struct {
		QueueConfigurations []struct {
			Filter struct {
				Key struct {
					FilterRules []struct{ Name, Value string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(notification), &n); err != nil {
		t.Fatal(err)
	}
	for _, rule := range n.QueueConfigurations[0].Filter.Key.FilterRules {
		if rule.Name == "prefix" && !strings.HasPrefix(key, rule.Value) || rule.Name == "suffix" && !strings.HasSuffix(key, rule.Value) {
			return false
		}
	}
	return true
}

func TestCommandsOfADocumentAreFound(t *testing.T) {
	text := "1. A step:\n\n       a --b \\\n           c\n       d 'e\n       f' g\n\nprose\n\n```sh\n    not this\n```\n\n    h\n"
	if got, want := commandsOf(text), []string{"a --b \\\nc", "d 'e\nf' g", "h"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q, want %q", got, want)
	}
}
