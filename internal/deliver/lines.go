package deliver

import "github.com/trailwire/trailwire/detect/document"

// appendLines writes alerts as lines of JSON. One that nests too deep to be
// written becomes an empty object: a retry would not help.
func appendLines(b []byte, alerts []Alert) []byte {
	for _, a := range alerts {
		line, err := document.AppendJSON(b, a.Body)
		if err != nil {
			line = append(b, "{}"...)
		}
		b = append(line, '\n')
	}
	return b
}
