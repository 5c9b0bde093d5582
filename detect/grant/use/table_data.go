package use

import (
	"slices"

	"github.com/trailwire/trailwire/detect/grant/call"
)

// object is what the uses of a bucket have in common. The bucket's name may be the ARN
// of an access point.
var object = Row{
	Source: "s3.amazonaws.com", Action: "s3", Kind: call.KindData, Type: "AWS::S3::Bucket", Noun: "S3 bucket",
	Resource: "resources | arn:{partition}:s3:::{bucketName}/{key} | arn:{partition}:s3:::{bucketName}",
	Basis:    call.BasisDocument, From: "S3 User Guide, \"Amazon S3 CloudTrail events\": the owner of the bucket gets the requester's event",
}

var objectUses = slices.Concat(rowsOf(object, []action{
	{"GetObject", "GetObject", true}, {"GetObjectTorrent", "GetObjectTorrent", true}, {"SelectObjectContent", "GetObject", true},
	{"HeadObject", "GetObject", false}, {"GetObjectAcl", "GetObjectAcl", false}, {"GetObjectAttributes", "GetObjectAttributes", false},
	{"GetObjectTagging", "GetObjectTagging", false},
	{"ListObjects", "ListBucket", false}, {"ListObjectsV2", "ListBucket", false}, {"ListObjectVersions", "ListBucketVersions", false},
	{"HeadBucket", "ListBucket", false},
	{"PutObject", "PutObject", false}, {"PutObjectAcl", "PutObjectAcl", false}, {"PutObjectTagging", "PutObjectTagging", false},
	{"CreateMultipartUpload", "PutObject", false}, {"UploadPart", "PutObject", false}, {"CompleteMultipartUpload", "PutObject", false},
	{"RestoreObject", "RestoreObject", false}, {"DeleteObject", "DeleteObject", false}, {"DeleteObjects", "DeleteObject", false},
	{"CreateSession", "CreateSession", false},
}), rowsOf(withCopySource(object), []action{
	{"CopyObject", "GetObject", true}, {"UploadPartCopy", "GetObject", true},
}))

// withCopySource adds the bucket that a copy is made of. An event of a copy does not
// say which of the two buckets the owner's is: the copy counts as a read.
func withCopySource(row Row) Row {
	row.Resource += " | x-amz-copy-source | arn:{partition}:s3:::{x-amz-copy-source}"
	row.Basis, row.From = BasisGuess, "s3/2006-03-01; which of the two owners gets the event has not been seen"
	return row
}

// snapshotUses are the events that EC2 writes into the trail of a snapshot's owner,
// of which the parameters are null (EC2 User Guide, "View snapshots that are shared").
// The others are calls in the trail of who restores: the owner's has nothing.
var snapshotUses = slices.Concat(rowsOf(Row{
	Source: "ec2.amazonaws.com", Action: "ec2", Kind: call.KindData, Type: "AWS::EC2::Snapshot", Noun: "EBS snapshot",
	Resource: "arn:{partition}:ec2:{region}:{account}:snapshot/{serviceEventDetails.snapshotId}",
	Basis:    call.BasisEvent, From: "data set of Invictus IR; sample of Stratus Red Team",
}, []action{
	{"SharedSnapshotCopyInitiated", "CopySnapshot", true}, {"SharedSnapshotVolumeCreated", "CreateVolume", true},
}), rowsOf(Row{
	Source: "ebs.amazonaws.com", Action: "ebs", Kind: call.KindData, Type: "AWS::EC2::Snapshot", Noun: "EBS snapshot",
	Resource: "resources | arn:{partition}:ec2:{region}:{account}:snapshot/{snapshotId} | arn:{partition}:ec2:{region}:{account}:snapshot/{secondSnapshotId}",
	Basis:    BasisGuess, From: "EBS User Guide for the caller's event; that the owner gets it has not been seen",
}, []action{
	{"GetSnapshotBlock", "GetSnapshotBlock", true}, {"ListSnapshotBlocks", "ListSnapshotBlocks", true}, {"ListChangedBlocks", "ListChangedBlocks", true},
}), []Row{
	restore("rds.amazonaws.com", "CopyDBSnapshot", "AWS::RDS::DBSnapshot", "RDS snapshot", "sourceDBSnapshotIdentifier"),
	restore("rds.amazonaws.com", "RestoreDBInstanceFromDBSnapshot", "AWS::RDS::DBSnapshot", "RDS snapshot", "dBSnapshotIdentifier"),
	restore("rds.amazonaws.com", "CopyDBClusterSnapshot", "AWS::RDS::DBClusterSnapshot", "Aurora snapshot", "sourceDBClusterSnapshotIdentifier"),
	restore("rds.amazonaws.com", "RestoreDBClusterFromSnapshot", "AWS::RDS::DBClusterSnapshot", "Aurora snapshot", "snapshotIdentifier"),
	restore("redshift.amazonaws.com", "RestoreFromClusterSnapshot", "AWS::Redshift::ClusterSnapshot", "Redshift snapshot",
		"snapshotArn | arn:{partition}:redshift:{region}:{ownerAccount}:snapshot:{snapshotClusterIdentifier}/{snapshotIdentifier}"),
})

// restore is a call in the trail of who restores a shared snapshot or copies it.
func restore(source, name, kind, noun, resource string) Row {
	service := "rds"
	if source == "redshift.amazonaws.com" {
		service = "redshift"
	}
	return Row{
		Source: source, Name: name, Action: service + ":" + name, Kind: call.KindData, Type: kind, Noun: noun, TakesOut: true,
		Resource: resource, CallersTrail: true, Basis: call.BasisModel, From: "the API's model: a shared snapshot is named by its ARN, or with its owner",
	}
}

var table = Row{
	Source: "dynamodb.amazonaws.com", Action: "dynamodb", Kind: call.KindData, Type: "AWS::DynamoDB::Table", Noun: "DynamoDB table",
	Resource: "resources | tableArn | arn:{partition}:dynamodb:{region}:{account}:table/{tableName}",
	Basis:    BasisGuess, From: "dynamodb/2012-08-10; the identity in the owner's event has not been seen",
}

var tableUses = slices.Concat(rowsOf(table, []action{
	{"GetItem", "GetItem", true}, {"BatchGetItem", "BatchGetItem", true}, {"TransactGetItems", "GetItem", true}, {"Query", "Query", true},
	{"Scan", "Scan", true}, {"ExecuteStatement", "PartiQLSelect", true}, {"BatchExecuteStatement", "PartiQLSelect", true},
	{"ExecuteTransaction", "PartiQLSelect", true}, {"ExportTableToPointInTime", "ExportTableToPointInTime", true},
	{"PutItem", "PutItem", false}, {"UpdateItem", "UpdateItem", false}, {"DeleteItem", "DeleteItem", false},
	{"BatchWriteItem", "BatchWriteItem", false}, {"TransactWriteItems", "PutItem", false}, {"DescribeTable", "DescribeTable", false},
}), rowsOf(func(r Row) Row {
	r.Type, r.Noun, r.Resource = "AWS::DynamoDB::Stream", "DynamoDB stream", "resources | streamArn"
	return r
}(table), []action{
	{"GetRecords", "GetRecords", true}, {"GetShardIterator", "GetShardIterator", false}, {"DescribeStream", "DescribeStream", false},
}))

var streamUses = rowsOf(Row{
	Source: "kinesis.amazonaws.com", Action: "kinesis", Kind: call.KindData, Type: "AWS::Kinesis::Stream", Noun: "Kinesis stream",
	Resource: "resources | streamARN | consumerARN | arn:{partition}:kinesis:{region}:{account}:stream/{streamName}",
	Basis:    BasisGuess, From: "kinesis/2013-12-02; the identity in the owner's event has not been seen",
}, []action{
	{"GetRecords", "GetRecords", true}, {"SubscribeToShard", "SubscribeToShard", true}, {"GetShardIterator", "GetShardIterator", false},
	{"PutRecord", "PutRecord", false}, {"PutRecords", "PutRecords", false}, {"DescribeStream", "DescribeStream", false},
	{"DescribeStreamSummary", "DescribeStreamSummary", false}, {"ListShards", "ListShards", false},
})

// catalog is what the reads of a data catalog have in common. A grant may be on the
// table, the database or the catalog.
var catalog = Row{
	Source: "glue.amazonaws.com", Action: "glue", Kind: call.KindData, Type: "AWS::Glue::Catalog", Noun: "Glue catalog", Owner: "catalogId",
	Resource: "arn:{partition}:glue:{region}:{account}:table/{databaseName}/{tableName} | arn:{partition}:glue:{region}:{account}:table/{databaseName}/{name} | " +
		"arn:{partition}:glue:{region}:{account}:database/{databaseName} | arn:{partition}:glue:{region}:{account}:catalog",
	Basis: call.BasisDocument, From: "Lake Formation Developer Guide, \"Cross-account CloudTrail logging\"",
}

var catalogUses = slices.Concat(rowsOf(catalog, []action{
	{"GetTable", "GetTable", false}, {"GetTables", "GetTables", false}, {"GetPartition", "GetPartition", false}, {"GetPartitions", "GetPartitions", false},
	{"BatchGetPartition", "BatchGetPartition", false}, {"GetTableVersions", "GetTableVersions", false}, {"GetDatabases", "GetDatabases", false},
	{"SearchTables", "SearchTables", false}, {"UpdateTable", "UpdateTable", false}, {"DeleteTable", "DeleteTable", false},
}), []Row{{
	Source: "glue.amazonaws.com", Name: "GetDatabase", Action: "glue:GetDatabase", Kind: call.KindData, Type: "AWS::Glue::Catalog", Noun: "Glue catalog", Owner: "catalogId",
	Resource: "arn:{partition}:glue:{region}:{account}:database/{name} | arn:{partition}:glue:{region}:{account}:catalog",
	Basis:    call.BasisDocument, From: "Lake Formation Developer Guide, \"Cross-account CloudTrail logging\"",
}, {
	Source: "lakeformation.amazonaws.com", Name: "GetDataAccess", Action: "lakeformation:GetDataAccess", TakesOut: true,
	Kind: call.KindData, Type: "AWS::Glue::Catalog", Noun: "data lake table",
	Resource: "resources | tableArn | arn:{partition}:glue:{region}:{account}:catalog",
	Basis:    call.BasisDocument, From: "Lake Formation Developer Guide, \"Cross-account CloudTrail logging\"",
}})

// fileUses are events that EFS writes where a client signs in with IAM.
var fileUses = rowsOf(Row{
	Source: "elasticfilesystem.amazonaws.com", Action: "elasticfilesystem", Kind: call.KindData, Type: "AWS::EFS::FileSystem", Noun: "EFS file system",
	Resource: "resources | arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{serviceEventDetails.fileSystemId}",
	Basis:    call.BasisDocument, From: "EFS User Guide, \"Logging Amazon EFS API calls with AWS CloudTrail\"; a fixture of cloudtrail-rs for the identity",
}, []action{
	{"NewClientConnection", "ClientMount", true}, {"UpdateClientConnection", "ClientMount", false},
})

var archiveUses = rowsOf(Row{
	Source: "glacier.amazonaws.com", Action: "glacier", Kind: call.KindData, Type: "AWS::Glacier::Vault", Noun: "Glacier vault",
	Resource: "resources | arn:{partition}:glacier:{region}:{account}:vaults/{vaultName}", Owner: "accountId",
	Basis: BasisGuess, From: "glacier/2012-06-01; the event of another account has not been seen",
}, []action{
	{"InitiateJob", "InitiateJob", false}, {"GetJobOutput", "GetJobOutput", true}, {"UploadArchive", "UploadArchive", false}, {"DeleteArchive", "DeleteArchive", false},
})
