// Package cloudtrail knows what an AWS CloudTrail event looks like: how it is
// wrapped on its way to a log collector ([Finder]), and by which ECS field
// names a detection rule asks about it ([Event], [LookupField]).
//
// Outside facts come from two sources: the CloudTrail user guide's record
// reference for the events, and the ingest pipeline of Elastic's AWS
// integration (packages/aws/data_stream/cloudtrail) for the meaning of each ECS
// name.
package cloudtrail
