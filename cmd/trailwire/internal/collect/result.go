package collect

// Result is what became of an object or of a message. Each is a value of the label
// result in the metrics.
type Result string

// The results. Those after Delivered are of what was not read, or not to its end.
const (
	Delivered  Result = "delivered"
	Repeated   Result = "repeated"   // it was delivered before, and its message came again
	Test       Result = "test"       // what S3 sends when a notification is set up
	Digest     Result = "digest"     // a digest of CloudTrail's, which has no events
	Insight    Result = "insight"    // insights of CloudTrail's, which are not API calls
	Folder     Result = "folder"     // a key that ends with a slash
	Gone       Result = "gone"       // the object was deleted before it was read
	Foreign    Result = "foreign"    // a message that tells of no object
	Unreadable Result = "unreadable" // not gzip, or no JSON in it
	Partial    Result = "partial"    // a part cannot be read; the rest was delivered
	Denied     Result = "denied"     // a permission is missing
	Failed     Result = "failed"     // an outage; it comes again
	GivenBack  Result = "given_back" // the process ends; it comes again
)

// ObjectResults are what may become of an object, MessageResults of a message. An object
// that is settled is Delivered to its message, whatever was in it.
var (
	ObjectResults  = []Result{Delivered, Repeated, Digest, Insight, Folder, Gone, Unreadable, Partial, Denied, Failed, GivenBack}
	MessageResults = []Result{Delivered, Test, Foreign, Denied, Failed, GivenBack}
)

// settled reports whether nothing is gained by reading the object again.
func (r Result) settled() bool {
	switch r {
	case Denied, Failed, GivenBack:
		return false
	}
	return true
}

// words says what a result means for the events in an object.
func (r Result) words() string {
	switch r {
	case Gone:
		return "nothing was read"
	case Unreadable:
		return "cannot be read"
	case Partial:
		return "delivered as far as it can be read"
	case Denied:
		return "not read"
	case Failed:
		return "not read to its end; it comes again"
	}
	return string(r)
}
