// Package statefile keeps the memory of rules about several events in a file, so that it
// outlives the process.
//
// The file is a bbolt database (go.etcd.io/bbolt): pages of the memory under their
// numbers, and a header. What has changed is written in the background, [Interval] after
// the first change, and when the last instance that uses the file closes it. A process
// that is killed loses what it has learned in that time, and the file stays readable.
//
// A file has one user at a time. Within a process a hot reload may have two for a moment,
// the instance before it and the one after it: these share the memory.
package statefile
