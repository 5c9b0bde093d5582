package main_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trailwire/trailwire/internal/testaws"
)

// An object is streamed, from S3 to the acknowledgement, whatever its size: CloudTrail's
// have some megabytes, this one has as many as TRAILWIRE_OBJECT_MB says. There are as many
// of them as TRAILWIRE_OBJECTS says.
func TestALargeFileOfS3TakesLittleMemory(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		megabytes := countFrom(t, "TRAILWIRE_OBJECT_MB", 60)
		aws := testaws.Start(t)
		aws.MakeBucket("trail")
		queue := aws.MakeQueue("trail")
		objects := countFrom(t, "TRAILWIRE_OBJECTS", 1)
		object, events := largeFile(t, megabytes<<20)
		for i := range objects {
			key := fmt.Sprintf("AWSLogs/large-%d.json.gz", i)
			aws.Put("trail", key, object)
			aws.Send(queue, notification("trail", key))
		}
		megabytes, events = megabytes*objects, events*objects
		dir, port, metrics := folder(t), freePort(t), freePort(t)
		write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 1, grace: 5, storage.path: %s/buffer}
pipeline:
  inputs: [{name: forward, listen: 127.0.0.1, port: %s, storage.type: filesystem}]
  outputs: [{name: 'null', match: '*'}]
`, dir, port))
		p := fb.start(t, dir, "-c", "fluent-bit.yaml")
		p.waitFor("its input listens", func() bool {
			connection, err := net.Dial("tcp", "127.0.0.1:"+port)
			if err == nil {
				connection.Close()
			}
			return err == nil
		})
		collector := commandLine(t)
		start := time.Now()
		c := fluentBit{path: "env"}.start(t, dir, append(aws.Environment(),
			collector, "collect", "--queue", queue, "--to", "forward://127.0.0.1:"+port, "--metrics-listen", "127.0.0.1:"+metrics)...)
		delivered := func() bool {
			_, text, _ := get("http://127.0.0.1:" + metrics + "/metrics")
			_, text, _ = strings.Cut(text, "\ntrailwire_collect_events_total ")
			var n float64
			_, err := fmt.Sscan(text, &n)
			return err == nil && int(n) >= events
		}
		for deadline := time.Now().Add(waitLimit + time.Duration(megabytes)*100*time.Millisecond); !delivered(); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it is not delivered")
			}
		}
		took := time.Since(start)
		// Rusage has the test's own peak, too: a child begins in its parent's memory.
		var peak int
		_, status, _ := strings.Cut(read(t, fmt.Sprintf("/proc/%d/status", c.command.Process.Pid)), "VmHWM:")
		if _, err := fmt.Sscanf(strings.TrimSpace(status), "%d kB", &peak); err != nil {
			t.Fatal(err)
		}
		ours, theirs := cpuTime(t, c), cpuTime(t, p)
		c.stop()
		t.Logf("%d MB of events in files of %d MB of gzip, in %v: %.0f MB/s. CPU: %.1f s of the collector, %.1f s of Fluent Bit. The collector took %d MB at most", megabytes, len(object)>>20, took.Round(10*time.Millisecond), float64(megabytes)/took.Seconds(), ours.Seconds(), theirs.Seconds(), peak>>10)
		const each, alone = 16 << 10, 80 << 10 // a worker more, one by itself: 52 to 68 MB in fifteen runs, by when Go collects
		if most := alone + each*(min(objects, 4)-1); peak > most {
			t.Errorf("it took %d KB of memory, want at most %d", peak, most)
		}
	})
}

// cpuTime returns how much of the processor a process has had, in hundredths of a second.
func cpuTime(t *testing.T, p *process) time.Duration {
	t.Helper()
	_, stat, _ := strings.Cut(read(t, fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid)), ") ")
	fields := strings.Fields(stat)
	var user, system int
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// largeFile returns an S3 log file of so many bytes before gzip, and how many events are
// in it. What differs between real events differs in these.
func largeFile(t *testing.T, size int) (object []byte, events int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var zipped, text bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	text.WriteString(`{"Records":[`)
	for written := 0; written < size; events++ {
		if events > 0 {
			text.WriteByte(',')
		}
		id := fmt.Sprintf("%016x-%016x", random.Uint64(), random.Uint64())
		text.WriteString(lambdaCall(id, "GetFunction20150331v2", fmt.Sprintf(`{"functionName":"function-%d","detail":"%x","more":%q}`,
			random.IntN(1000), random.Uint64(), strings.Repeat("as in many events ", 20))))
		written += text.Len()
		if _, err := text.WriteTo(w); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Write([]byte("]}")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped.Bytes(), events
}

// get returns what an address answers.
func get(url string) (status int, text string, err error) {
	answer, err := http.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// commandLine returns the path of the command line.
func commandLine(t *testing.T) string {
	t.Helper()
	path, err := builtCommandLine()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var builtCommandLine = sync.OnceValues(func() (string, error) {
	path := filepath.Join(workshop, "trailwire")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", path, "../cmd/trailwire").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// notification is S3's message about an object that was created.
func notification(bucket, key string) string {
	return fmt.Sprintf(`{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q,"sequencer":"1"}}}]}`, bucket, key)
}

// Files in S3 whose queue tells of them reach an HTTP receiver as records and as
// alerts, whatever ends and how: the collector or Fluent Bit, by SIGKILL, under load.
// TRAILWIRE_KILLS says how often each is killed, TRAILWIRE_OBJECTS how many files there
// are.
func TestFilesOfS3ArriveWhateverIsKilled(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		const eventsInEach = 40
		objects := countFrom(t, "TRAILWIRE_OBJECTS", 200)
		kills := countFrom(t, "TRAILWIRE_KILLS", 1) // each may hide some messages for a minute
		aws := testaws.Start(t)
		aws.MakeBucket("trail")
		queue := aws.MakeQueue("trail")

		site := &arrivals{all: make(map[string]map[string]int), alerts: make(map[string]map[string]int)}
		server := httptest.NewServer(site)
		t.Cleanup(server.Close)
		where, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		dir, port := folder(t), freePort(t)
		http := fmt.Sprintf("name: http, host: %s, port: %s, format: json_lines, retry_limit: no_limits", where.Hostname(), where.Port())
		write(t, filepath.Join(dir, "fluent-bit.yaml"), fmt.Sprintf(`
service: {flush: 0.2, grace: 3, storage.path: %[1]s/buffer, scheduler.base: 1, scheduler.cap: 1}
plugins: [%[2]q, %[3]q]
pipeline:
  inputs:
    - {name: forward, listen: 127.0.0.1, port: %[4]s, storage.type: filesystem}
    - {name: trailwire, alias: alerts, storage.type: filesystem}
  filters:
    - {name: trailwire, match: cloudtrail, max_signals: 1000000, dedup_window: 0, alert_tag: alert.$severity}
  outputs:
    - {%[5]s, match: cloudtrail, uri: %[6]s}
    - {%[5]s, match: alert.high, uri: %[7]s}
`, dir, plugin(t), filepath.Join(filepath.Dir(plugin(t)), "flb-in_trailwire.so"), port, http, recordsWay, alertsWay))

		var all, grants []string
		for i := range objects {
			key := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/%03d.json.gz", i)
			var events []string
			for j := range eventsInEach {
				id := fmt.Sprintf("e-%d-%d", i, j)
				event := grant(id, "444455556666")
				if j > 0 {
					event = strings.Replace(event, "AddPermission", "GetPolicy", 1)
				} else {
					grants = append(grants, id)
				}
				all, events = append(all, id), append(events, event)
			}
			var zipped bytes.Buffer
			w := gzip.NewWriter(&zipped)
			fmt.Fprintf(w, `{"Records":[%s]}`, strings.Join(events, ","))
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			aws.Put("trail", key, zipped.Bytes())
			aws.Send(queue, notification("trail", key))
		}
		aws.Send(queue, `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"trail"}`)

		collector := func() *process {
			return fluentBit{path: "env"}.start(t, dir, append(aws.Environment(),
				commandLine(t), "collect", "--queue", queue, "--to", "forward://127.0.0.1:"+port, "--send-timeout", "2")...)
		}
		kill := func(p *process) {
			if err := p.command.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			p.exit()
		}
		p, c := fb.start(t, dir, "-c", "fluent-bit.yaml"), collector()
		for i := range kills {
			_, before := site.at(recordsWay)
			p.happens(func() bool { _, n := site.at(recordsWay); return n > before+eventsInEach || n >= len(all) })
			time.Sleep(time.Duration(i*37%200) * time.Millisecond)
			kill(c)
			c = collector()
			time.Sleep(time.Duration(i*53%200) * time.Millisecond)
			kill(p)
			p = fb.start(t, dir, "-c", "fluent-bit.yaml")
		}
		// A message that a killed collector had is hidden for a minute.
		deadline := time.Now().Add(2 * time.Minute)
		for aws.Left(queue) > 0 && time.Now().Before(deadline) {
			time.Sleep(100 * time.Millisecond)
		}
		p.happens(func() bool {
			records, _ := site.at(recordsWay)
			raised, _ := site.at(alertsWay)
			return len(records) >= len(all) && len(raised) >= len(grants)
		})
		start := time.Now()
		c.stop()
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the collector ends %v after SIGTERM", took)
		}
		p.stop()
		records, times := site.at(recordsWay)
		raised, _ := site.at(alertsWay)
		t.Logf("killed %d times each; %d events arrived, %d times in all; %d alerts", kills, len(records), times, len(raised))
		wantAllIDs(t, "events", all, records)
		wantAllIDs(t, "alerts", grants, raised)
		if left := aws.Left(queue); left > 0 {
			t.Errorf("%d messages are left in the queue", left)
		}
	})
}
