package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"
	"go.yaml.in/yaml/v3"

	"github.com/trailwire/trailwire/internal/testaws"
)

// These tests send events through every configuration that is shipped, take down
// the places that its alerts go to, and look at what arrives there. A place of
// the test replaces each placeholder (a file, standard output), as the
// configurations ask users to do. Apart from these only paths, addresses and keys
// are replaced.

// place is a server that alerts go to. It can be taken down, and comes back at the
// same address.
type place struct {
	t                *testing.T
	address          string
	certificate, key string // files, if it speaks TLS

	mu     sync.Mutex
	server *http.Server
	got    map[string][]string // by path: the IDs of the events of alerts that are not suppressed
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, address: "127.0.0.1:0", got: make(map[string][]string)}
	p.up()
	t.Cleanup(p.down)
	return p
}

func (p *place) up() {
	p.t.Helper()
	var listener net.Listener
	within(p.t, waitLimit, "the place is up again", func() (ok bool) {
		var err error
		listener, err = net.Listen("tcp", p.address)
		return err == nil
	})
	p.address = listener.Addr().String()
	p.server = &http.Server{Handler: p}
	go func(s *http.Server) {
		if p.certificate != "" {
			_ = s.ServeTLS(listener, p.certificate, p.key)
		} else {
			_ = s.Serve(listener)
		}
	}(p.server)
}

// down refuses new connections and closes the open ones, after it has answered
// what it has read: without an answer that would come again.
func (p *place) down() {
	answered, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.server.Shutdown(answered)
	_ = p.server.Close()
}

func (p *place) host() string { host, _, _ := net.SplitHostPort(p.address); return host }
func (p *place) port() string { _, port, _ := net.SplitHostPort(p.address); return port }

// at returns the IDs of the events whose alerts have arrived at a path.
func (p *place) at(path string) func() []string {
	return func() []string {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.Clone(p.got[path])
	}
}

func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the connection broke: it will be sent again
	}
	path := r.URL.Path
	switch operation := r.Header.Get("X-Amz-Target"); {
	case strings.HasPrefix(path, "/archive/"):
		w.Header().Set("ETag", `"x"`)
		return
	case operation == "Logs_20140328.PutLogEvents":
		var put struct {
			Group  string                     `json:"logGroupName"`
			Events []struct{ Message string } `json:"logEvents"`
		}
		if err := json.Unmarshal(body, &put); err != nil {
			p.t.Errorf("CloudWatch got %s: %v", body, err)
		}
		path, body = put.Group, nil
		for _, e := range put.Events {
			body = append(append(body, e.Message...), '\n')
		}
		fallthrough
	case operation != "":
		w.Header().Set("x-amzn-RequestId", "x")
		_, _ = io.WriteString(w, "{}")
	case strings.HasSuffix(path, "/_bulk"):
		_, _ = io.WriteString(w, `{"took":1,"errors":false,"items":[]}`)
	default:
		_, _ = io.WriteString(w, "ok")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got[path] = append(p.got[path], unsuppressed(body)...)
}

// anEvent finds the event's ID in an alert of any format.
var anEvent = regexp.MustCompile(`"eventID\\*":\\*"([a-z-]+)|, event ([a-z-]+)\\u000a`)

// unsuppressed returns the IDs of the events in a text whose alerts are not
// suppressed. The text is JSON, a line or a value after the other.
func unsuppressed(text []byte) (ids []string) {
	// Values that follow each other, as Splunk gets them, are lines too.
	for _, line := range bytes.Split(bytes.ReplaceAll(text, []byte(`}{"`), []byte("}\n{\"")), []byte("\n")) {
		if bytes.Contains(line, []byte(`"suppressed":"`)) || !bytes.Contains(line, []byte(`risk_score`)) && !bytes.Contains(line, []byte(`{"text":`)) {
			continue
		}
		if m := anEvent.FindSubmatch(line); m != nil {
			ids = append(ids, string(m[1])+string(m[2]))
		}
	}
	return ids
}

// inFile returns the IDs of the events whose alerts are in a file.
func inFile(path string) func() []string {
	return func() []string {
		text, _ := os.ReadFile(path) // it may not be there yet
		return unsuppressed(text)
	}
}

// flow is a configuration that runs.
type flow struct {
	feed  func(id string)            // an event comes, twice
	alert map[string]func() []string // by destination: the events of alerts that it has
	stop  []*process
}

// twice returns two lines of an event that the built-in rule matches.
func twice(id string) string { return strings.Repeat(grant(id, "444455556666")+"\n", 2) }

// appends returns a feed that appends to a file.
func appends(t *testing.T, path string) func(string) {
	write(t, path, "")
	return func(id string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(twice(id)); err != nil {
			t.Fatal(err)
		}
	}
}

// posts returns a feed that posts to an address.
func posts(p *process, url string) func(string) {
	return func(id string) {
		for range 2 {
			if status, answer, _ := p.post(url, grant(id, "444455556666"), http.Header{"Content-Type": {"application/json"}}); status/100 != 2 {
				p.t.Errorf("the answer is %d %s", status, answer)
			}
		}
	}
}

// An output in place of the one that a user chooses for alerts.
var (
	placeholder        = regexp.MustCompile(`(?m)^( +)- name: (?:file|stdout)\n +match: (alert|finding)\.\*\n(?: +(?:path|file|format): .*\n)+`)
	classicPlaceholder = regexp.MustCompile(`(?m)^    Name +file\n    Match +(alert)\.\*\n(?:    (?:Path|File|Format) +.*\n)+`)
)

// toPlace replaces a configuration's placeholders with the test's place, and
// lets outputs try again sooner: after 1 second, not 5.
func toPlace(t *testing.T, text string, p *place) string {
	t.Helper()
	to := "host: " + p.host() + "\n${1}  port: " + p.port() + "\n${1}  uri: /${2}\n${1}  format: json_lines\n"
	text = placeholder.ReplaceAllString(text, "${1}- name: http\n${1}  match: ${2}.*\n${1}  "+to)
	text = classicPlaceholder.ReplaceAllString(text, "    Name http\n    Match ${1}.*\n    Host "+p.host()+"\n    Port "+p.port()+"\n    URI /${1}\n    Format json_lines\n")
	sooner := regexp.MustCompile(`(?mi)^( +)(scheduler\.)cap(:? +)30$`)
	if n := len(sooner.FindAllString(text, -1)); n != 1 {
		t.Fatalf("scheduler.cap is there %d times, want once", n)
	}
	return sooner.ReplaceAllString(text, "${0}\n${1}${2}base${3}1")
}

// settle installs a configuration of conf/, and has its alerts go to the place.
func settle(t *testing.T, name string, p *place, settings map[string]string) (dir string) {
	t.Helper()
	dir, text := install(t, name, settings)
	write(t, filepath.Join(dir, name), toPlace(t, text, p))
	return dir
}

// fromFiles starts a configuration that reads files.
func fromFiles(name string) func(*testing.T, fluentBit, *place) flow {
	return func(t *testing.T, fb fluentBit, p *place) flow {
		dir := settle(t, name, p, nil)
		feed := appends(t, filepath.Join(dir, "in", "events.json"))
		if name == "log-to-metrics.yaml" {
			path := filepath.Join(dir, name)
			write(t, path, replaceOnce(t, read(t, path), "port: 2021", "port: "+freePort(t)))
		}
		return flow{feed, map[string]func() []string{"alert": p.at("/alert")}, []*process{fb.start(t, dir, "-c", name)}}
	}
}

func fromHTTP(name string) func(*testing.T, fluentBit, *place) flow {
	return func(t *testing.T, fb fluentBit, p *place) flow {
		port := freePort(t)
		f := fb.start(t, settle(t, name, p, map[string]string{"HTTP_PORT": port}), "-c", name)
		return flow{posts(f, "http://127.0.0.1:"+port+"/"), map[string]func() []string{"alert": p.at("/alert")}, []*process{f}}
	}
}

func fromKafka(name string) func(*testing.T, fluentBit, *place) flow {
	return func(t *testing.T, fb fluentBit, p *place) flow {
		producer := folder(t)
		address := startKafka(t, fb, producer, nearMiss+"\n")
		feed := appends(t, filepath.Join(producer, "events.ndjson"))
		f := fb.start(t, settle(t, name, p, map[string]string{"KAFKA_BROKERS": address}), "-c", name)
		return flow{feed, map[string]func() []string{"alert": p.at("/alert")}, []*process{f}}
	}
}

func fromForward(name string) func(*testing.T, fluentBit, *place) flow {
	return func(t *testing.T, fb fluentBit, p *place) flow {
		port, sender := freePort(t), folder(t)
		certificate, key := selfSigned(t, sender)
		dir := settle(t, name, p, map[string]string{"FORWARD_LISTEN": "127.0.0.1", "FORWARD_PORT": port, "CERTIFICATE": certificate, "CERTIFICATE_KEY": key})
		f := fluentBit{path: "env"}.start(t, dir, "FORWARD_KEY=secret", fb.path, "-c", name)
		feed := appends(t, filepath.Join(sender, "events.json"))
		write(t, filepath.Join(sender, "sender.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 1, scheduler.base: 1}
parsers: [{name: json, format: json}]
pipeline:
  inputs: [{name: tail, path: %s/events.json, parser: json, read_from_head: on}]
  outputs: [{name: forward, match: '*', host: 127.0.0.1, port: %s, tls: on, tls.verify: off, shared_key: secret, require_ack_response: on, retry_limit: no_limits}]
`, sender, port))
		fb.start(t, sender, "-c", "sender.yaml")
		return flow{feed, map[string]func() []string{"alert": p.at("/alert")}, []*process{f}}
	}
}

// collects starts trailwire collect, which delivers to a port what feed puts into a
// bucket.
func collects(t *testing.T, port string) (feed func(id string), c *process) {
	t.Helper()
	aws := testaws.Start(t)
	aws.MakeBucket("trail")
	queue := aws.MakeQueue("trail")
	c = fluentBit{path: "env"}.start(t, folder(t), append(aws.Environment(),
		commandLine(t), "collect", "--queue", queue, "--to", "forward://127.0.0.1:"+port)...)
	return func(id string) {
		key := "AWSLogs/111122223333/CloudTrail/" + id + ".json.gz"
		aws.Put("trail", key, []byte(zipped(t, `{"Records":[`+strings.Replace(strings.TrimSpace(twice(id)), "\n", ",", 1)+`]}`)))
		aws.Send(queue, notification("trail", key))
	}, c
}

func fromS3(name string) func(*testing.T, fluentBit, *place) flow {
	return func(t *testing.T, fb fluentBit, p *place) flow {
		port := freePort(t)
		f := fb.start(t, settle(t, name, p, map[string]string{"COLLECT_PORT": port}), "-c", name)
		feed, c := collects(t, port)
		return flow{feed, map[string]func() []string{"alert": p.at("/alert")}, []*process{f, c}}
	}
}

func routed(name string) func(*testing.T, fluentBit, *place) flow {
	return func(t *testing.T, fb fluentBit, p *place) flow {
		address := startKafka(t, fb, folder(t), nearMiss+"\n")
		dir, text := install(t, name, map[string]string{
			"SLACK_HOST": p.host(), "SLACK_PORT": p.port(), "OPENSEARCH_HOST": p.host(), "OPENSEARCH_PORT": p.port(), "SPLUNK_HOST": p.host(), "SPLUNK_PORT": p.port(),
			"KAFKA_BROKERS": address, "S3_BUCKET": "archive", "TLS": "off", "SLACK_URI": "/slack", "SPLUNK_TOKEN": "token",
		})
		// The file is one of its places, and stays one.
		text = toPlace(t, strings.ReplaceAll(text, "alert.*", "alert.hig*"), p)
		text = regexp.MustCompile(`(?mi)^( +)# (endpoint:? +)http.*$`).ReplaceAllString(text, "${1}${2}http://"+p.address)
		write(t, filepath.Join(dir, name), text)
		feed := appends(t, filepath.Join(dir, "in", "events.json"))
		consumer := folder(t)
		write(t, filepath.Join(consumer, "consumer.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 1}
pipeline:
  inputs: [{name: kafka, brokers: '%s', topics: trailwire-alerts, group_id: test, tag: alerts, format: json, rdkafka.auto.offset.reset: earliest}]
  outputs: [{name: file, match: alerts, path: %s, file: alerts, format: plain}]
`, address, consumer))
		fb.start(t, consumer, "-c", "consumer.yaml")
		f := fluentBit{path: "env"}.start(t, dir,
			"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true", fb.path, "-c", name)
		return flow{feed, map[string]func() []string{
			"Slack": p.at("/slack"), "OpenSearch": p.at("/_bulk"), "Splunk": p.at("/services/collector/event"),
			"Kafka": inFile(filepath.Join(consumer, "alerts")), "file": inFile(filepath.Join(dir, "out", "trailwire-alerts.ndjson")),
		}, []*process{f}}
	}
}

func fromTwoStreams(t *testing.T, fb fluentBit, p *place) flow {
	const name = "two-instances.yaml"
	dir := folder(t)
	feedProduction := appends(t, filepath.Join(dir, "production", "a.json"))
	feedSandbox := appends(t, filepath.Join(dir, "sandbox", "a.json"))
	dir2 := settle(t, name, p, map[string]string{
		"PRODUCTION_LOGS": filepath.Join(dir, "production", "*.json"), "PRODUCTION_OFFSETS": filepath.Join(dir, "production.db"),
		"SANDBOX_LOGS": filepath.Join(dir, "sandbox", "*.json"), "SANDBOX_OFFSETS": filepath.Join(dir, "sandbox.db"),
	})
	feed := func(id string) { feedProduction(id); feedSandbox(id) }
	return flow{feed, map[string]func() []string{"alert": p.at("/alert"), "finding": p.at("/finding")}, []*process{fb.start(t, dir2, "-c", name)}}
}

// senderAndReceiver are two configurations of a pair. The sender's place is the
// receiver, whose places are the test's.
func senderAndReceiver(t *testing.T, fb fluentBit, p *place) flow {
	port, keys := freePort(t), folder(t)
	certificate, key := selfSigned(t, keys)
	receiving, text := install(t, "output-receiver.yaml", map[string]string{
		"LISTEN": "127.0.0.1", "PORT": port, "CERTIFICATE": certificate, "CERTIFICATE_KEY": key,
		"HTTP_HOST": p.host(), "HTTP_PORT": p.port(), "HTTP_TLS": "off",
		"OPENSEARCH_HOST": p.host(), "OPENSEARCH_PORT": p.port(), "OPENSEARCH_TLS": "off",
	})
	text = toPlace(t, strings.ReplaceAll(text, "format: json\n", "format: json_lines\n"), p)
	write(t, filepath.Join(receiving, "output-receiver.yaml"), text)
	sending, text := install(t, "output-sender.yaml", map[string]string{"ALERTS_TO": "forward://127.0.0.1:" + port + "?tag=alert.$severity&tls=on"})
	text = strings.Replace(text, "# tls_ca_file: /etc/fluent-bit/ca.pem", "tls_ca_file: "+certificate, 1)
	write(t, filepath.Join(sending, "output-sender.yaml"), toPlace(t, text, p))
	feed := appends(t, filepath.Join(sending, "in", "events.json"))
	start := func(dir, name string) *process {
		return fluentBit{path: "env"}.start(t, dir, "RECEIVER_KEY=secret", fb.path, "-c", name)
	}
	return flow{feed, map[string]func() []string{
		"hook": p.at("/trailwire"), "OpenSearch": p.at("/_bulk"), "file": p.at("/alert"),
	}, []*process{start(receiving, "output-receiver.yaml"), start(sending, "output-sender.yaml")}}
}

// deployed starts a configuration of conf/deploy, in YAML, that takes events over
// HTTP.
func deployed(config func(t *testing.T) string) func(*testing.T, fluentBit, *place) flow {
	return func(t *testing.T, fb fluentBit, p *place) flow {
		f, ports := startDeployed(t, fb, p, config(t))
		return flow{posts(f, "http://127.0.0.1:"+ports["9880"]+"/cloudtrail"), map[string]func() []string{"alert": p.at("/alert")}, []*process{f}}
	}
}

// collected starts a configuration of conf/deploy that takes events from trailwire
// collect.
func collected(t *testing.T, fb fluentBit, p *place) flow {
	f, ports := startDeployed(t, fb, p, ofThePod(t))
	feed, c := collects(t, ports["24224"])
	return flow{feed, map[string]func() []string{"alert": p.at("/alert")}, []*process{f, c}}
}

// inTheImage starts the configuration of the image, which takes events both ways.
func inTheImage(t *testing.T, fb fluentBit, p *place) flow {
	f, ports := startDeployed(t, fb, p, read(t, "../conf/deploy/trailwire.yaml"))
	post := posts(f, "http://127.0.0.1:"+ports["9880"]+"/cloudtrail")
	collect, c := collects(t, ports["24224"])
	feed := func(id string) {
		if id == "before" {
			post(id)
		} else {
			collect(id)
		}
	}
	return flow{feed, map[string]func() []string{"alert": p.at("/alert")}, []*process{f, c}}
}

// startDeployed starts a configuration of conf/deploy on other ports, which it returns by
// those that are replaced.
func startDeployed(t *testing.T, fb fluentBit, p *place, text string) (f *process, ports map[string]string) {
	t.Helper()
	dir := folder(t)
	ports = make(map[string]string)
	port := regexp.MustCompile(`(?m)^( +(?:(?:http_)?port: |metrics_listen: 0\.0\.0\.0:))(9880|24224|2020|2112)$`)
	text = port.ReplaceAllStringFunc(text, func(line string) string {
		m := port.FindStringSubmatch(line)
		ports[m[2]] = freePort(t)
		return m[1] + ports[m[2]]
	})
	stored := regexp.MustCompile(`(?m)^( +storage\.path: ).*$`)
	if n := len(stored.FindAllString(text, -1)); n != 1 {
		t.Fatalf("storage.path is set %d times, want once", n)
	}
	text = stored.ReplaceAllString(text, "${1}"+filepath.Join(dir, "buffer"))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "0.0.0.0", "127.0.0.1"), "- /trailwire/", "- "+installed)
	write(t, filepath.Join(dir, "trailwire.yaml"), strings.ReplaceAll(toPlace(t, text, p), installed, filepath.Dir(outputPlugin(t))+"/"))
	return fb.start(t, dir, "-c", "trailwire.yaml"), ports
}

func ofThePod(t *testing.T) string {
	t.Helper()
	for _, object := range strings.Split(read(t, "../conf/deploy/collect.yaml"), "\n---\n") {
		var config struct{ Data map[string]string }
		if err := yaml.Unmarshal([]byte(object), &config); err != nil {
			t.Fatal(err)
		}
		if text, ok := config.Data["trailwire.yaml"]; ok {
			return text
		}
	}
	t.Fatal("collect.yaml has no configuration of Fluent Bit")
	return ""
}

func ofTheChart(t *testing.T) string {
	t.Helper()
	var values struct {
		Config struct {
			ExtraFiles map[string]string `yaml:"extraFiles"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "../conf/deploy/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	return values.Config.ExtraFiles["trailwire.yaml"]
}

// inATask starts what ECS makes of firelens.conf, as far as it matters here, with
// the command of the router that docs/deployment.md shows.
func inATask(t *testing.T, fb fluentBit, p *place) flow {
	dir := folder(t)
	// The output for CloudWatch speaks nothing but TLS.
	p.down()
	p.certificate, p.key = selfSigned(t, dir)
	p.up()
	socket := filepath.Join(dir, "socket")
	text := read(t, "../conf/deploy/firelens.conf")
	text = replaceOnce(t, text, "/var/lib/fluent-bit/trailwire", filepath.Join(dir, "buffer"))
	text = strings.ReplaceAll(text, "    region             ${AWS_REGION}\n",
		"    region eu-west-1\n    endpoint "+p.host()+"\n    port "+p.port()+"\n    tls.verify off\n")
	write(t, filepath.Join(dir, "firelens.conf"), toPlace(t, text, p))
	write(t, filepath.Join(dir, "fluent-bit.conf"), `
[INPUT]
    Name forward
    unix_path `+socket+`
[FILTER]
    Name record_modifier
    Match *
    Record ecs_cluster default
@INCLUDE firelens.conf
[OUTPUT]
    Name null
    Match cloudtrail-firelens*
`)
	_, shown, _ := strings.Cut(read(t, "../docs/deployment.md"), "```json\n")
	shown, _, _ = strings.Cut(shown, "```")
	var router struct{ Command []string }
	if err := json.Unmarshal([]byte(shown), &router); err != nil {
		t.Fatal(err)
	}
	arguments := []string{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true", fb.path}
	built := filepath.Dir(outputPlugin(t)) + "/"
	for _, a := range router.Command {
		arguments = append(arguments, strings.Replace(strings.Replace(a, installed, built, 1), "/fluent-bit/etc/", "", 1))
	}
	f := fluentBit{path: "env"}.start(t, dir, arguments...)
	feed := func(id string) {
		var connection net.Conn
		f.waitFor("its socket listens", func() (ok bool) {
			var err error
			connection, err = net.Dial("unix", socket)
			return err == nil
		})
		defer connection.Close()
		for range 2 {
			m := msgp.AppendString(msgp.AppendArrayHeader(nil, 3), "cloudtrail-firelens-0123")
			m = msgp.AppendMapHeader(msgp.AppendInt64(m, noon.Unix()), 1)
			m = msgp.AppendString(msgp.AppendString(m, "log"), grant(id, "444455556666"))
			if _, err := connection.Write(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	return flow{feed, map[string]func() []string{"CloudWatch": p.at("trailwire-alerts")}, []*process{f}}
}

// everyFlow is how to run each configuration that is shipped, by its file.
var everyFlow = map[string]func(*testing.T, fluentBit, *place) flow{
	"fluent-bit.yaml":          fromFiles("fluent-bit.yaml"),
	"fluent-bit.conf":          fromFiles("fluent-bit.conf"),
	"input-forward.yaml":       fromForward("input-forward.yaml"),
	"input-forward.conf":       fromForward("input-forward.conf"),
	"input-http-firehose.yaml": fromHTTP("input-http-firehose.yaml"),
	"input-http-firehose.conf": fromHTTP("input-http-firehose.conf"),
	"input-kafka.yaml":         fromKafka("input-kafka.yaml"),
	"input-kafka.conf":         fromKafka("input-kafka.conf"),
	"input-s3.yaml":            fromS3("input-s3.yaml"),
	"input-s3.conf":            fromS3("input-s3.conf"),
	"log-to-metrics.yaml":      fromFiles("log-to-metrics.yaml"),
	"output-receiver.yaml":     senderAndReceiver,
	"output-sender.yaml":       nil, // the same
	"processor.yaml":           fromFiles("processor.yaml"),
	"routing.yaml":             routed("routing.yaml"),
	"routing.conf":             routed("routing.conf"),
	"two-instances.yaml":       fromTwoStreams,
	"deploy/trailwire.yaml":    inTheImage,
	"deploy/values.yaml":       deployed(ofTheChart),
	"deploy/collect.yaml":      collected,
	"deploy/firelens.conf":     inATask,
	"deploy/nfpm.yaml":         nil, // not one of Fluent Bit's
	"deploy/trailwire.conf":    nil, // systemd's
}

// An event comes twice, and one alert arrives that is not suppressed. The place that
// it goes to is killed, events go on coming, and all alerts are there when it is
// back: each once. TRAILWIRE_OUTAGE says how long it is away.
func TestEveryShippedConfigurationDeliversEachAlertOnceThroughAnOutage(t *testing.T) {
	// Longer than a first retry takes: an output without retry_limit gives up.
	outage := outageOr(t, 4*time.Second)
	for _, name := range configurations(t) {
		if _, ok := everyFlow[name]; !ok {
			t.Errorf("nothing runs conf/%s", name)
		}
	}
	for name, start := range everyFlow {
		if _, err := os.Stat(filepath.Join("../conf", name)); err != nil {
			t.Errorf("conf/%s: %v", name, err)
		}
		if start == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			inFluentBit(t, func(t *testing.T, fb fluentBit) {
				p := newPlace(t)
				f := start(t, fb, p)
				arrive := func(ids ...string) {
					t.Helper()
					f.feed(ids[len(ids)-1])
					for to, alerts := range f.alert {
						within(t, outage+waitLimit, fmt.Sprintf("the alerts of %q arrive at %s", ids, to), func() bool { return len(missing(ids, alerts())) == 0 })
					}
				}
				arrive("before")
				p.down()
				f.feed("during")
				time.Sleep(outage)
				p.up()
				arrive("before", "during", "after")
				for _, process := range slices.Backward(f.stop) {
					process.stop()
				}
				for to, alerts := range f.alert {
					got := alerts()
					if slices.Sort(got); !slices.Equal(got, []string{"after", "before", "during"}) {
						t.Errorf("at %s are the alerts of %q, want each of before, during and after once", to, got)
					}
				}
			})
		})
	}
}

// A place that refuses for good, such as a webhook that was revoked, is not tried
// again: what it refused is kept on disk, as every shipped configuration says.
func TestWhatAPlaceRefusesForGoodIsKept(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		if fb.version < "4.2" {
			t.Skip("storage.keep.rejected came with Fluent Bit 4.2")
		}
		requests := make(chan struct{}, 100)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusForbidden)
			requests <- struct{}{}
		}))
		t.Cleanup(server.Close)
		host, port, err := net.SplitHostPort(server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		p := newPlace(t)
		dir, text := install(t, "fluent-bit.yaml", nil)
		text = strings.ReplaceAll(strings.ReplaceAll(toPlace(t, text, p), "host: "+p.host(), "host: "+host), "port: "+p.port(), "port: "+port)
		write(t, filepath.Join(dir, "fluent-bit.yaml"), text)
		write(t, filepath.Join(dir, "in", "events.json"), grant("refused", "444455556666")+"\n")
		f := fb.start(t, dir, "-c", "fluent-bit.yaml")
		kept := func() string {
			files, err := filepath.Glob(filepath.Join(dir, "buffer", "rejected", "alert.high_*"))
			if err != nil || len(files) == 0 {
				return ""
			}
			return read(t, files[0])
		}
		f.waitFor("what is refused is kept", func() bool { return strings.Contains(kept(), "refused") })
		f.stop()
		if len(requests) != 1 {
			t.Errorf("it was tried %d times", len(requests))
		}
		// 4.2 takes what is there for a backlog without a tag, and removes it.
		f = fb.start(t, dir, "-c", "fluent-bit.yaml")
		f.waitFor("it runs again", func() bool { return strings.Contains(f.text(), "stream processor started") })
		f.stop()
		if after, want := strings.Contains(kept(), "refused"), fb.version >= "5"; after != want {
			t.Errorf("it is there after a restart: %v, want %v", after, want)
		}
	})
}
