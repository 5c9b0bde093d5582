package deliver

import "github.com/trailwire/trailwire/detect/document"

// appendLines writes alerts as lines of JSON. One that is nested too deeply to
// be written is an empty object: it would be no shallower the next time.
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
