package deliver

// Alert is a record on its way to a destination. Its slices belong to the
// caller and are valid only during the delivery.
type Alert struct {
	Timestamp []byte // MessagePack, as the host wrote it
	Metadata  []byte // a MessagePack map; nil if it would be empty
	Body      []byte // a MessagePack map: the event and its alert

	// The values for templates of tags.
	Severity string
	RuleID   string
	Tag      string // of the chunk that the record came in
}
