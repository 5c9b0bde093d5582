package grant

import "github.com/trailwire/trailwire/detect/document"

// asked reads the request, from the first form of it that can be read.
func (src Source) asked() (terms, bool) {
	if t, ok := readRequest(src.RequestParameters); ok {
		return t, true
	}
	return readRequestText(src.RequestText)
}

// The parameters of an AddPermission, and their places in requestNames.
const (
	parameterFunctionName = iota
	parameterAction
	parameterPrincipal
	parameterStatementID
	parameterQualifier
	parameterSourceAccount
	parameterSourceARN
	parameterOrgID
	parameterURLAuthType
	parameterToken
	parameterViaURL
	parameterCount
)

var requestNames = [parameterCount]string{
	"functionName", "action", "principal", "statementId", "qualifier", "sourceAccount", "sourceArn",
	"principalOrgID", "functionUrlAuthType", "eventSourceToken", "invokedViaFunctionUrl",
}

// parameters are the values of a request by the names above, nil for what is not there.
type parameters [parameterCount][]byte

// readRequest reads requestParameters: the members of the Lambda API model's
// AddPermissionRequest, whose names CloudTrail starts with a lower-case letter.
// Of real events only functionName, statementId, action, principal and sourceArn
// have been published, so every key is compared without regard to case.
func readRequest(request []byte) (terms, bool) {
	var p parameters
	document.GetFolds(request, requestNames[:], p[:])
	if p[parameterFunctionName] == nil && p[parameterAction] == nil && p[parameterPrincipal] == nil {
		return terms{}, false
	}
	return terms{
		function:    p[parameterFunctionName],
		action:      p[parameterAction],
		principal:   p[parameterPrincipal],
		statementID: p[parameterStatementID],
		qualifier:   p[parameterQualifier],
		parameters:  p,
	}, true
}

// conditions reads the parameters that AWS turns into conditions.
func (p *parameters) conditions() conditions {
	return conditions{
		sourceAccounts: readTexts(nil, p[parameterSourceAccount], accountText),
		sourceARNs:     readTexts(nil, p[parameterSourceARN], plainText),
		orgIDs:         readTexts(nil, p[parameterOrgID], plainText),
		urlAuthTypes:   readTexts(nil, p[parameterURLAuthType], plainText),
		token:          firstText(p[parameterToken]) != "",
		viaURL:         isTrue(p[parameterViaURL]),
	}
}
