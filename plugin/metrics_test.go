package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// twoWithMetrics is a pipeline of two filters that serve metrics at one address,
// through which one alert goes.
const twoWithMetrics = `
service: {flush: 1, hot_reload: on}
plugins: [%s]
pipeline:
  inputs:
    - {name: dummy, tag: cloudtrail, samples: 1, dummy: '{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2","eventID":"e","requestParameters":{"action":"lambda:InvokeFunction","functionName":"f","principal":"444455556666"}}'}
  filters:
    - {name: trailwire, match: '*', metrics_listen: '%[2]s'}
    - {name: trailwire, match: '*', metrics_listen: '%[2]s', alert_key: second, alias: other}
  outputs: [{name: 'null', match: '*'}]
`

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// scrape returns what Prometheus would get.
func scrape(address string) (string, error) {
	client := http.Client{Timeout: waitLimit}
	response, err := client.Get("http://" + address + "/metrics")
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return string(body), err
}

func TestMetricsOfAFluentBitOutliveItsReloads(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		dir, address := folder(t), freeAddress(t)
		conf := write(t, dir+"/fluent-bit.yaml", fmt.Sprintf(twoWithMetrics, plugin(t), address))
		p := fb.start(t, dir, "-c", conf)
		seen := func() bool {
			text, err := scrape(address)
			return err == nil && strings.Count(text, `severity="high"} 1`) == 2
		}
		p.waitFor("one alert of each filter", seen)
		for reloads := 1; reloads <= 3; reloads++ {
			if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			p.waitFor("the reload", func() bool {
				// Not one scrape is refused while it goes on.
				if text, err := scrape(address); err != nil || !strings.Contains(text, `name="other"`) {
					t.Errorf("a scrape fails: %v: %.200s", err, text)
				}
				time.Sleep(10 * time.Millisecond)
				return strings.Count(p.text(), "stream processor started") == reloads+1
			})
			p.waitFor("one alert of each new filter", seen)
		}
		p.stop()
		if text, err := scrape(address); err == nil {
			t.Errorf("metrics are served when Fluent Bit has gone: %.200s", text)
		}
	})
}

func TestMetricsAtATakenAddressStopTheStartWithOneLine(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		dir, address := folder(t), taken.Addr().String()
		conf := write(t, dir+"/fluent-bit.yaml", fmt.Sprintf(twoWithMetrics, plugin(t), address))
		output, code := fb.run(t, dir, "-c", conf)
		want := `property "metrics_listen": cannot listen on ` + address + `: bind: address already in use`
		if code == 0 || strings.Count(output, want) != 1 {
			t.Errorf("Fluent Bit ends with %d and says\n%s\nwant one line with\n%s", code, output, want)
		}
	})
}

// inFormat is a pipeline that routes alerts of a format by a record accessor.
const inFormat = `
service: {flush: 1}
plugins: [%s]
pipeline:
  inputs:
    - {name: dummy, tag: cloudtrail, samples: 1, dummy: '{"eventSource":"lambda.amazonaws.com","eventName":"AddPermission20150331v2","eventID":"e","requestParameters":{"action":"lambda:InvokeFunction","functionName":"f","principal":"444455556666"}}'}
  filters:
    - {name: trailwire, match: '*', alert_format: %s}
    - {name: rewrite_tag, match: cloudtrail, rule: "%s ^(?i:high)$ alert true"}
  outputs: [{name: file, match: alert, path: %s, file: alerts, format: plain}]
`

func TestAlertsOfEveryFormatCanBeRouted(t *testing.T) {
	inFluentBit(t, func(t *testing.T, fb fluentBit) {
		for _, test := range []struct{ format, by, want string }{
			{"native", "$alert['severity']", `"alert":{"rule":{"id":"8f985da6-66e8-4838-a63e-21636eb9adc5"`},
			{"ecs", "$trailwire['severity']", `"event":{"kind":"alert","severity":73,"risk_score":73`},
			{"ocsf", "$severity", `{"category_uid":2,"category_name":"Findings","class_uid":2004`},
		} {
			dir := folder(t)
			conf := write(t, dir+"/fluent-bit.yaml", fmt.Sprintf(inFormat, plugin(t), test.format, test.by, dir))
			p := fb.start(t, dir, "-c", conf)
			p.waitForLines(dir+"/alerts", 1)
			if got := read(t, dir+"/alerts"); !strings.Contains(got, test.want) {
				t.Errorf("an alert in the format %s is %s, want it to contain %s", test.format, got, test.want)
			}
			p.stop()
		}
	})
}
