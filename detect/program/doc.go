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
// The negation of unknown is true if it is the event that lacks something. Elasticsearch does the
// same: it runs not a == "b" as a query that leaves out the events with "b" in a, and thereby finds
// those without a. What is unknown because of the query, as a comparison with a constant null is,
// stays unknown. [Builder.StrictNull] gives the SQL reading instead.
//
// # Several values
//
// A test of a field with several values is true if it is true for one of them. Its negation is true if
// that holds for none. If a test is of something calculated from several such fields, it is true if
// it is for one combination of their values; of these, the first 65,536 are tried. An empty list is a
// missing field.
//
// # Text
//
// Text is compared as bytes, with case or without. Without case, two characters are the same if both
// are ASCII letters that differ in case only, or if both are not ASCII and Unicode's simple folding
// makes them the same: the Kelvin sign is not a k. Values of different types are never equal and
// never in order: 5 is not "5". Positions and lengths that functions count are in Unicode characters,
// where Elasticsearch counts UTF-16 units.
//
// # Limits
//
// A program is at most [MaxDepth] levels tall. [CompileLucene] has limits of its own. How long a query
// may be is for its language to say: a program takes memory in proportion to its source, but for
// regular expressions, which Go's regexp package limits.
package program
