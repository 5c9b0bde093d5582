// Package address parses the addresses that alerts are delivered to, as the
// property alerts_to lists them. [ParseList] returns an [Address] for each. The
// package connects to nothing and opens nothing.
//
// No error and no String of the package shows a secret, or any part of an
// address that could hold one.
package address
