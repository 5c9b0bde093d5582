// Command release makes the parts of a release that are not built by a compiler: the
// texts of licenses, the list of components, the checksums, the signature and an archive
// whose bytes depend on nothing but what is in it.
//
//	cd tools && go run ./release COMMAND ARGUMENT...
//
// Each command is a function below, with its arguments in its error.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	commands := map[string]func([]string) error{
		"archive":   archive,
		"documents": documents,
		"glibc":     glibc,
		"key":       newKey,
		"licenses":  licenses,
		"sbom":      sbom,
		"sign":      sign,
		"sums":      sums,
		"verify":    verify,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		return errors.New("the first argument must be archive, documents, glibc, key, licenses, sbom, sign, sums or verify")
	}
	return commands[args[0]](args[1:])
}

// sourceDate is the time that everything in a release has: SOURCE_DATE_EPOCH, in seconds
// since 1970 (https://reproducible-builds.org/specs/source-date-epoch/).
func sourceDate() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q: it must be a number of seconds since 1970", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
