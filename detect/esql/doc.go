// Package esql is the part of the Elasticsearch Query Language that filters: the queries that look at
// one event at a time.
//
// [Parse] reads a query and [Compile] makes a [program.Program] of it, which matches events. What is
// wrong with a query is an [*Error]: one line with the place, and a caret under it.
//
// A query has at most 131,072 bytes and nests at most 500 levels deep.
//
// # Syntax
//
// It is the grammar of Elasticsearch 9.1 (the docs of ES|QL, August 2026), as far as it filters:
//
//	from logs-aws.cloudtrail-* metadata _id
//	| where event.action == "CreateAccessKey" and user.name != user.target.name
//	| keep @timestamp, user.*
//
// After from, which names indices, come commands after a bar: where, of which all have to hold, and
// keep, drop, sort and limit, which change nothing about which events match. Names of commands,
// keywords and functions are in any case. Comments are // and /* */.
//
// A condition joins, with and, or and not: == != < <= > >=, in, like and rlike with one pattern or a
// list, is null, is not null, and the functions starts_with, ends_with, contains and cidr_match. A
// value is a field, a constant, or to_lower, to_upper, to_string, length or coalesce of values.
//
// Text is in quotes with \\ \" \n \r and \t in it, or in three quotes without any escapes.
//
// # Meaning
//
// A comparison with a field that is missing is null, and so is its negation. A field with several
// different values compares as null as well: of these, only is null and is not null say something.
// An event matches if a condition is true. Text is compared with its case. The pattern of like is
// for the whole value, with * and ?, and a backslash before one that stands for itself; that of
// rlike is a regular expression of Lucene's for the whole value. null in a list is null unless
// another element is equal.
//
// A field has the type that a mapping gives it, and a constant has to be of that type: text is
// compared with text. A constant in text can be a date, which is a point in time (2026-08-20 is the
// midnight at its beginning), or an address. Two fields that are text can be compared.
//
// # What is refused
//
// Commands that make a query one about several events, or calculate columns (stats, eval, dissect,
// grok, enrich, lookup join, mv_expand and others); other functions; arithmetic; the match operator
// (field : "text"), full text functions; a limit before a where. An [Error] says by name what a query
// needs. Indices that events of CloudTrail do not go to are refused too.
package esql
