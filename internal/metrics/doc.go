// Package metrics has the counters of plugin instances and shows them: in log
// lines, which [Counters] says are due, and to Prometheus, over HTTP under
// /metrics. It is pure Go, and the same for the filter and the output.
//
// An instance calls [Serve] with the address in the property metrics_listen,
// and [Lease.Release] when it ends. Instances with the same address share a
// listener, which belongs to the process. It is closed some time after the last
// instance has ended: no scrape is refused during a hot reload, whether it
// makes the new instances before or after it ends the old ones.
//
// No chunk waits for anything here: engines count with atomic additions, and a
// scrape reads the counters. Everything is safe for concurrent use.
package metrics
