package cloudtrail

// firstResource is the first ARN of an event's resources. An event can raise thousands of alerts,
// and have thousands of resources: they are gone through once.
type firstResource struct {
	isRead bool
	arn    []byte
}

// ResourceARN returns the ARN of the first resource that the event names, nil if there is none.
func (e *Event) ResourceARN() []byte {
	if !e.resource.isRead {
		e.resource.arn, e.resource.isRead = e.Text(FieldResourceARNs), true
	}
	return e.resource.arn
}
