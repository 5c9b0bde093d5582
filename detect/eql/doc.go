// Package eql reads and compiles queries about single events, and sequences of them, in
// Elastic's Event Query Language (EQL).
//
// [Parse] reads a query and [Compile] makes a [program.Program] of it, which matches
// events. What is wrong with a query is a [*SyntaxError] or a [*CompileError]: one line
// with the place, and a caret under it. A [Query] prints itself. It does not change, nor
// does the program, and any goroutine may use both.
//
// A query has at most 131,072 bytes and nests at most 500 levels deep.
//
// [ParseSequence] reads a sequence of events that have fields in common, and
// [CompileSequence] makes a program for each of its events. What has happened so far is
// for the caller to remember.
//
// # What is supported
//
// All of Elasticsearch's EQL that is about one event at a time: category where condition, any
// where, the comparisons (==, !=, <, <=, >, >=), the colon, in, in~, not in, like, like~, regex,
// regex~, and, or, not, arithmetic, null tests, optional fields, raw strings, comments, and all
// functions of its reference. Samples, joins and pipes are refused by name, and so are the parts of
// sequences that [ParseSequence] names; so is what
// Elasticsearch refuses itself: single quotes, a single =, array indexes, a comparison of a field
// with a field.
//
// # Missing fields
//
// A field that an event lacks is null. A comparison with null does not match, only == null and
// != null test for it. Under not, and in != and not in, such a comparison does match: published rules
// rely on it (not session_credential_from_console == "true", for a field that is only there when it
// is true). A condition about what a function or arithmetic makes of a field is a script in
// Elasticsearch, and null stays null in it: length(a) != 3 and not length(a) == 3 do not match where
// a is missing. Package program says why; the option [StrictNull] changes it. A null that is written
// in the query stays null under not.
//
// An optional field (?name) is read like any other: what sets it apart in Elasticsearch is an index
// that does not know the field, which has no counterpart here.
//
// # Several values
//
// A clause about a field with several values holds if it holds for one of them, and a != "b" is not
// (a == "b"), as in Elasticsearch: it holds if no value is "b". A script is asked for each value:
// length(a) != 3 holds if it does for one of them.
//
// # Types
//
// [Mapping] gives fields the types of an index mapping, and converts the constants that they are
// compared with: a boolean is == "false", an account id is == 111122223333, a date is in the order of
// dates. What cannot be converted is an error. Without a mapping a value and a constant of different
// types are never equal and never in order: 5 is not "5".
//
// # Text
//
// ==, in and the functions without a tilde compare exactly; so do <, <=, > and >=, by the order of
// the bytes. The colon, in~, like~, regex~ and the functions with a tilde ignore case. in and in~
// take stars and question marks literally. The colon, like and like~ take * as any text and ? as one
// character; in their patterns a backslash is an ordinary character, so that they cannot ask for a
// literal star.
//
// stringContains and endsWith are different if they compare a field with a constant, with and
// without a tilde: Elasticsearch runs them as the wildcard queries *constant* and *constant, and the
// constant's own * and ? are wildcards, unless a backslash is before them, which also escapes
// itself. "principal=\\*" asks for the text principal=*, and "valuesToAdd=[*]" for any text between
// the brackets. startsWith becomes a prefix query, which knows no wildcards. Everywhere else, that
// is where the first argument is a function or a constant, or the second depends on a field, all
// three take the text literally.
//
// In arithmetic and in the functions a value of the wrong type gives null, and so do an integer
// division by zero and an overflow, for which Elasticsearch aborts the search.
//
// Regular expressions are Lucene's: they match the whole value, ^ and $ are ordinary characters,
// and a dot covers newlines. What Go's regexp package cannot express (complement, intersection,
// numeric ranges) is refused when the query is compiled.
package eql
