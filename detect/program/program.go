package program

// Field is a field that a program reads.
type Field struct {
	Name string // its full name, with dots
	// Optional is true if the query marks the field as one that some sources do not have, in
	// each place that mentions it.
	Optional bool
}

// Program is a compiled query. It is immutable: any number of goroutines may use one at the same
// time, each with its own document. A [Builder] makes it.
type Program struct {
	source string
	fields []Field
	root   clause
	order  []conjunct // the parts of root that all have to be true

	mentions []Span // by slot: where the field is first mentioned
}

// Source returns the query that the program was made of.
func (p *Program) Source() string { return p.source }

// Fields lists the fields that the program reads. A field's index is the slot that a Document is
// asked for. The slice belongs to the program.
func (p *Program) Fields() []Field { return p.fields }
