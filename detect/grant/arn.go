package grant

import "strings"

// arn is an Amazon Resource Name taken apart:
//
//	arn:partition:service:region:account:resource
//
// (AWS General Reference, "Amazon Resource Names"). The resource keeps its own
// colons and slashes.
type arn struct {
	partition, service, region, account, resource string
}

// parseARN takes text apart. It accepts any partition, those that AWS has not
// opened yet included, and checks nothing inside the fields but that partition,
// service and resource are there.
func parseARN(text string) (arn, bool) {
	rest, found := strings.CutPrefix(text, "arn:")
	if !found {
		return arn{}, false
	}
	var a arn
	for _, field := range [...]*string{&a.partition, &a.service, &a.region, &a.account} {
		if *field, rest, found = strings.Cut(rest, ":"); !found {
			return arn{}, false
		}
	}
	if a.resource = rest; a.partition == "" || a.service == "" || a.resource == "" {
		return arn{}, false
	}
	return a, true
}

// isAccountID reports whether text is an AWS account ID: twelve digits, leading
// zeros included.
func isAccountID(text string) bool {
	if len(text) != 12 {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
