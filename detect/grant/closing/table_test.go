package closing

import (
	"slices"
	"strings"
	"testing"

	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/needle"
)

// closings has an event for each row: calls that differ in nothing but source and
// name stand together. What is wanted are the resource, the means and what narrows
// them.
var closings = []struct{ calls, parameters, want string }{
	{"iam/DeleteRole", `{"roleName": "deploy"}`, "arn:aws:iam::111122223333:role/deploy all"},
	{"iam/DeleteOpenIDConnectProvider", `{"openIDConnectProviderArn": "arn:aws:iam::111122223333:oidc-provider/example.com"}`, "arn:aws:iam::111122223333:oidc-provider/example.com all"},
	{"iam/DeleteSAMLProvider", `{"sAMLProviderArn": "arn:aws:iam::111122223333:saml-provider/corp"}`, "arn:aws:iam::111122223333:saml-provider/corp all"},
	{"rolesanywhere/DeleteTrustAnchor", `{"trustAnchorId": "a1"}`, "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a1 all"},
	{"eks/DeleteAccessEntry", `{"name": "prod", "principalArn": "arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fr"}`, "arn:aws:eks:eu-west-1:111122223333:cluster/prod access entry arn:aws:iam::444455556666:role/r"},
	{"eks/DisassociateAccessPolicy", `{"name": "prod", "principalArn": "arn:aws:iam::444455556666:role/r", "policyArn": "p"}`, "arn:aws:eks:eu-west-1:111122223333:cluster/prod access policy arn:aws:iam::444455556666:role/r"},
	{"eks/DeleteCluster", `{"name": "prod"}`, "arn:aws:eks:eu-west-1:111122223333:cluster/prod all"},
	{"cloud9/DeleteEnvironmentMembership", `{"environmentId": "e1", "userArn": "arn:aws:iam::444455556666:user/eve"}`, "arn:aws:cloud9:eu-west-1:111122223333:environment:e1 accounts arn:aws:iam::444455556666:user/eve"},

	{"kms/RetireGrant kms/RevokeGrant", `{"keyId": "k1", "grantId": "g1"}`, "arn:aws:kms:eu-west-1:111122223333:key/k1 grants statement=g1 all"},
	{"kms/ScheduleKeyDeletion", `{"keyId": "k1", "pendingWindowInDays": 7}`, "arn:aws:kms:eu-west-1:111122223333:key/k1 all reversible"},
	{"secretsmanager/DeleteResourcePolicy", `{"secretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1B2c3"}`, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-?????? policy all"},
	{"secretsmanager/DeleteSecret", `{"secretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1B2c3"}`, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-?????? all reversible"},
	{"ssm/DeleteResourcePolicy ssm-incidents/DeleteResourcePolicy", `{"resourceArn": "arn:aws:x:eu-west-1:111122223333:p", "policyId": "p1", "policyHash": "h"}`, "arn:aws:x:eu-west-1:111122223333:p policy statement=p1 all"},
	{"ssm/DeleteParameter", `{"name": "db"}`, "arn:aws:ssm:eu-west-1:111122223333:parameter/db all"},
	{"acm-pca/DeletePolicy cloudhsm/DeleteResourcePolicy payment-cryptography/DeleteResourcePolicy cloudtrail/DeleteResourcePolicy comprehend/DeleteResourcePolicy " +
		"bedrock/DeleteResourcePolicy redshift/DeleteResourcePolicy redshift-serverless/DeleteResourcePolicy dynamodb/DeleteResourcePolicy kinesis/DeleteResourcePolicy " +
		"osis/DeleteResourcePolicy codebuild/DeleteResourcePolicy lex/DeleteResourcePolicy bedrock-agentcore/DeleteResourcePolicy sms-voice/DeleteResourcePolicy " +
		"vpc-lattice/DeleteResourcePolicy network-firewall/DeleteResourcePolicy networkmanager/DeleteResourcePolicy wafv2/DeletePermissionPolicy " +
		"cloudfront/DeleteResourcePolicy2020_05_31 refactor-spaces/DeleteResourcePolicy",
		`{"resourceArn": "arn:aws:x:eu-west-1:111122223333:r"}`, "arn:aws:x:eu-west-1:111122223333:r policy all"},
	{"acm-pca/DeleteCertificateAuthority", `{"certificateAuthorityArn": "arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/c"}`, "arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/c all reversible"},
	{"license-manager/DeleteGrant", `{"grantArn": "arn:aws:license-manager::111122223333:grant:g", "licenseArn": "arn:aws:license-manager::111122223333:license:l"}`, "arn:aws:license-manager::111122223333:license:l grants statement=arn:aws:license-manager::111122223333:grant:g all"},

	{"s3/DeleteBucketPolicy", `{"bucketName": "orders", "policy": ""}`, "arn:aws:s3:::orders policy all"},
	{"s3/DeleteBucket", `{"bucketName": "orders"}`, "arn:aws:s3:::orders all"},
	{"s3/DeleteBucketReplication", `{"bucketName": "orders", "replication": ""}`, "arn:aws:s3:::orders replication all"},
	{"s3/DeleteAccessPointPolicy", `{"name": "p"}`, "arn:aws:s3:eu-west-1:111122223333:accesspoint/p policy all"},
	{"s3/DeleteAccessPoint", `{"name": "p"}`, "arn:aws:s3:eu-west-1:111122223333:accesspoint/p all"},
	{"s3/DeleteAccessPointPolicyForObjectLambda", `{"name": "p"}`, "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/p policy all"},
	{"s3/DeleteAccessPointForObjectLambda", `{"name": "p"}`, "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/p all"},
	{"s3tables/DeleteTableBucketPolicy", `{"tableBucketARN": "arn:aws:s3tables:eu-west-1:111122223333:bucket/b"}`, "arn:aws:s3tables:eu-west-1:111122223333:bucket/b policy all"},
	{"s3tables/DeleteTableBucket", `{"tableBucketARN": "arn:aws:s3tables:eu-west-1:111122223333:bucket/b"}`, "arn:aws:s3tables:eu-west-1:111122223333:bucket/b all"},
	{"s3vectors/DeleteVectorBucketPolicy", `{"vectorBucketName": "v"}`, "arn:aws:s3vectors:eu-west-1:111122223333:bucket/v policy all"},
	{"s3files/DeleteFileSystemPolicy", `{"fileSystemId": "fs-1"}`, "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-1 policy all"},
	{"glacier/DeleteVaultAccessPolicy", `{"vaultName": "old", "accountId": "-"}`, "arn:aws:glacier:eu-west-1:111122223333:vaults/old policy all"},
	{"glacier/DeleteVault", `{"vaultName": "old", "accountId": "-"}`, "arn:aws:glacier:eu-west-1:111122223333:vaults/old all"},
	{"elasticfilesystem/DeleteFileSystemPolicy", `{"fileSystemId": "fs-1"}`, "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1 policy all"},
	{"elasticfilesystem/DeleteFileSystem", `{"fileSystemId": "fs-1"}`, "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1 all"},
	{"backup/DeleteBackupVaultAccessPolicy", `{"backupVaultName": "v"}`, "arn:aws:backup:eu-west-1:111122223333:backup-vault:v policy all"},
	{"backup/DeleteBackupVault", `{"backupVaultName": "v"}`, "arn:aws:backup:eu-west-1:111122223333:backup-vault:v all"},
	{"ram/DeleteResourceShare", `{"resourceShareArn": "arn:aws:ram:eu-west-1:111122223333:resource-share/s"}`, "arn:aws:ram:eu-west-1:111122223333:resource-share/s all"},
	{"ram/DisassociateResourceShare", `{"resourceShareArn": "arn:aws:ram:eu-west-1:111122223333:resource-share/s", "principals": ["444455556666"]}`, "arn:aws:ram:eu-west-1:111122223333:resource-share/s accounts 444455556666"},
	{"glue/DeleteResourcePolicy", `{}`, "arn:aws:glue:eu-west-1:111122223333:catalog policy all"},
	{"cleanrooms-ml/DeleteConfiguredAudienceModelPolicy", `{"configuredAudienceModelArn": "arn:aws:cleanrooms-ml:eu-west-1:111122223333:configured-audience-model/m"}`, "arn:aws:cleanrooms-ml:eu-west-1:111122223333:configured-audience-model/m policy all"},
	{"sagemaker/DeleteModelPackageGroupPolicy", `{"modelPackageGroupName": "g"}`, "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/g policy all"},
	{"mediastore/DeleteContainerPolicy", `{"containerName": "c"}`, "arn:aws:mediastore:eu-west-1:111122223333:container/c policy all"},
	{"mediapackagev2/DeleteChannelPolicy", `{"channelGroupName": "g", "channelName": "c"}`, "arn:aws:mediapackagev2:eu-west-1:111122223333:channelGroup/g/channel/c policy all"},
	{"mediapackagev2/DeleteOriginEndpointPolicy", `{"channelGroupName": "g", "channelName": "c", "originEndpointName": "o"}`, "arn:aws:mediapackagev2:eu-west-1:111122223333:channelGroup/g/channel/c/originEndpoint/o policy all"},
	{"mediatailor/DeleteChannelPolicy", `{"channelName": "c"}`, "arn:aws:mediatailor:eu-west-1:111122223333:channel/c policy all"},
	{"appstream/DeleteImagePermissions", `{"name": "i", "sharedAccountId": "444455556666"}`, "arn:aws:appstream:eu-west-1:111122223333:image/i accounts 444455556666"},

	{"ec2/ModifySnapshotAttribute", `{"snapshotId": "snap-1", "attributeType": "CREATE_VOLUME_PERMISSION", "createVolumePermission": {"remove": {"items": [{"userId": "444455556666"}, {"group": "all"}]}}}`,
		"arn:aws:ec2:eu-west-1::snapshot/snap-1 attribute 444455556666 everyone"},
	{"ec2/ModifyImageAttribute", `{"imageId": "ami-1", "attributeType": "launchPermission", "launchPermission": {"remove": {"items": [{"userId": "444455556666"}, {"organizationArn": "arn:aws:organizations::222233334444:organization/o-a1b2c3d4e5"}]}}}`,
		"arn:aws:ec2:eu-west-1::image/ami-1 attribute 444455556666 arn:aws:organizations::222233334444:organization/o-a1b2c3d4e5"},
	{"ec2/ModifyFpgaImageAttribute", `{"ModifyFpgaImageAttributeRequest": {"FpgaImageId": "afi-1", "LoadPermission": {"Remove": {"tag": 1, "UserId": "444455556666"}}}}`,
		"arn:aws:ec2:eu-west-1:111122223333:fpga-image/afi-1 attribute 444455556666"},
	{"ec2/ResetSnapshotAttribute", `{"snapshotId": "snap-1", "attributeType": "CREATE_VOLUME_PERMISSION"}`, "arn:aws:ec2:eu-west-1::snapshot/snap-1 attribute all"},
	{"ec2/ResetImageAttribute", `{"imageId": "ami-1", "attributeType": "launchPermission"}`, "arn:aws:ec2:eu-west-1::image/ami-1 attribute all"},
	{"ec2/ResetFpgaImageAttribute", `{"ResetFpgaImageAttributeRequest": {"FpgaImageId": "afi-1"}}`, "arn:aws:ec2:eu-west-1:111122223333:fpga-image/afi-1 attribute all"},
	{"ec2/DeleteSnapshot", `{"snapshotId": "snap-1", "force": false}`, "arn:aws:ec2:eu-west-1::snapshot/snap-1 all reversible"},
	{"ec2/DeregisterImage", `{"imageId": "ami-1"}`, "arn:aws:ec2:eu-west-1::image/ami-1 all reversible"},
	{"rds/ModifyDBSnapshotAttribute", `{"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToRemove": ["444455556666", "all"]}`, "arn:aws:rds:eu-west-1:111122223333:snapshot:s attribute 444455556666 everyone"},
	{"rds/ModifyDBClusterSnapshotAttribute", `{"dBClusterSnapshotIdentifier": "s", "attributeName": "restore", "valuesToAdd": [], "valuesToRemove": ["444455556666"]}`, "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:s attribute 444455556666"},
	{"rds/DeleteDBSnapshot", `{"dBSnapshotIdentifier": "s"}`, "arn:aws:rds:eu-west-1:111122223333:snapshot:s all"},
	{"rds/DeleteDBClusterSnapshot", `{"dBClusterSnapshotIdentifier": "s"}`, "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:s all"},
	{"redshift/RevokeSnapshotAccess", `{"snapshotIdentifier": "n", "snapshotClusterIdentifier": "c", "accountWithRestoreAccess": "444455556666"}`, "arn:aws:redshift:eu-west-1:111122223333:snapshot:c/n accounts 444455556666"},
	{"redshift/DeleteClusterSnapshot", `{"snapshotIdentifier": "n", "snapshotClusterIdentifier": "c"}`, "arn:aws:redshift:eu-west-1:111122223333:snapshot:c/n all"},

	{"rds/DeleteDBInstance", `{"dBInstanceIdentifier": "db"}`, "arn:aws:rds:eu-west-1:111122223333:db:db all"},
	{"redshift/DeleteCluster", `{"clusterIdentifier": "c"}`, "arn:aws:redshift:eu-west-1:111122223333:cluster:c all"},
	{"redshift/RevokeEndpointAccess", `{"clusterIdentifier": "c", "account": "444455556666"}`, "arn:aws:redshift:eu-west-1:111122223333:cluster:c accounts 444455556666"},
	{"redshift/DeauthorizeDataShare", `{"dataShareArn": "arn:aws:redshift:eu-west-1:111122223333:datashare:n/s", "consumerIdentifier": "444455556666"}`, "arn:aws:redshift:eu-west-1:111122223333:datashare:n/s accounts 444455556666"},
	{"dynamodb/DeleteTable", `{"tableName": "orders"}`, "arn:aws:dynamodb:eu-west-1:111122223333:table/orders all"},
	{"kinesis/DeleteStream", `{"streamName": "clicks"}`, "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks all"},
	{"dsql/DeleteClusterPolicy", `{"identifier": "d"}`, "arn:aws:dsql:eu-west-1:111122223333:cluster/d policy all"},
	{"dsql/DeleteCluster", `{"identifier": "d"}`, "arn:aws:dsql:eu-west-1:111122223333:cluster/d all"},
	{"schemas/DeleteResourcePolicy", `{"registryName": "r"}`, "arn:aws:schemas:eu-west-1:111122223333:registry/r policy all"},
	{"es/DeleteDomain es/DeleteElasticsearchDomain", `{"domainName": "logs"}`, "arn:aws:es:eu-west-1:111122223333:domain/logs all"},
	{"es/RevokeVpcEndpointAccess", `{"domainName": "logs", "account": "444455556666"}`, "arn:aws:es:eu-west-1:111122223333:domain/logs accounts 444455556666"},
	{"aoss/DeleteAccessPolicy", `{"name": "p", "type": "data"}`, "arn:aws:aoss:eu-west-1:111122223333:access-policy/p policy all"},
	{"aoss/DeleteSecurityPolicy", `{"name": "p", "type": "network"}`, "arn:aws:aoss:eu-west-1:111122223333:security-policy/p network all"},

	{"lambda/RemovePermission20150331v2", `{"functionName": "pay", "statementId": "s1", "qualifier": "PROD"}`, "arn:aws:lambda:eu-west-1:111122223333:function:pay policy statement=s1 qualifier=PROD all"},
	{"lambda/DeleteFunction20150331", `{"functionName": "pay"}`, "arn:aws:lambda:eu-west-1:111122223333:function:pay all"},
	{"lambda/DeleteFunctionUrlConfig", `{"functionName": "pay"}`, "arn:aws:lambda:eu-west-1:111122223333:function:pay url all"},
	{"lambda/DeleteResourcePolicy", `{"resourceArn": "arn:aws:lambda:eu-west-1:111122223333:function:pay:PROD"}`, "arn:aws:lambda:eu-west-1:111122223333:function:pay policy qualifier=PROD all"},
	{"lambda/RemoveLayerVersionPermission20181031", `{"layerName": "base", "versionNumber": 3, "statementId": "s1"}`, "arn:aws:lambda:eu-west-1:111122223333:layer:base:3 policy statement=s1 all"},
	{"ecr/DeleteRepositoryPolicy", `{"repositoryName": "app", "registryId": "111122223333"}`, "arn:aws:ecr:eu-west-1:111122223333:repository/app policy all"},
	{"ecr/DeleteRepository", `{"repositoryName": "app"}`, "arn:aws:ecr:eu-west-1:111122223333:repository/app all"},
	{"ecr/DeleteRegistryPolicy", `{}`, "arn:aws:ecr:eu-west-1:111122223333:registry policy all"},
	{"ecr/DeleteRepositoryCreationTemplate", `{"prefix": "x"}`, "arn:aws:ecr:eu-west-1:111122223333:repository-creation-template/x all"},
	{"ecr-public/DeleteRepositoryPolicy", `{"repositoryName": "app"}`, "arn:aws:ecr-public::111122223333:repository/app policy all"},
	{"ecr-public/DeleteRepository", `{"repositoryName": "app"}`, "arn:aws:ecr-public::111122223333:repository/app all"},
	{"codeartifact/DeleteDomainPermissionsPolicy", `{"domain": "acme", "domainOwner": "111122223333"}`, "arn:aws:codeartifact:eu-west-1:111122223333:domain/acme policy all"},
	{"codeartifact/DeleteRepositoryPermissionsPolicy", `{"domain": "acme", "repository": "npm"}`, "arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/npm policy all"},
	{"codeartifact/DeleteDomain", `{"domain": "acme"}`, "arn:aws:codeartifact:eu-west-1:111122223333:domain/acme all"},
	{"codeartifact/DeleteRepository", `{"domain": "acme", "repository": "npm"}`, "arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/npm all"},
	{"signer/RemoveProfilePermission", `{"profileName": "p", "statementId": "s1", "revisionId": "r"}`, "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/p policy statement=s1 all"},
	{"ssm/ModifyDocumentPermission", `{"name": "patch", "permissionType": "Share", "accountIdsToRemove": ["444455556666", "all"]}`, "arn:aws:ssm:eu-west-1:111122223333:document/patch accounts 444455556666 everyone"},
	{"ssm/DeleteDocument", `{"name": "patch"}`, "arn:aws:ssm:eu-west-1:111122223333:document/patch all"},
	{"lex/DeleteResourcePolicyStatement", `{"resourceArn": "arn:aws:lex:eu-west-1:111122223333:bot/b", "statementId": "s1"}`, "arn:aws:lex:eu-west-1:111122223333:bot/b policy statement=s1 all"},
	{"entityresolution/DeletePolicyStatement", `{"arn": "arn:aws:entityresolution:eu-west-1:111122223333:matchingworkflow/w", "statementId": "s1"}`, "arn:aws:entityresolution:eu-west-1:111122223333:matchingworkflow/w policy statement=s1 all"},

	{"sns/RemovePermission", `{"topicArn": "arn:aws:sns:eu-west-1:111122223333:alarms", "label": "l1"}`, "arn:aws:sns:eu-west-1:111122223333:alarms policy statement=l1 all"},
	{"sns/DeleteTopic", `{"topicArn": "arn:aws:sns:eu-west-1:111122223333:alarms"}`, "arn:aws:sns:eu-west-1:111122223333:alarms all"},
	{"sqs/RemovePermission", `{"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders", "label": "l1"}`, "arn:aws:sqs:eu-west-1:111122223333:orders policy statement=l1 all"},
	{"sqs/DeleteQueue", `{"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"}`, "arn:aws:sqs:eu-west-1:111122223333:orders all"},
	{"events/RemovePermission", `{"statementId": "s1"}`, "arn:aws:events:eu-west-1:111122223333:event-bus/default policy statement=s1 all"},
	{"events/DeleteEventBus", `{"name": "main"}`, "arn:aws:events:eu-west-1:111122223333:event-bus/main all"},
	{"kafka/DeleteClusterPolicy", `{"clusterArn": "arn%3Aaws%3Akafka%3Aeu-west-1%3A111122223333%3Acluster%2Fc%2F1"}`, "arn:aws:kafka:eu-west-1:111122223333:cluster/c/1 policy all"},
	{"kafka/DeleteCluster", `{"clusterArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/c/1"}`, "arn:aws:kafka:eu-west-1:111122223333:cluster/c/1 all"},
	{"ses/DeleteIdentityPolicy", `{"identity": "example.com", "policyName": "p1"}`, "arn:aws:ses:eu-west-1:111122223333:identity/example.com policy statement=p1 all"},
	{"ses/DeleteEmailIdentityPolicy", `{"emailIdentity": "example.com", "policyName": "p1"}`, "arn:aws:ses:eu-west-1:111122223333:identity/example.com policy statement=p1 all"},
	{"ses/DeleteIdentity", `{"identity": "example.com"}`, "arn:aws:ses:eu-west-1:111122223333:identity/example.com all"},
	{"ses/DeleteEmailIdentity", `{"emailIdentity": "example.com"}`, "arn:aws:ses:eu-west-1:111122223333:identity/example.com all"},
	{"logs/DeleteResourcePolicy", `{"policyName": "p1"}`, "arn:aws:logs:eu-west-1:111122223333:resource-policy/p1 policy statement=p1 all"},
	{"logs/DeleteDestination", `{"destinationName": "d"}`, "arn:aws:logs:eu-west-1:111122223333:destination:d all"},
	{"logs/DeleteDeliveryDestinationPolicy", `{"deliveryDestinationName": "d"}`, "arn:aws:logs:eu-west-1:111122223333:delivery-destination:d policy all"},
	{"logs/DeleteSubscriptionFilter", `{"logGroupName": "/aws/g", "filterName": "f1"}`, "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/g subscription statement=f1 all"},
	{"xray/DeleteResourcePolicy", `{"policyName": "p1"}`, "arn:aws:xray:eu-west-1:111122223333:resource-policy/p1 policy all"},
	{"aps/DeleteResourcePolicy", `{"workspaceId": "w"}`, "arn:aws:aps:eu-west-1:111122223333:workspace/w policy all"},
	{"rum/DeleteResourcePolicy", `{"name": "m"}`, "arn:aws:rum:eu-west-1:111122223333:appmonitor/m policy all"},
	{"oam/DeleteSink", `{"identifier": "arn:aws:oam:eu-west-1:111122223333:sink/s"}`, "arn:aws:oam:eu-west-1:111122223333:sink/s all"},

	{"ec2/ModifyVpcEndpointServicePermissions", `{"ModifyVpcEndpointServicePermissionsRequest": {"ServiceId": "vpce-svc-1", "RemoveAllowedPrincipals": [{"tag": 1, "content": "arn:aws:iam::444455556666:root"}, {"tag": 2, "content": "arn:aws:iam::222233334444:user/eve"}]}}`,
		"arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint-service/vpce-svc-1 accounts 444455556666 arn:aws:iam::222233334444:user/eve"},
	{"ec2/DisableAddressTransfer", `{"allocationId": "eipalloc-1"}`, "arn:aws:ec2:eu-west-1:111122223333:elastic-ip/eipalloc-1 accounts all"},
	{"vpc-lattice/DeleteAuthPolicy", `{"resourceIdentifier": "svc-1"}`, "arn:aws:vpc-lattice:eu-west-1:111122223333:service/svc-1 policy all"},
	{"globalaccelerator/DeleteCrossAccountAttachment", `{"attachmentArn": "arn:aws:globalaccelerator::111122223333:attachment/a"}`, "arn:aws:globalaccelerator::111122223333:attachment/a all"},
	{"globalaccelerator/UpdateCrossAccountAttachment", `{"attachmentArn": "arn:aws:globalaccelerator::111122223333:attachment/a", "removePrincipals": ["444455556666"]}`, "arn:aws:globalaccelerator::111122223333:attachment/a accounts 444455556666"},
	{"apigateway/DeleteRestApi", `{"restApiId": "a1"}`, "arn:aws:apigateway:eu-west-1::/restapis/a1 all"},
}

// summary is what a closing says, in one line.
func summary(c Closing) string {
	all := []string{c.Resource}
	add := func(text string) {
		if text != "" {
			all = append(all, text)
		}
	}
	flag := func(is bool, text string) {
		if is {
			add(text)
		}
	}
	add(c.Means)
	flag(c.Statement != "", "statement="+c.Statement)
	flag(c.Qualifier != "", "qualifier="+c.Qualifier)
	for _, account := range append(slices.Clone(c.Accounts), c.Principals...) {
		add(account)
	}
	flag(c.Everyone, "everyone")
	flag(c.All, "all")
	flag(c.Replaces, "replaces")
	flag(c.Kept != nil, "but some")
	flag(c.Reversible, "reversible")
	return strings.Join(all, " ")
}

func TestEveryRowReadsAnEventAsCloudTrailWritesIt(t *testing.T) {
	seen := map[*Row]bool{}
	for _, c := range closings {
		for one := range strings.FieldsSeq(c.calls) {
			source, name, _ := strings.Cut(one, "/")
			seen[find([]byte(source+".amazonaws.com"), []byte(name))] = true
			text := text(source, name, `"requestParameters": `+c.parameters)
			for form, view := range map[string]func(testing.TB, string) *cloudtrail.Event{"raw": raw, "ecs": ecs} {
				t.Run(one+"/"+form, func(t *testing.T) {
					got, ok := Read(view(t, text))
					if !ok || summary(got) != c.want {
						t.Errorf("got %q, %v, want %q", summary(got), ok, c.want)
					}
				})
			}
			if !slices.ContainsFunc(Needles(), func(n needle.Needle) bool { return n.Text == name || n.Begins && strings.HasPrefix(name, n.Text) }) {
				t.Errorf("no needle finds %s", one)
			}
		}
	}
	for i := range Table {
		if !seen[&Table[i]] {
			t.Errorf("no event is of %s %s", Table[i].Source, Table[i].Name)
		}
	}
}

func TestTheTableHasEachCallOnceAndClosesWhatSomeCallOpens(t *testing.T) {
	opened, seen := map[string]bool{}, map[string]bool{}
	for i := range call.Table {
		c := &call.Table[i]
		by := meansOf(call.Find(c.Source, strings.TrimSuffix(c.Name, "*"))).name
		if by == "" {
			t.Errorf("%s %s opens by no means", c.Source, c.Name)
		}
		opened[c.Source+" "+by] = true
		opened[c.Source+" "] = true
	}
	for i := range Table {
		row := &Table[i]
		id := row.Source + " " + row.Name
		if seen[id] || row.Resource == "" || row.Basis == "" || row.From == "" {
			t.Errorf("%s is there twice, or lacks something", id)
		}
		seen[id] = true
		if !opened[row.Source+" "+row.Means] {
			t.Errorf("%s closes %q, by which nothing of its service is opened", id, row.Means)
		}
		if row.Means == "" && (row.Statement != "" || row.Principals != "") {
			t.Errorf("%s deletes a resource, and only a part of it", id)
		}
	}
	for key := range exceptions {
		source, name, _ := strings.Cut(key, " ")
		if call.Find(source+".amazonaws.com", strings.TrimSuffix(name, "*")) == nil {
			t.Errorf("%s is the exception of no call", key)
		}
	}
}

// Calls that replace are found by the needles of the calls that open.
func TestEveryCallThatReplacesIsFoundWhateverItOpens(t *testing.T) {
	for i := range call.Table {
		c := &call.Table[i]
		if !meansOf(c).replaces || len(c.Needles) == 0 {
			continue
		}
		t.Errorf("%s is found by %q only", c.Name, c.Needles)
	}
}
