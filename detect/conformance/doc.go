// Package conformance is tests of the engine as a whole, and nothing else: of the
// verdict that each file in testdata must get, of Elastic's rules and of the built-in
// one, clause by clause, of alerts in each format, of exceptions and suppression. Tests
// of one package alone are in that package.
package conformance
