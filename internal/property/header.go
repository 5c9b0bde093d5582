package property

import (
	"fmt"
	"strconv"
	"strings"
)

// Header returns the properties of the filter and of the output as the C tables
// that plugin/host hands to Fluent Bit.
func Header() string {
	return "/* Code generated from internal/property by go generate; DO NOT EDIT. */\n" +
		table("filter_properties", OfFilter()) + table("output_properties", OfOutput())
}

func table(symbol string, properties []Property) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nstatic const struct property_entry %s[] = {\n", symbol)
	for _, p := range properties {
		fmt.Fprintf(&b, "    {\n        .type = PROPERTY_%s,\n        .name = %s,\n", p.Kind, strconv.Quote(p.Name))
		if p.Default != "" {
			fmt.Fprintf(&b, "        .default_value = %s,\n", strconv.Quote(p.Default))
		}
		fmt.Fprintf(&b, "        .description = %s,\n    },\n", strconv.Quote(p.Help))
	}
	b.WriteString("};\n")
	return b.String()
}
