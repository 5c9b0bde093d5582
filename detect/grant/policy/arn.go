package policy

import "bytes"

// arn is an Amazon Resource Name taken apart:
//
//	arn:partition:service:region:account:resource
//
// (AWS General Reference, "Amazon Resource Names"). The resource keeps its own
// colons and slashes.
type arn struct {
	partition, service, region, account, resource []byte
}

// parseARN takes text apart at its colons. It accepts any partition and checks
// only that partition, service and resource are there.
func parseARN(text []byte) (arn, bool) {
	rest, found := bytes.CutPrefix(text, []byte("arn:"))
	if !found {
		return arn{}, false
	}
	var a arn
	for _, field := range [...]*[]byte{&a.partition, &a.service, &a.region, &a.account} {
		at := bytes.IndexByte(rest, ':')
		if at < 0 {
			return arn{}, false
		}
		*field, rest = rest[:at], rest[at+1:]
	}
	a.resource = rest
	if len(a.partition) == 0 || len(a.service) == 0 || len(a.resource) == 0 {
		return arn{}, false
	}
	return a, true
}

// isAccountID reports whether text is an AWS account ID: twelve digits, leading
// zeros included.
func isAccountID(text []byte) bool {
	if len(text) != 12 {
		return false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
