// Package address reads what stands in the property alerts_to: where alerts
// are to be delivered, and how. It connects to nothing and opens nothing.
//
// No error and no String of the package shows a secret, or any part of an
// address that could hold one.
package address
