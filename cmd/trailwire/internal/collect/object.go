package collect

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
)

// Object is a log file.
type Object struct {
	Bucket  string // empty for a file of the local disk
	Key     string // or the path of a file
	Version string // empty for the latest
	Region  string // of the bucket; empty where it is not known
	Size    int64  // compressed; -1 where it is not known

	// Change tells two contents of one key apart: S3's sequencer, or a file's time.
	Change string
}

// String is how lines name the object.
func (o Object) String() string {
	if o.Bucket == "" {
		return o.Key
	}
	return (&url.URL{Scheme: "s3", Host: o.Bucket, Path: "/" + o.Key}).String()
}

// Aside returns the reason why an object is not read, by its key; empty if it is read. CloudTrail writes
// digests and insights beside its log files (CloudTrail User Guide, "Finding your
// CloudTrail log files"). Neither has API calls in it.
func (o Object) Aside() Result {
	switch {
	case strings.Contains(o.Key, "/CloudTrail-Digest/"):
		return Digest
	case strings.Contains(o.Key, "/CloudTrail-Insight/"):
		return Insight
	case strings.HasSuffix(o.Key, "/"):
		return Folder
	}
	return ""
}

// Store has objects.
type Store interface {
	// Open returns what is in an object. The error is or wraps [ErrGone] or
	// [ErrDenied] where that is why it cannot be read; any other may pass.
	Open(ctx context.Context, o Object) (io.ReadCloser, error)
}

// The errors of a [Store] that have a meaning of their own.
var (
	ErrGone   = errors.New("the object is not there any more")
	ErrDenied = errors.New("access denied")
)
