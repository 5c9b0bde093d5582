package detect

// Version is the version of Trailwire. The build sets it from the file
// VERSION.
var Version = "dev"
