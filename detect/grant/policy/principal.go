package policy

import (
	"bytes"
	"strconv"

	"github.com/trailwire/trailwire/detect/document"
)

// PrincipalType says what kind of principal a grant is for. The words are those
// of detect/grant.
type PrincipalType string

// The types of principals, after IAM User Guide, "AWS JSON policy elements:
// Principal".
const (
	// PrincipalPublic is "*", and everyone whom NotPrincipal does not name.
	PrincipalPublic PrincipalType = "public"

	// PrincipalAccount is a bare account ID. The account's own administrators
	// decide who of it may use the grant.
	PrincipalAccount PrincipalType = "account"

	// PrincipalIAM is the ARN of an account's root, a user, a role or a role
	// session. CloudFront's origin access identities are spelled as IAM users
	// of no account and are counted here.
	PrincipalIAM PrincipalType = "iam"

	// PrincipalService is an AWS service, such as s3.amazonaws.com.
	PrincipalService PrincipalType = "service"

	// PrincipalFederated is an identity provider or a user that came through
	// one.
	PrincipalFederated PrincipalType = "federated"

	// PrincipalUniqueID is an identifier that does not name an account: an IAM
	// unique ID (AROA…, AIDA…) or an S3 canonical user ID.
	PrincipalUniqueID PrincipalType = "unique_id"

	// PrincipalUnknown is anything else.
	PrincipalUnknown PrincipalType = "unknown"
)

// principal is one grantee.
type principal struct {
	text    []byte // as written, percent-decoded
	kind    PrincipalType
	account []byte // empty if the text names none

	// isProvider says that everyone gets in whom an identity provider vouches
	// for. issuer is its name as condition keys have it, empty for SAML.
	isProvider bool
	isSAML     bool
	issuer     []byte

	isCloudFront bool // an origin access identity
	isExcluded   bool // named by NotPrincipal: everyone else gets in
}

// element is a key of the Principal element.
type element uint8

const (
	elementNone element = iota // the principal is alone: "*"
	elementAWS
	elementService
	elementFederated
	elementCanonical
	elementOther
)

func elementOf(key []byte) element {
	switch {
	case isWord(key, "aws"):
		return elementAWS
	case isWord(key, "service"):
		return elementService
	case isWord(key, "federated"):
		return elementFederated
	case isWord(key, "canonicaluser"):
		return elementCanonical
	}
	return elementOther
}

// eachPrincipal calls visit with every principal in value, a Principal element
// in any of its forms: "*", "444455556666", ["…", "…"], {"AWS": "…"},
// {"AWS": ["…", "…"], "Service": "…"}.
func eachPrincipal(value []byte, visit func(principal)) {
	if !document.IsMap(value) {
		eachPrincipalOf(elementNone, value, visit)
		return
	}
	for pairs := document.OverMap(value); pairs.Next(); {
		key, _ := document.Text(pairs.Key)
		eachPrincipalOf(elementOf(key), pairs.Value, visit)
	}
}

func eachPrincipalOf(e element, value []byte, visit func(principal)) {
	items := document.OverArray(value)
	if items.Err() != nil {
		visit(readPrincipal(e, value))
		return
	}
	for items.Next() {
		visit(readPrincipal(e, items.Value))
	}
}

// readPrincipal reads one principal. What is not a text is of an unknown kind,
// as is the text under a key that IAM does not know.
func readPrincipal(e element, value []byte) principal {
	text, ok := principalText(value)
	if !ok {
		return principal{kind: PrincipalUnknown}
	}
	if e == elementOther {
		return principal{text: text, kind: PrincipalUnknown}
	}
	return classify(e, text)
}

// principalText reads a text that may be an account ID, which some collectors
// turn into a number and so rob of its leading zeros.
func principalText(value []byte) ([]byte, bool) {
	if text, ok := document.Text(value); ok {
		return decodedARN(text), true
	}
	return numberAsAccount(value)
}

// decodedARN decodes an ARN that is percent-encoded, as CloudTrail logs the
// parameters of a URL, and returns any other text as it is.
func decodedARN(text []byte) []byte {
	if !hasWordPrefix(text, "arn%3a") {
		return text
	}
	if decoded, ok := percentDecoded(text); ok {
		return decoded
	}
	return text
}

// numberAsAccount makes twelve digits of a number.
func numberAsAccount(value []byte) ([]byte, bool) {
	n, ok := document.Int(value)
	if !ok || n < 0 || n > 999_999_999_999 {
		return nil, false
	}
	// The leading 1 keeps the zeros.
	return strconv.AppendInt(nil, 1_000_000_000_000+n, 10)[1:], true
}

// classify says what kind of principal text is under a key of the Principal
// element. The key is believed as far as the text bears it out: an account ID
// under "Service" is not a service.
func classify(e element, text []byte) principal {
	p := principal{text: text, kind: PrincipalUnknown}
	named, isARN := parseARN(text)
	switch {
	case string(text) == "*":
		p.kind = PrincipalPublic
	case e == elementService:
		if isHostName(text) {
			p.kind = PrincipalService
		}
	case e == elementCanonical:
		p.kind = PrincipalUniqueID
	case e == elementFederated:
		p.kind, p.isProvider = PrincipalFederated, true
		if !isARN {
			p.issuer = issuerName(text)
		} else {
			p.readARN(named)
		}
	case isAccountID(text):
		p.kind, p.account = PrincipalAccount, text
	case isARN:
		p.readARN(named)
	case isUniqueID(text) || isCanonicalUserID(text):
		p.kind = PrincipalUniqueID
	case e == elementNone && isServiceName(text):
		p.kind = PrincipalService
	}
	return p
}

// readARN knows the ARNs that IAM takes as a principal (IAM User Guide, "IAM
// identifiers" and "AWS JSON policy elements: Principal"). A role's name is free
// text to [\w+=,.@-]+, so it may well contain ".amazonaws.com": only the form
// of the ARN says what it is.
func (p *principal) readARN(a arn) {
	kind, name, _ := bytes.Cut(a.resource, []byte("/"))
	service := string(a.service)
	switch string(kind) {
	case "root", "user", "role":
		if service != "iam" {
			return
		}
		p.kind = PrincipalIAM
		p.isCloudFront = string(a.account) == "cloudfront"
	case "assumed-role":
		if service != "sts" {
			return
		}
		p.kind = PrincipalIAM
	case "federated-user":
		if service != "sts" {
			return
		}
		p.kind = PrincipalFederated
	case "saml-provider":
		if service != "iam" {
			return
		}
		p.kind, p.isProvider, p.isSAML = PrincipalFederated, true, true
	case "oidc-provider":
		if service != "iam" {
			return
		}
		p.kind, p.isProvider, p.issuer = PrincipalFederated, true, issuerName(name)
	default:
		return
	}
	if isAccountID(a.account) {
		p.account = a.account
	}
}

// isUniqueID reports whether text is the unique ID of a user (AIDA…) or a role
// (AROA…), with or without a session name after it. IAM User Guide,
// "Understanding unique ID prefixes"; the length is from the IAM API model,
// shape idType: 16 to 128 letters and digits.
func isUniqueID(text []byte) bool {
	id, _, _ := bytes.Cut(text, []byte(":"))
	if !bytes.HasPrefix(id, []byte("AIDA")) && !bytes.HasPrefix(id, []byte("AROA")) {
		return false
	}
	if len(id) < 16 || len(id) > 128 {
		return false
	}
	for _, c := range id {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isCanonicalUserID reports whether text is a canonical user ID: 64 hexadecimal
// digits (IAM User Guide, "Account identifiers").
func isCanonicalUserID(text []byte) bool {
	if len(text) != 64 {
		return false
	}
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// serviceSuffixes end the names of service principals. All but the last are the
// dnsSuffix of a partition in botocore's partitions.json; the last is where
// Alexa's skills come from (Alexa Skills Kit, "Host a Custom Skill as an AWS
// Lambda Function").
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
// whole text has to be a host name: an ARN that merely ends in a service's
// suffix is not one.
func isServiceName(text []byte) bool {
	if !isHostName(text) {
		return false
	}
	for _, suffix := range serviceSuffixes {
		if hasWordSuffix(text, suffix) {
			return true
		}
	}
	return false
}

// isHostName reports whether text is two or more labels of letters, digits and
// hyphens with dots between them.
func isHostName(text []byte) bool {
	if len(text) > 253 || bytes.IndexByte(text, '.') < 0 {
		return false
	}
	label := 0
	for _, c := range text {
		switch {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case lower(c) >= 'a' && lower(c) <= 'z', c >= '0' && c <= '9', c == '-':
			label++
		default:
			return false
		}
	}
	return label > 0
}

// issuerName returns the name of an OIDC provider as condition keys begin with
// it: without the scheme and a slash at the end (IAM User Guide, "Available keys
// for AWS OIDC federation").
func issuerName(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("https://")), []byte("/"))
}
