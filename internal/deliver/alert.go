package deliver

// Alert is a record that is on its way to a destination. Its slices belong to
// whoever made it and are valid during the delivery alone.
type Alert struct {
	Timestamp []byte // MessagePack, as the host wrote it
	Metadata  []byte // a MessagePack map; nil where it would be empty
	Body      []byte // a MessagePack map: the event and its alert

	// What templates of tags are made of.
	Severity string
	RuleID   string
	Tag      string // of the chunk that the record came in
}
