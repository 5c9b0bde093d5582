// Package kql is the Kibana Query Language, in which most of Elastic's detection rules are written.
//
// [Parse] reads a query and [Compile] makes a [program.Program] of it, which matches events. What is
// wrong with a query is an [*Error]: one line with the place, and a caret under it. A [Query] prints
// itself.
//
// A query has at most 131,072 bytes and nests at most 500 levels deep.
//
// # Syntax
//
// It is Kibana's grammar, as of its package kbn-es-query in August 2026:
//
//	event.outcome: success and not user.name: (root or svc-*)
//
// A clause is a field, a colon and a value. A value is text, with quotes or without; a star in one
// without quotes is any text, also none. After a field may be a list in parentheses, in which values
// are joined by and, or and not. A range is a field, one of < <= > >=, and a value. not binds tighter
// than and, and and tighter than or; the three may be in any case. A field without a star is one
// field; one with a star is each field of a list whose name fits.
//
// Without quotes, a backslash makes \ ( ) : < > " * { } and the words and, or, not ordinary, \t, \r
// and \n are what they are in C, and \u is followed by four hexadecimal digits. Any other backslash
// is an error. A value goes on over spaces. In quotes there is \" and \\ as well, and any other
// backslash is itself.
//
// # Meaning
//
// Values are compared with their case, and converted to the type that a mapping gives the field: see
// [program.FieldType]. There are no numbers in KQL, but true and false without quotes are booleans.
// f: * asks whether the field is there. A clause about a missing field does not hold, and its negation
// does. A clause about a field of several values holds if it does for one of them, and its negation
// if it does for none: f: (a and b) can hold, and f: (a and not a) cannot.
//
// A range of dates is rounded to the precision of its value, as in Elasticsearch.
//
// # What is refused
//
// A value without a field, which Kibana looks for in all fields of an index; a group f: { … }, which
// is about nested fields; f: null, which Elasticsearch refuses; and a literal that the type of its
// field cannot have.
package kql
