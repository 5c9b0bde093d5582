// Package program evaluates conditions on events. It is what every query language compiles to.
//
// The compiler of a language writes a query to a [Builder], which makes a [Program] of it.
// A program matches any number of events ([Program.Match]), by any number of goroutines. It
// can explain each verdict ([Program.Explain]), and it knows which text an event has to
// contain ([Program.Required]), so that a search can rule out events before they are
// parsed. Events come through an interface, [Document], that is asked for fields by number.
// Match does not allocate for the common tests.
//
// # Verdicts
//
// A condition is true, false or [Unknown]. A field that an event lacks is null, and a test of null is
// unknown; [Builder.Missing] alone is always true or false. And is the minimum of its terms, Or the
// maximum, in the order false, unknown, true. An event matches if the verdict is true.
//
// The negation of a test of a field is true where the field is missing. Elasticsearch does the same:
// it runs not a == "b" as a query that leaves out the events with "b" in a, and thereby finds those
// without a. A test of something that is calculated from fields is a script there, and its negation
// is part of the script: where it is unknown, so is its negation. What is unknown because of the
// query, as a comparison with a constant null is, stays unknown as well. [Builder.StrictNull] makes
// the negation of all that is unknown unknown, as in SQL. The negation of and and or is that of their
// terms.
//
// # Several values
//
// A test of a field with several values is true if it is true for one of them. Its negation is true if
// that holds for none. If a test is of something calculated from several such fields, it is true if
// it is for one combination of their values, and its negation is true if it is false for one; of
// these, the first 65,536 are tried. An empty list is a missing field. With [Builder.SingleValue] a test
// of a field with several different values is unknown.
//
// # Types
//
// [Builder.Mapping] gives fields types, as an index mapping does. The constants that a field is
// compared with are converted to its type: see [FieldType]. Without a type, values of different types
// are never equal and never in order: 5 is not "5". Functions and arithmetic get each value as it is,
// whatever the type of its field.
//
// # Text
//
// Text is compared as bytes, with case or without. Without case, two characters are the same if both
// are ASCII letters that differ in case only, or if both are not ASCII and Unicode's simple folding
// makes them the same: the Kelvin sign is not a k. Positions and lengths that functions count are in Unicode characters,
// where Elasticsearch counts UTF-16 units.
//
// # Limits
//
// A program is at most [MaxDepth] levels tall. [CompileLucene] has limits of its own. How long a query
// may be is for its language to say: a program takes memory in proportion to its source, but for
// regular expressions, which Go's regexp package limits.
package program
