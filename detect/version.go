package detect

// Version is the version of Trailwire: of the plugins, the command line and the
// packages.
const Version = "0.1.0"
