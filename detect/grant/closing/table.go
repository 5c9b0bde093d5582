package closing

import (
	"slices"

	"github.com/trailwire/trailwire/detect/grant/call"
)

// Table has the calls that take back what a call of [call.Table] opened, and those
// that delete the resource. Not here are calls that take back a part of which it cannot
// be told what is left, such as Lake Formation's RevokePermissions.
//
// The names of parameters are those of AWS's API models, with a small first letter,
// or those of recorded events and of samples in AWS's guides where there are any.
var Table = slices.Concat(identity, keys, storage, snapshots, databases, code, messages, networks)

// Where the names of many rows are from.
const (
	model    = "the API's model"
	invictus = "data set of Invictus IR"
)

// closes is a row of a call that closes all that is open by the means, or, with an
// empty one, of a call that deletes the resource.
func closes(service, name, means, resource string) Row {
	return Row{Source: service + ".amazonaws.com", Name: name, Means: means, Resource: resource, Basis: call.BasisModel, From: model}
}

// onceMore changes a row: for what few rows have.
func onceMore(row Row, change func(*Row)) Row {
	change(&row)
	return row
}

// reversible is a deletion that can be taken back for some time.
func reversible(row Row) Row { return onceMore(row, func(r *Row) { r.Reversible = true }) }

// statement is a row of a call that closes one statement.
func statement(service, name, means, resource, path string) Row {
	return onceMore(closes(service, name, means, resource), func(r *Row) { r.Statement = path })
}

// takesOut is a row of a call that takes out those whom it names.
func takesOut(service, name, means, resource, principals string) Row {
	return onceMore(closes(service, name, means, resource), func(r *Row) { r.Principals = principals })
}

// seen says where an event of a row was seen, or which guide shows one.
func seen(row Row, basis call.Basis, from string) Row {
	return onceMore(row, func(r *Row) { r.Basis, r.From = basis, from })
}

const byARN = "resourceArn"

var identity = []Row{
	seen(closes("iam", "DeleteRole", "", "arn:{partition}:iam::{account}:role/{roleName}"), call.BasisEvent, invictus),
	closes("iam", "DeleteOpenIDConnectProvider", "", "openIDConnectProviderArn"),
	closes("iam", "DeleteSAMLProvider", "", "sAMLProviderArn"),
	seen(closes("rolesanywhere", "DeleteTrustAnchor", "", "response.trustAnchor.trustAnchorArn | arn:{partition}:rolesanywhere:{region}:{account}:trust-anchor/{trustAnchorId}"), call.BasisEvent, invictus),
	takesOut("eks", "DeleteAccessEntry", "access entry", "arn:{partition}:eks:{region}:{account}:cluster/{name}", "principalArn"),
	takesOut("eks", "DisassociateAccessPolicy", "access policy", "arn:{partition}:eks:{region}:{account}:cluster/{name}", "principalArn"),
	closes("eks", "DeleteCluster", "", "arn:{partition}:eks:{region}:{account}:cluster/{name}"),
	takesOut("cloud9", "DeleteEnvironmentMembership", "accounts", "arn:{partition}:cloud9:{region}:{account}:environment:{environmentId}", "userArn"),
}

const keyARN = "resources | arn:{partition}:kms:{region}:{account}:key/{keyId}"

var keys = []Row{
	// RetireGrant has the id in additionalEventData if it was called with a token.
	seen(statement("kms", "RetireGrant", "grants", keyARN, "grantId | additionalEventData.grantId"), call.BasisDocument, "KMS Developer Guide, RetireGrant"),
	seen(statement("kms", "RevokeGrant", "grants", keyARN, "grantId"), call.BasisDocument, "KMS Developer Guide, RevokeGrant"),
	reversible(seen(closes("kms", "ScheduleKeyDeletion", "", keyARN), call.BasisDocument, "KMS Developer Guide, ScheduleKeyDeletion")),
	closes("secretsmanager", "DeleteResourcePolicy", "policy", secretARN),
	reversible(seen(closes("secretsmanager", "DeleteSecret", "", secretARN), call.BasisEvent, invictus)),
	statement("ssm", "DeleteResourcePolicy", "policy", byARN, "policyId"),
	closes("ssm", "DeleteParameter", "", "name | arn:{partition}:ssm:{region}:{account}:parameter/{name}"),
	closes("acm-pca", "DeletePolicy", "policy", byARN),
	reversible(closes("acm-pca", "DeleteCertificateAuthority", "", "certificateAuthorityArn")),
	closes("cloudhsm", "DeleteResourcePolicy", "policy", byARN),
	closes("payment-cryptography", "DeleteResourcePolicy", "policy", byARN),
	statement("license-manager", "DeleteGrant", "grants", "licenseArn | response.licenseArn", "grantArn"),
}

const secretARN = "response.arn | arn:{partition}:secretsmanager:{region}:{account}:secret:{secretId}"

const (
	bucketARN = "arn:{partition}:s3:::{bucketName}"
	pointARN  = "arn:{partition}:s3:{region}:{account}:accesspoint/{name}"
	lambdaAP  = "arn:{partition}:s3-object-lambda:{region}:{account}:accesspoint/{name}"
	vaultARN  = "arn:{partition}:glacier:{region}:{account}:vaults/{vaultName}"
	filesARN  = "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{fileSystemId}"
	backupARN = "arn:{partition}:backup:{region}:{account}:backup-vault:{backupVaultName}"
)

var storage = []Row{
	seen(closes("s3", "DeleteBucketPolicy", "policy", bucketARN), call.BasisEvent, invictus),
	seen(closes("s3", "DeleteBucket", "", bucketARN), call.BasisEvent, invictus),
	closes("s3", "DeleteBucketReplication", "replication", bucketARN),
	closes("s3", "DeleteAccessPointPolicy", "policy", pointARN),
	closes("s3", "DeleteAccessPoint", "", pointARN),
	closes("s3", "DeleteAccessPointPolicyForObjectLambda", "policy", lambdaAP),
	closes("s3", "DeleteAccessPointForObjectLambda", "", lambdaAP),
	closes("s3tables", "DeleteTableBucketPolicy", "policy", "tableBucketARN"),
	closes("s3tables", "DeleteTableBucket", "", "tableBucketARN"),
	closes("s3vectors", "DeleteVectorBucketPolicy", "policy", "vectorBucketArn | arn:{partition}:s3vectors:{region}:{account}:bucket/{vectorBucketName}"),
	closes("s3files", "DeleteFileSystemPolicy", "policy", "arn:{partition}:s3files:{region}:{account}:file-system/{fileSystemId}"),
	closes("glacier", "DeleteVaultAccessPolicy", "policy", vaultARN),
	closes("glacier", "DeleteVault", "", vaultARN),
	closes("elasticfilesystem", "DeleteFileSystemPolicy", "policy", filesARN),
	closes("elasticfilesystem", "DeleteFileSystem", "", filesARN),
	closes("backup", "DeleteBackupVaultAccessPolicy", "policy", backupARN),
	closes("backup", "DeleteBackupVault", "", backupARN),
	closes("ram", "DeleteResourceShare", "", "resourceShareArn"),
	takesOut("ram", "DisassociateResourceShare", "accounts", "resourceShareArn", "principals"),
	closes("glue", "DeleteResourcePolicy", "policy", "arn:{partition}:glue:{region}:{account}:catalog"),
	closes("cloudtrail", "DeleteResourcePolicy", "policy", byARN),
	closes("comprehend", "DeleteResourcePolicy", "policy", byARN),
	closes("cleanrooms-ml", "DeleteConfiguredAudienceModelPolicy", "policy", "configuredAudienceModelArn"),
	closes("sagemaker", "DeleteModelPackageGroupPolicy", "policy", "arn:{partition}:sagemaker:{region}:{account}:model-package-group/{modelPackageGroupName}"),
	closes("bedrock", "DeleteResourcePolicy", "policy", byARN),
	closes("mediastore", "DeleteContainerPolicy", "policy", "arn:{partition}:mediastore:{region}:{account}:container/{containerName}"),
	closes("mediapackagev2", "DeleteChannelPolicy", "policy", "arn:{partition}:mediapackagev2:{region}:{account}:channelGroup/{channelGroupName}/channel/{channelName}"),
	closes("mediapackagev2", "DeleteOriginEndpointPolicy", "policy", "arn:{partition}:mediapackagev2:{region}:{account}:channelGroup/{channelGroupName}/channel/{channelName}/originEndpoint/{originEndpointName}"),
	closes("mediatailor", "DeleteChannelPolicy", "policy", "arn:{partition}:mediatailor:{region}:{account}:channel/{channelName}"),
	takesOut("appstream", "DeleteImagePermissions", "accounts", "arn:{partition}:appstream:{region}:{account}:image/{name}", "sharedAccountId"),
}

const (
	snapshotARN = "arn:{partition}:ec2:{region}:{account}:snapshot/{snapshotId}"
	imageARN    = "arn:{partition}:ec2:{region}:{account}:image/{imageId}"
	fpgaARN     = "arn:{partition}:ec2:{region}:{account}:fpga-image/{fpgaImageId}"
	dbSnapshot  = "arn:{partition}:rds:{region}:{account}:snapshot:{dBSnapshotIdentifier}"
	dbCluster   = "arn:{partition}:rds:{region}:{account}:cluster-snapshot:{dBClusterSnapshotIdentifier}"
	redshiftARN = "snapshotArn | arn:{partition}:redshift:{region}:{account}:snapshot:{snapshotClusterIdentifier}/{snapshotIdentifier}"
)

// restorable takes accounts out of who may restore a snapshot. The call has other
// attributes too.
func restorable(name, resource string) Row {
	return onceMore(takesOut("rds", name, "attribute", resource, "valuesToRemove"), func(r *Row) {
		r.When, r.Basis, r.From = "attributeName=restore", call.BasisEvent, "data set of Invictus IR: a removal from an instance's snapshot"
	})
}

var snapshots = []Row{
	seen(takesOut("ec2", "ModifySnapshotAttribute", "attribute", snapshotARN, "createVolumePermission.remove.userId | createVolumePermission.remove.group"),
		call.BasisEvent, "recorded by Stratus Red Team for what is added, in the same form"),
	seen(takesOut("ec2", "ModifyImageAttribute", "attribute", imageARN,
		"launchPermission.remove.userId | launchPermission.remove.group | launchPermission.remove.organizationArn | launchPermission.remove.organizationalUnitArn"),
		call.BasisEvent, "recorded by Stratus Red Team for what is added, in the same form"),
	takesOut("ec2", "ModifyFpgaImageAttribute", "attribute", fpgaARN, "loadPermission.remove.userId | loadPermission.remove.group"),
	closes("ec2", "ResetSnapshotAttribute", "attribute", snapshotARN),
	closes("ec2", "ResetImageAttribute", "attribute", imageARN),
	closes("ec2", "ResetFpgaImageAttribute", "attribute", fpgaARN),
	// A rule of the recycle bin may keep a snapshot or an image for some time.
	reversible(seen(closes("ec2", "DeleteSnapshot", "", snapshotARN), call.BasisEvent, invictus)),
	reversible(seen(closes("ec2", "DeregisterImage", "", imageARN), call.BasisEvent, invictus)),
	restorable("ModifyDBSnapshotAttribute", dbSnapshot),
	restorable("ModifyDBClusterSnapshotAttribute", dbCluster),
	closes("rds", "DeleteDBSnapshot", "", dbSnapshot),
	closes("rds", "DeleteDBClusterSnapshot", "", dbCluster),
	takesOut("redshift", "RevokeSnapshotAccess", "accounts", redshiftARN, "accountWithRestoreAccess"),
	closes("redshift", "DeleteClusterSnapshot", "", redshiftARN),
}

var databases = []Row{
	closes("rds", "DeleteDBInstance", "", "response.dBInstanceArn | arn:{partition}:rds:{region}:{account}:db:{dBInstanceIdentifier}"),
	closes("redshift", "DeleteCluster", "", "arn:{partition}:redshift:{region}:{account}:cluster:{clusterIdentifier}"),
	takesOut("redshift", "RevokeEndpointAccess", "accounts", "arn:{partition}:redshift:{region}:{account}:cluster:{clusterIdentifier}", "account"),
	takesOut("redshift", "DeauthorizeDataShare", "accounts", "dataShareArn", "consumerIdentifier"),
	closes("redshift", "DeleteResourcePolicy", "policy", byARN),
	closes("redshift-serverless", "DeleteResourcePolicy", "policy", byARN),
	closes("dynamodb", "DeleteResourcePolicy", "policy", byARN),
	closes("dynamodb", "DeleteTable", "", "response.tableDescription.tableArn | arn:{partition}:dynamodb:{region}:{account}:table/{tableName}"),
	closes("kinesis", "DeleteResourcePolicy", "policy", byARN),
	closes("kinesis", "DeleteStream", "", "streamARN | arn:{partition}:kinesis:{region}:{account}:stream/{streamName}"),
	closes("dsql", "DeleteClusterPolicy", "policy", "arn:{partition}:dsql:{region}:{account}:cluster/{identifier}"),
	closes("dsql", "DeleteCluster", "", "response.arn | arn:{partition}:dsql:{region}:{account}:cluster/{identifier}"),
	closes("schemas", "DeleteResourcePolicy", "policy", "arn:{partition}:schemas:{region}:{account}:registry/{registryName}"),
	closes("es", "DeleteDomain", "", "arn:{partition}:es:{region}:{account}:domain/{domainName}"),
	closes("es", "DeleteElasticsearchDomain", "", "arn:{partition}:es:{region}:{account}:domain/{domainName}"),
	takesOut("es", "RevokeVpcEndpointAccess", "accounts", "arn:{partition}:es:{region}:{account}:domain/{domainName}", "account | service"),
	onceMore(closes("aoss", "DeleteAccessPolicy", "policy", "arn:{partition}:aoss:{region}:{account}:access-policy/{name}"), func(r *Row) { r.When = "type=data" }),
	onceMore(closes("aoss", "DeleteSecurityPolicy", "network", "arn:{partition}:aoss:{region}:{account}:security-policy/{name}"), func(r *Row) { r.When = "type=network" }),
	closes("osis", "DeleteResourcePolicy", "policy", byARN),
}

const (
	functionARN   = "arn:{partition}:lambda:{region}:{account}:function:{functionName}"
	layerARN      = "arn:{partition}:lambda:{region}:{account}:layer:{layerName}:{versionNumber}"
	repositoryARN = "resources | arn:{partition}:ecr:{region}:{account}:repository/{repositoryName}"
	publicARN     = "arn:{partition}:ecr-public::{account}:repository/{repositoryName}"
	domainARN     = "arn:{partition}:codeartifact:{region}:{account}:domain/{domain}"
	packagesARN   = "arn:{partition}:codeartifact:{region}:{account}:repository/{domain}/{repository}"
)

func qualified(row Row) Row { return onceMore(row, func(r *Row) { r.IsQualified = true }) }

func owned(row Row, owner string) Row { return onceMore(row, func(r *Row) { r.Owner = owner }) }

var code = []Row{
	qualified(seen(statement("lambda", "RemovePermission*", "policy", functionARN, "statementId"), call.BasisEvent, invictus)),
	qualified(seen(closes("lambda", "DeleteFunction*", "", functionARN), call.BasisEvent, invictus)),
	qualified(closes("lambda", "DeleteFunctionUrlConfig*", "url", functionARN)),
	qualified(seen(closes("lambda", "DeleteResourcePolicy*", "policy", byARN), call.BasisDocument, "Lambda Developer Guide, resource-based policies")),
	statement("lambda", "RemoveLayerVersionPermission*", "policy", layerARN, "statementId"),
	// A layer whose version is deleted goes on in functions that have it.
	owned(closes("ecr", "DeleteRepositoryPolicy", "policy", repositoryARN), "registryId"),
	owned(closes("ecr", "DeleteRepository", "", repositoryARN), "registryId"),
	owned(closes("ecr", "DeleteRegistryPolicy", "policy", "arn:{partition}:ecr:{region}:{account}:registry"), "registryId"),
	closes("ecr", "DeleteRepositoryCreationTemplate", "", "arn:{partition}:ecr:{region}:{account}:repository-creation-template/{prefix}"),
	closes("ecr-public", "DeleteRepositoryPolicy", "policy", publicARN),
	closes("ecr-public", "DeleteRepository", "", publicARN),
	owned(closes("codeartifact", "DeleteDomainPermissionsPolicy", "policy", domainARN), "domainOwner"),
	owned(closes("codeartifact", "DeleteRepositoryPermissionsPolicy", "policy", packagesARN), "domainOwner"),
	owned(closes("codeartifact", "DeleteDomain", "", domainARN), "domainOwner"),
	owned(closes("codeartifact", "DeleteRepository", "", packagesARN), "domainOwner"),
	closes("codebuild", "DeleteResourcePolicy", "policy", byARN),
	statement("signer", "RemoveProfilePermission", "policy", "arn:{partition}:signer:{region}:{account}:/signing-profiles/{profileName}", "statementId"),
	takesOut("ssm", "ModifyDocumentPermission", "accounts", "arn:{partition}:ssm:{region}:{account}:document/{name}", "accountIdsToRemove"),
	closes("ssm", "DeleteDocument", "", "arn:{partition}:ssm:{region}:{account}:document/{name}"),
	statement("ssm-incidents", "DeleteResourcePolicy", "policy", byARN, "policyId"),
	closes("lex", "DeleteResourcePolicy", "policy", byARN),
	statement("lex", "DeleteResourcePolicyStatement", "policy", byARN, "statementId"),
	closes("bedrock-agentcore", "DeleteResourcePolicy", "policy", byARN),
	statement("entityresolution", "DeletePolicyStatement", "policy", "arn", "statementId"),
}

const (
	queueARN = "arn:{partition}:sqs:{region}:{account}:{queueUrl}"
	busARN   = "arn:{partition}:events:{region}:{account}:event-bus/{eventBusName}"
	mailARN  = "arn:{partition}:ses:{region}:{account}:identity/"
)

var messages = []Row{
	statement("sns", "RemovePermission", "policy", "topicArn", "label"),
	closes("sns", "DeleteTopic", "", "topicArn"),
	statement("sqs", "RemovePermission", "policy", queueARN, "label"),
	closes("sqs", "DeleteQueue", "", queueARN),
	onceMore(statement("events", "RemovePermission", "policy", busARN+" | arn:{partition}:events:{region}:{account}:event-bus/default", "statementId"), func(r *Row) {
		r.AllIf = "removeAllPermissions=true"
	}),
	closes("events", "DeleteEventBus", "", "arn:{partition}:events:{region}:{account}:event-bus/{name}"),
	closes("kafka", "DeleteClusterPolicy", "policy", "clusterArn"),
	closes("kafka", "DeleteCluster", "", "clusterArn"),
	statement("ses", "DeleteIdentityPolicy", "policy", mailARN+"{identity}", "policyName"),
	statement("ses", "DeleteEmailIdentityPolicy", "policy", mailARN+"{emailIdentity}", "policyName"),
	closes("ses", "DeleteIdentity", "", mailARN+"{identity}"),
	closes("ses", "DeleteEmailIdentity", "", mailARN+"{emailIdentity}"),
	statement("logs", "DeleteResourcePolicy", "policy", "resourceArn | arn:{partition}:logs:{region}:{account}:resource-policy/{policyName}", "policyName"),
	closes("logs", "DeleteDestination", "", "arn:{partition}:logs:{region}:{account}:destination:{destinationName}"),
	closes("logs", "DeleteDeliveryDestinationPolicy", "policy", "arn:{partition}:logs:{region}:{account}:delivery-destination:{deliveryDestinationName}"),
	statement("logs", "DeleteSubscriptionFilter", "subscription", "arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}", "filterName"),
	closes("xray", "DeleteResourcePolicy", "policy", "arn:{partition}:xray:{region}:{account}:resource-policy/{policyName}"),
	closes("aps", "DeleteResourcePolicy", "policy", "arn:{partition}:aps:{region}:{account}:workspace/{workspaceId}"),
	closes("rum", "DeleteResourcePolicy", "policy", "arn:{partition}:rum:{region}:{account}:appmonitor/{name}"),
	closes("oam", "DeleteSink", "", "identifier"),
	closes("sms-voice", "DeleteResourcePolicy", "policy", byARN),
}

var networks = []Row{
	takesOut("ec2", "ModifyVpcEndpointServicePermissions", "accounts", "arn:{partition}:ec2:{region}:{account}:vpc-endpoint-service/{serviceId}", "removeAllowedPrincipals"),
	closes("ec2", "DisableAddressTransfer", "accounts", "arn:{partition}:ec2:{region}:{account}:elastic-ip/{allocationId}"),
	closes("vpc-lattice", "DeleteResourcePolicy", "policy", byARN),
	closes("vpc-lattice", "DeleteAuthPolicy", "policy", "resourceIdentifier | arn:{partition}:vpc-lattice:{region}:{account}:service/{resourceIdentifier}"),
	closes("network-firewall", "DeleteResourcePolicy", "policy", byARN),
	closes("networkmanager", "DeleteResourcePolicy", "policy", byARN),
	closes("globalaccelerator", "DeleteCrossAccountAttachment", "", "attachmentArn"),
	takesOut("globalaccelerator", "UpdateCrossAccountAttachment", "accounts", "attachmentArn", "removePrincipals"),
	closes("wafv2", "DeletePermissionPolicy", "policy", byARN),
	closes("cloudfront", "DeleteResourcePolicy*", "policy", byARN),
	closes("refactor-spaces", "DeleteResourcePolicy", "policy", byARN),
	closes("apigateway", "DeleteRestApi", "", "arn:{partition}:apigateway:{region}::/restapis/{restApiId}"),
}
