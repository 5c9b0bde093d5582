package main_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

// grant returns CloudTrail's event of an AddPermission call that succeeded,
// which the built-in rule matches if the principal is an account.
func grant(id, principal string) string {
	return lambdaCall(id, "AddPermission20150331v2", fmt.Sprintf(
		`{"functionName":"billing-export","statementId":"s1","action":"lambda:InvokeFunction","principal":%q}`, principal))
}

// lambdaCall returns CloudTrail's event of a call of the Lambda API, with the
// keys in CloudTrail's order and no white space.
func lambdaCall(id, action, parameters string) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE",`+
		`"arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice"},`+
		`"eventTime":"2026-05-04T10:00:00Z","eventSource":"lambda.amazonaws.com","eventName":%q,`+
		`"awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9","userAgent":"aws-cli/2.15",`+
		`"requestParameters":%s,"responseElements":null,"requestID":"r-%s","eventID":%q,"readOnly":false,`+
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333"}`,
		action, parameters, id, id)
}

// alert is what the tests look at in an alert.
type alert struct {
	Rule struct {
		ID      string `json:"id"`
		Version int    `json:"version"`
	} `json:"rule"`
	Severity   string   `json:"severity"`
	RiskScore  int      `json:"risk_score"`
	Tactics    []string `json:"tactics"`
	Techniques []string `json:"techniques"`
	Suppressed string   `json:"suppressed"`
}

// wantBuiltIn fails unless text is an alert of the built-in rule.
func wantBuiltIn(t *testing.T, text []byte) alert {
	t.Helper()
	var a alert
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("the alert is %s: %v", text, err)
	}
	if got := fmt.Sprint(a.Rule.ID, " ", a.Rule.Version, " ", a.Severity, " ", a.RiskScore, " ", a.Tactics, a.Techniques); got !=
		"8f985da6-66e8-4838-a63e-21636eb9adc5 1 high 73 [TA0003 TA0005] [T1546 T1578 T1578.005]" {
		t.Errorf("the alert says %s", got)
	}
	return a
}
