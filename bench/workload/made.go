package workload

import (
	"fmt"
	"strings"
)

// RuleFiles returns the files of n rules, of three kinds in turn: a rule asks for a call, for a
// principal by a pattern of its ARN, or for a text in the request. No event of any
// workload matches one of them.
func RuleFiles(n int) [][]byte {
	var calls []string
	for _, s := range watched {
		for _, call := range strings.Fields(s.calls) {
			name, _, _ := strings.Cut(call, "20")
			calls = append(calls, s.source+" "+name)
		}
	}
	files := make([][]byte, n)
	for i := range files {
		source, call, _ := strings.Cut(calls[i%len(calls)], " ")
		round := i / len(calls)
		// A number in the name: in the first round too, since some workloads make these calls.
		call = fmt.Sprintf("%sV%dBeta", call, round+2)
		query := fmt.Sprintf("event.provider == \"%s.amazonaws.com\" and ", source)
		switch i % 3 {
		case 0:
			query += fmt.Sprintf("event.action in (%q, %q)", call, "Batch"+call)
		case 1:
			query += fmt.Sprintf("aws.cloudtrail.user_identity.arn : \"arn:aws:sts::*:assumed-role/Vendor%d-%s-*/*\"", round, call)
		default:
			query += fmt.Sprintf("stringContains(aws.cloudtrail.request_parameters, \"tag:quarantine-%s-%d\")", strings.ToLower(call), i)
		}
		files[i] = fmt.Appendf(nil, "[rule]\nname = \"Rule %d about %s\"\nrule_id = \"00000000-0000-4000-9000-%012d\"\ntype = \"eql\"\nrisk_score = 47\n"+
			"severity = \"medium\"\nquery = '''\nany where data_stream.dataset == \"aws.cloudtrail\" and event.outcome == \"success\" and\n  %s\n'''\n", i, call, i, query)
	}
	return files
}
