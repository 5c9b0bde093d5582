package policy

// kind is what the value of a condition key says about who calls.
type kind uint8

const (
	kindNone          kind = iota
	kindCallerAccount      // the caller's account
	kindCallerARN          // the caller's ARN
	kindCallerID           // the caller's unique ID
	kindKMSKey             // a key that the caller must be allowed to use
	kindSourceAccount      // the account for which a service calls
	kindSourceARN          // the resource for which a service calls
	kindSourceOwner        // an account, whether it calls itself or through a service
	kindSourceOrg          // the organization of the account for which a service calls
	kindSourceOrgPath
	kindContextARN // what a service puts into KMS's encryption context
	kindOrg        // the caller's organization
	kindOrgPath
	kindResourceAccount // the resource's account: bound only to a variable of the caller's
	kindResourceOrg
	kindIP
	kindVPC // a VPC or an endpoint
	kindVPCARN
	kindEndpointAccount
	kindEndpointOrg
	kindEndpointOrgPath
	kindMountTarget // true: only from within the network
	kindIsService   // true: only AWS services
	kindServiceName
	kindToken       // a secret that the caller sends
	kindSessionName // the name that the caller gives its session
)

// conditionKey is a condition key that can bind.
type conditionKey struct {
	name string // in lower case: AWS compares keys without regard to case
	kind kind

	// isAlwaysThere says that every request to every service has the key, so that
	// IfExists does not weaken a condition on it. Only KMS sends kms:CallerAccount,
	// and AWS's documents differ on whether a call without a signature has
	// aws:userid.
	isAlwaysThere bool

	// isMultivalued says that a request may have several values of the key, so
	// that a condition on it needs a set operator.
	isMultivalued bool
}

// conditionKeys are the keys that narrow who gets in. All others say nothing
// about that, or nothing that the caller cannot choose: aws:PrincipalTag and
// aws:PrincipalType, aws:UserAgent, aws:Referer, aws:ViaAWSService,
// kms:ViaService, sts:ExternalId, s3:x-amz-acl and many more.
//
// Sources: IAM User Guide, "AWS global condition context keys"; KMS Developer
// Guide, "AWS KMS condition keys"; S3 User Guide, "Blocking public access to
// your Amazon S3 storage"; EFS User Guide, "Blocking public access to file
// systems"; Lambda API model, shape EventSourceToken.
var conditionKeys = [...]conditionKey{
	{"aws:principalaccount", kindCallerAccount, true, false},
	{"kms:calleraccount", kindCallerAccount, false, false},
	{"s3:dataaccesspointaccount", kindCallerAccount, false, false},
	{"aws:principalarn", kindCallerARN, false, false},
	{"s3:dataaccesspointarn", kindCallerARN, false, false},
	{"aws:userid", kindCallerID, false, false},
	{"s3:x-amz-server-side-encryption-aws-kms-key-id", kindKMSKey, false, false},
	{"aws:sourceaccount", kindSourceAccount, false, false},
	{"aws:sourcearn", kindSourceARN, false, false},
	{"aws:sourceowner", kindSourceOwner, false, false},
	{"aws:sourceorgid", kindSourceOrg, false, false},
	{"aws:sourceorgpaths", kindSourceOrgPath, false, true},
	{"kms:encryptioncontext:aws:logs:arn", kindContextARN, false, false},
	{"kms:encryptioncontext:aws:cloudtrail:arn", kindContextARN, false, false},
	{"aws:principalorgid", kindOrg, false, false},
	{"aws:principalorgpaths", kindOrgPath, false, true},
	{"aws:resourceaccount", kindResourceAccount, false, false},
	{"aws:resourceorgid", kindResourceOrg, false, false},
	{"aws:sourceip", kindIP, false, false},
	{"aws:sourcevpc", kindVPC, false, false},
	{"aws:sourcevpce", kindVPC, false, false},
	{"aws:sourcevpcarn", kindVPCARN, false, false},
	{"aws:vpceaccount", kindEndpointAccount, false, false},
	{"aws:vpceorgid", kindEndpointOrg, false, false},
	{"aws:vpceorgpaths", kindEndpointOrgPath, false, true},
	{"elasticfilesystem:accessedviamounttarget", kindMountTarget, false, false},
	{"aws:principalisawsservice", kindIsService, false, false},
	{"aws:principalservicename", kindServiceName, false, false},
	{"aws:principalservicenameslist", kindServiceName, false, true},
	{"lambda:eventsourcetoken", kindToken, false, false},
	{"sts:rolesessionname", kindSessionName, false, false},
}

// maxKey is longer than any name in conditionKeys.
const maxKey = 64

// keyNumber is the place of a key in conditionKeys.
type keyNumber int

const noKey keyNumber = -1

var keyNumbers = func() map[string]keyNumber {
	numbers := make(map[string]keyNumber, len(conditionKeys))
	for i, key := range conditionKeys {
		numbers[key.name] = keyNumber(i)
	}
	return numbers
}()

// numberOf finds a key by its name, in any case.
func numberOf(name []byte) keyNumber {
	if len(name) > maxKey {
		return noKey
	}
	var buffer [maxKey]byte
	for i := range name {
		buffer[i] = lower(name[i])
	}
	if number, ok := keyNumbers[string(buffer[:len(name)])]; ok {
		return number
	}
	return noKey
}
