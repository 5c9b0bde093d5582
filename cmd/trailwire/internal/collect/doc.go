// Package collect brings CloudTrail's log files from where CloudTrail puts them to a
// Fluent Bit: from an S3 bucket, told of by an SQS queue or listed once, or from a
// folder of files.
//
// A [Collector] streams the events of each file, in order, as records to a
// [deliver.Destination]. Every event is delivered at least once: a message of a queue
// is deleted, and a mark moves on, after the receiver has acknowledged the last record
// of the file. An event comes twice where a process ends between the two, or a queue
// hands a message out again.
//
// What can never be read is settled at once: it is counted by its reason, told of at
// most once a minute, and does not come again. What a permission or an outage keeps
// from being read is left to the queue, which hands it out again or moves it to its
// dead letters.
package collect
