package property

import (
	"fmt"
	"strconv"
	"strings"
)

// Header returns [Table] as the C table that plugin/filter hands to Fluent
// Bit.
func Header() string {
	var b strings.Builder
	b.WriteString("/* Code generated from plugin/property/table.go by go generate; DO NOT EDIT. */\n\n")
	b.WriteString("static const struct property_entry trailwire_properties[] = {\n")
	for _, p := range Table {
		fmt.Fprintf(&b, "    {\n        .type = PROPERTY_%s,\n        .name = %s,\n", p.Kind, strconv.Quote(p.Name))
		if p.Default != "" {
			fmt.Fprintf(&b, "        .default_value = %s,\n", strconv.Quote(p.Default))
		}
		fmt.Fprintf(&b, "        .description = %s,\n    },\n", strconv.Quote(p.Help))
	}
	b.WriteString("};\n")
	return b.String()
}
