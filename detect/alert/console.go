package alert

import "github.com/trailwire/trailwire/detect/grant"

// consoles are the hosts of AWS's console by partition; the region goes before them. The other
// partitions have none that the public network reaches, or none that is documented (AWS
// Management Console, Amazon Web Services in China and AWS GovCloud (US) user guides).
var consoles = map[string]string{
	"aws":        ".console.aws.amazon.com",
	"aws-cn":     ".console.amazonaws.cn",
	"aws-us-gov": ".console.amazonaws-us-gov.com",
}

// consoleURL is the page of AWS's console that shows an event in CloudTrail's event history, which
// has the management events of 90 days. It is empty where region or id do not have AWS's form: they
// may be anybody's, and the link must lead to AWS alone.
func consoleURL(region, id string) string {
	if len(region) > maxRegion || !grant.IsRegion(region) || !isUUID(id) {
		return ""
	}
	host := consoles[grant.Partition(region)]
	if host == "" {
		return ""
	}
	return "https://" + region + host + "/cloudtrailv2/home?region=" + region + "#/events/" + id
}

// maxRegion is more than the longest name of a region has.
const maxRegion = 24

// isUUID reports whether a text has the form of the ids that CloudTrail gives its events.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F'):
			return false
		}
	}
	return true
}
