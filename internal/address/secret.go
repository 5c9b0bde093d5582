package address

// Secret is text that must not be seen. It is never printed, in any format;
// [Secret.Reveal] returns it.
type Secret string

// String implements [fmt.Stringer].
func (Secret) String() string { return "(secret)" }

// GoString implements [fmt.GoStringer].
func (Secret) GoString() string { return "(secret)" }

// MarshalText implements [encoding.TextMarshaler].
func (Secret) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }

// Reveal returns the text.
func (s Secret) Reveal() string { return string(s) }
