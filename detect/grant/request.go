package grant

import "github.com/trailwire/trailwire/detect/document"

// asked reads the request, from the first form of it that can be read.
func (src Source) asked() (terms, bool) {
	if t, ok := readRequest(src.RequestParameters); ok {
		return t, true
	}
	return readRequestText(src.RequestText)
}

// readRequest reads requestParameters: the members of the Lambda API model's
// AddPermissionRequest, whose names CloudTrail starts with a lower-case letter.
// Of real events only functionName, statementId, action, principal and sourceArn
// have been published, so every key is compared without regard to case.
func readRequest(parameters []byte) (terms, bool) {
	var t terms
	name, some := document.GetFold(parameters, "functionName")
	if some {
		t.functions = readFunctions(name)
	}
	if actions, ok := document.GetFold(parameters, "action"); ok {
		t.actions, some = readTexts(actions, plainText), true
	}
	if principals, ok := document.GetFold(parameters, "principal"); ok {
		t.principals, some = readPrincipals(principals), true
	}
	if !some {
		return terms{}, false
	}
	t.statementID = textUnder(parameters, "statementId")
	t.qualifier = textUnder(parameters, "qualifier")
	t.conditions = readParameters(parameters)
	return t, true
}

// readParameters reads the parameters that AWS turns into conditions.
func readParameters(parameters []byte) conditions {
	var c conditions
	if account, ok := document.GetFold(parameters, "sourceAccount"); ok {
		c.sourceAccounts = readTexts(account, accountText)
	}
	if source, ok := document.GetFold(parameters, "sourceArn"); ok {
		c.sourceARNs = readTexts(source, plainText)
	}
	if id, ok := document.GetFold(parameters, "principalOrgID"); ok {
		c.orgIDs = readTexts(id, plainText)
	}
	if auth, ok := document.GetFold(parameters, "functionUrlAuthType"); ok {
		c.urlAuthTypes = readTexts(auth, plainText)
	}
	c.token = textUnder(parameters, "eventSourceToken") != ""
	if via, ok := document.GetFold(parameters, "invokedViaFunctionUrl"); ok {
		c.viaURL = isTrue(via)
	}
	return c
}
