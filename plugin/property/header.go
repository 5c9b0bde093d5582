package property

import (
	"fmt"
	"strconv"
	"strings"
)

// FilterHeader returns the filter's properties as the C table that plugin/filter
// hands to Fluent Bit.
func FilterHeader() string { return header("filter.go", "trailwire_properties", OfFilter()) }

// OutputHeader returns the output's properties as the C table that plugin/output
// hands to Fluent Bit.
func OutputHeader() string {
	return header("output.go", "trailwire_output_properties", OfOutput())
}

func header(source, symbol string, table []Property) string {
	var b strings.Builder
	fmt.Fprintf(&b, "/* Code generated from plugin/property/%s by go generate; DO NOT EDIT. */\n\n", source)
	fmt.Fprintf(&b, "static const struct property_entry %s[] = {\n", symbol)
	for _, p := range table {
		fmt.Fprintf(&b, "    {\n        .type = PROPERTY_%s,\n        .name = %s,\n", p.Kind, strconv.Quote(p.Name))
		if p.Default != "" {
			fmt.Fprintf(&b, "        .default_value = %s,\n", strconv.Quote(p.Default))
		}
		fmt.Fprintf(&b, "        .description = %s,\n    },\n", strconv.Quote(p.Help))
	}
	b.WriteString("};\n")
	return b.String()
}
