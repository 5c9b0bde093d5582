// Package version has the version of Trailwire: of the plugins, the command line and
// the packages.
package version

// Number is the version, without a v before it.
const Number = "0.1.0"
