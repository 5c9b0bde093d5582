package grant

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
)

// PrincipalType says what kind of grantee a principal is.
type PrincipalType string

// The types of principals, after IAM User Guide, "AWS JSON policy elements:
// Principal".
const (
	// PrincipalPublic is "*": everyone, with or without an AWS account.
	PrincipalPublic PrincipalType = "public"

	// PrincipalAccount is a bare account ID. Those whom the account's own
	// administrators let may use the grant.
	PrincipalAccount PrincipalType = "account"

	// PrincipalIAM is an ARN of an account's root, a user, a role or a role
	// session. CloudFront's origin access identities are spelled as IAM users
	// of no account and are counted here.
	PrincipalIAM PrincipalType = "iam"

	// PrincipalService is an AWS service, such as s3.amazonaws.com.
	PrincipalService PrincipalType = "service"

	// PrincipalFederated is an identity provider or a user that came through
	// one.
	PrincipalFederated PrincipalType = "federated"

	// PrincipalUniqueID is an identifier that names no account: an IAM unique
	// ID (AROA…, AIDA…) or an S3 canonical user ID.
	PrincipalUniqueID PrincipalType = "unique_id"

	// PrincipalUnknown is anything else.
	PrincipalUnknown PrincipalType = "unknown"
)

// principal is one grantee.
type principal struct {
	text    string // as written
	kind    PrincipalType
	account string // empty if the text names none
}

// The keys of a statement's Principal element. A principal that comes from
// requestParameters is alone and has none.
const (
	elementNone      = ""
	elementService   = "service"
	elementFederated = "federated"
	elementCanonical = "canonicaluser"
	elementOther     = "other"
)

// elementOf returns the one of them that a key is.
func elementOf(key []byte) string {
	if len(key) == 0 {
		return elementNone
	}
	for _, element := range [...]string{elementService, elementFederated, elementCanonical} {
		if len(key) == len(element) && bytes.EqualFold(key, []byte(element)) {
			return element
		}
	}
	return elementOther
}

// readPrincipals returns every grantee in value, a Principal element in any of
// its forms: "*", "444455556666", ["…", "…"], {"AWS": "…"}, {"AWS": ["…", "…"],
// "Service": "…"}.
func readPrincipals(value []byte) []principal {
	if !document.IsMap(value) {
		return appendPrincipals(nil, elementNone, value)
	}
	var found []principal
	pairs := document.OverMap(value)
	for pairs.Next() {
		if key, ok := pairs.Name(); ok {
			found = appendPrincipals(found, elementOf(key), pairs.Value)
		}
	}
	if pairs.Err() != nil {
		return nil
	}
	return found
}

func appendPrincipals(found []principal, element string, value []byte) []principal {
	var one [1]string
	for _, text := range readTexts(one[:0], value, accountText) {
		if text != "" {
			found = append(found, classify(element, text))
		}
	}
	return found
}

// accountText reads a text that may be an account ID, which some collectors
// turn into a number and so rob of its leading zeros.
func accountText(value []byte) (string, bool) {
	if text, ok := document.Text(value); ok {
		return string(text), true
	}
	if n, ok := document.Int(value); ok && n >= 0 && n <= 999_999_999_999 {
		return fmt.Sprintf("%012d", n), true
	}
	return "", false
}

// classify says what kind of grantee text is under a key of the Principal
// element, in lower case. The key is believed as far as the text bears it out:
// an account ID under "Service" is not a service.
func classify(element, text string) principal {
	p := principal{text: text, kind: PrincipalUnknown}
	named, isARN := parseARN(text)
	switch {
	case text == "*":
		p.kind = PrincipalPublic
	case element == elementService:
		if isHostName(text) {
			p.kind = PrincipalService
		}
	case element == elementCanonical:
		p.kind = PrincipalUniqueID
	case element == elementFederated:
		p.kind = PrincipalFederated
		if isARN {
			p.account = validAccount(named)
		}
	case isAccountID(text):
		p.kind, p.account = PrincipalAccount, text
	case isARN:
		p.kind = kindOfARN(named)
		if p.kind != PrincipalUnknown {
			p.account = validAccount(named)
		}
	case isUniqueID(text) || isCanonicalUserID(text):
		p.kind = PrincipalUniqueID
	case element == elementNone && isServiceName(text):
		p.kind = PrincipalService
	}
	return p
}

// validAccount returns the account of an ARN, or nothing if the field is not
// an account ID, as in arn:aws:iam::cloudfront:user/….
func validAccount(a arn) string {
	if !isAccountID(a.account) {
		return ""
	}
	return a.account
}

// kindOfARN knows the ARNs that IAM takes as a principal (IAM User Guide, "IAM
// identifiers" and "AWS JSON policy elements: Principal"). A role's name is free
// text to [\w+=,.@-]+, so it may well contain ".amazonaws.com": only the form
// of the ARN says what it is.
func kindOfARN(a arn) PrincipalType {
	resource, _, _ := strings.Cut(a.resource, "/")
	switch a.service + ":" + resource {
	case "iam:root", "iam:user", "iam:role", "sts:assumed-role":
		return PrincipalIAM
	case "iam:saml-provider", "iam:oidc-provider", "sts:federated-user":
		return PrincipalFederated
	}
	return PrincipalUnknown
}

// isUniqueID reports whether text is the unique ID of a user (AIDA…) or a role
// (AROA…), with or without a session name after it. IAM User Guide,
// "Understanding unique ID prefixes"; the length is from the IAM API model,
// shape idType: 16 to 128 letters and digits.
func isUniqueID(text string) bool {
	id, _, _ := strings.Cut(text, ":")
	if !strings.HasPrefix(id, "AIDA") && !strings.HasPrefix(id, "AROA") {
		return false
	}
	if len(id) < 16 || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isCanonicalUserID reports whether text is a canonical user ID: 64 hexadecimal
// digits (IAM User Guide, "Account identifiers").
func isCanonicalUserID(text string) bool {
	if len(text) != 64 {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// serviceSuffixes end the names of service principals. All but the last are the
// dnsSuffix of a partition in botocore's partitions.json; the last is where
// Alexa's skills come from (alexa-appkit.amazon.com,
// alexa-connectedhome.amazon.com: Alexa Skills Kit, "Host a Custom Skill as an
// AWS Lambda Function").
var serviceSuffixes = [...]string{
	".amazonaws.com",    // aws, aws-us-gov
	".amazonaws.com.cn", // aws-cn
	".amazonaws.eu",     // aws-eusc
	".c2s.ic.gov",       // aws-iso
	".sc2s.sgov.gov",    // aws-iso-b
	".cloud.adc-e.uk",   // aws-iso-e
	".csp.hci.ic.gov",   // aws-iso-f
	".amazon.com",
}

// isServiceName reports whether text is the name of a service principal. The
// whole text has to be a host name, so an ARN or a role name that merely ends in
// a service's suffix is not one.
func isServiceName(text string) bool {
	if !isHostName(text) {
		return false
	}
	name := strings.ToLower(text)
	for _, suffix := range serviceSuffixes {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// isHostName reports whether text is two or more labels of letters, digits and
// hyphens with dots between them.
func isHostName(text string) bool {
	if len(text) > 253 || !strings.Contains(text, ".") {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" {
			return false
		}
		for i := range len(label) {
			c := label[i] | 0x20
			if (c < 'a' || c > 'z') && (label[i] < '0' || label[i] > '9') && label[i] != '-' {
				return false
			}
		}
	}
	return true
}
