// Package metrics is what plugin instances count, and how it is shown: in lines of
// the log, which [Counters] says are due, and to Prometheus, over HTTP under
// /metrics. It is pure Go, and the same for the filter and the output.
//
// An instance that is to be seen calls [Serve] with the address of the property
// metrics_listen, and [Lease.Release] when it ends. Instances with one address
// share one listener, which is closed some time after the last of them: a hot
// reload hands it over without a scrape being refused, whether it makes the new
// instances before it ends the old ones or after. The listeners are therefore
// the process's, not an instance's.
//
// Nothing here is in the way of a chunk. Engines count with atomic additions
// whether somebody looks or not, and a scrape reads them.
package metrics
