// The differential test of detect/sigma runs this program against a checkout of sigmalite. It is a module of its
// own, so that neither sigmalite nor what it needs becomes a dependency of Trailwire.
module github.com/trailwire/trailwire/tools/sigmaoracle

go 1.26.0

require github.com/runreveal/sigmalite v0.0.0
