// Package closing reads out of an event which grants a call closed: by taking
// something back, by writing a document anew, or by deleting the resource.
//
//	if c, ok := closing.Read(event); ok && c.Closes(opened) {
//		...
//	}
//
// [Table] has one row for each call that takes back or deletes. The calls of
// [call.Table] close too, where they replace a whole document.
//
// # Which way it errs
//
// To open. A grant that is closed is not watched any more, which an attacker would
// like. A call that failed, a resource without an ARN, parameters that are left out, that
// can be read in more than one way or say a thing twice: each closes nothing. So
// does a document that cannot be read to its end, or lets in more than can be listed.
//
// What puts a fence around a grant without taking it back is not a closing: a block of
// public access of S3, a Deny, a key that is disabled. Neither is the deletion of an
// object, of which a bucket with versions keeps the one that was open.
//
// # Cost
//
// An event that is not of such a call costs two looks into maps. Reading one that is
// takes time and memory in proportion to the event, and what a Closing lists is
// bounded. The package has no state; its functions may be called from any goroutine.
package closing
