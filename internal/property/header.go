package property

import (
	"fmt"
	"strconv"
	"strings"
)

// Header returns the properties as C tables, of which plugin/host makes those that
// Fluent Bit gets: of the filter and the output both, of the filter, of the output.
func Header() string {
	return "/* Code generated from internal/property by go generate; DO NOT EDIT. */\n" +
		table("common_properties", Table) + table("filter_properties", FilterTable) + table("output_properties", OutputTable)
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
