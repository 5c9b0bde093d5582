// Package eql compiles Elastic's Event Query Language and evaluates it on single events.
//
// A query is parsed once, compiled once and then matched against any number of events, by any
// number of goroutines. Events come through an interface, Document, that is asked for fields by
// number; the common operators allocate nothing.
//
// # What is supported
//
// All of Elasticsearch's EQL that is about one event at a time: category where condition, any
// where, the comparisons (==, !=, <, <=, >, >=), the colon, in, in~, not in, like, like~, regex,
// regex~, and, or, not, arithmetic, null tests, optional fields, raw strings, comments, and all
// functions of its reference. Sequences, samples, joins and pipes are refused by name; so is what
// Elasticsearch refuses itself: single quotes, a single =, array indexes, a comparison of a field
// with a field.
//
// # Missing fields
//
// A field that an event lacks is null. A comparison with null is neither true nor false and does
// not match; only == null and != null test for it. Under not (and in !=, not in) Elasticsearch does
// not keep that up: it runs not a == "b" as a query that leaves out the events with "b" in a, and
// thereby finds those without a. Published rules rely on it (not session_credential_from_console ==
// "true", for a field that is only there when it is true), and so it is what a Program does. The
// option StrictNull gives the SQL reading instead, in which not null is null. A null that is
// written in the query stays null under not in either.
//
// A field with an empty list is a missing field. An optional field (?name) is read like any other:
// what sets it apart in Elasticsearch is an index that does not know the field, which has no
// counterpart here.
//
// # Several values
//
// A clause about a field with several values holds if it holds for one of them. Its negation holds
// if it holds for none: a != "b" is not (a == "b"), as in Elasticsearch. If a clause applies
// functions to several such fields, it holds if it holds for one combination.
//
// # Text
//
// ==, in and the functions without a tilde compare exactly; so do <, <=, > and >=, by the order of
// the bytes. The colon, in~, like~, regex~ and the functions with a tilde ignore case: of ASCII
// letters, and by Unicode's simple folding of others, where ASCII letters fold to ASCII letters
// only. in and in~ take stars and question marks literally. The colon, like and like~ take * as any
// text and ? as one character; in their patterns a backslash is an ordinary character, so that they
// cannot ask for a literal star.
//
// stringContains and endsWith are different where they compare a field with a constant, with and
// without a tilde: Elasticsearch runs them as the wildcard queries *constant* and *constant, and the
// constant's own * and ? are wildcards, unless they have a backslash in front, which also escapes
// itself. "principal=\\*" asks for the text principal=*, and "valuesToAdd=[*]" for any text between
// the brackets. startsWith becomes a prefix query, which knows no wildcards. Everywhere else, that
// is where the first argument is a function or a constant, or the second depends on a field, all
// three take the text literally.
//
// A value and a constant of different types are never equal and never in order: 5 is not "5". In
// arithmetic and in the functions a value of the wrong type gives null, and so do an integer
// division by zero and an overflow, for which Elasticsearch aborts the search. Positions and lengths
// are counted in Unicode characters; Elasticsearch counts UTF-16 units, which differ outside of the
// Basic Multilingual Plane.
//
// Regular expressions are Lucene's: they match the whole value, ^ and $ are ordinary characters,
// and a dot covers newlines. What Go's regexp package cannot express (complement, intersection,
// numeric ranges) is refused when the query is compiled.
package eql
