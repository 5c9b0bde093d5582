package use

import "github.com/trailwire/trailwire/detect/grant/call"

var queueUses = rowsOf(Row{
	Source: "sqs.amazonaws.com", Action: "sqs", Kind: call.KindMessage, Type: "AWS::SQS::Queue", Noun: "SQS queue",
	Resource: "resources | arn:{partition}:sqs:{region}:{account}:{queueUrl} | arn:{partition}:sqs:{region}:{account}:{queueName}", Owner: "queueOwnerAWSAccountId",
	Basis: call.BasisDocument, From: "SQS Developer Guide, \"Logging Amazon SQS API calls using AWS CloudTrail\", for the data event; the caller's identity is a guess",
}, []action{
	{"ReceiveMessage", "ReceiveMessage", true}, {"SendMessage", "SendMessage", false}, {"SendMessageBatch", "SendMessage", false},
	{"DeleteMessage", "DeleteMessage", false}, {"DeleteMessageBatch", "DeleteMessage", false}, {"PurgeQueue", "PurgeQueue", false},
	{"ChangeMessageVisibility", "ChangeMessageVisibility", false}, {"ChangeMessageVisibilityBatch", "ChangeMessageVisibility", false},
	{"GetQueueAttributes", "GetQueueAttributes", false}, {"GetQueueUrl", "GetQueueUrl", false},
})

// A subscription takes out every message from then on, of which no event tells.
var topicUses = rowsOf(Row{
	Source: "sns.amazonaws.com", Action: "sns", Kind: call.KindMessage, Type: "AWS::SNS::Topic", Noun: "SNS topic",
	Resource: "resources | topicArn | targetArn",
	Basis:    call.BasisDocument, From: "SNS Developer Guide, \"Logging AWS SNS API calls using AWS CloudTrail\"; the caller's identity is a guess",
}, []action{
	{"Subscribe", "Subscribe", true}, {"Publish", "Publish", false}, {"PublishBatch", "Publish", false},
})

var busUses = rowsOf(Row{
	Source: "events.amazonaws.com", Action: "events", Kind: call.KindMessage, Type: "AWS::Events::EventBus", Noun: "event bus",
	Resource: "resources | entries.eventBusName",
	Basis:    BasisGuess, From: "eventbridge/2015-10-07; the event of another account has not been seen",
}, []action{
	{"PutEvents", "PutEvents", false}, {"PutRule", "PutRule", false},
})

var mailUses = rowsOf(Row{
	Source: "ses.amazonaws.com", Action: "ses", Kind: call.KindMessage, Type: "AWS::SES::EmailIdentity", Noun: "SES identity",
	Resource: "resources | fromEmailAddressIdentityArn | sourceArn | fromArn",
	Basis:    BasisGuess, From: "email/2010-12-01 and sesv2/2019-09-27; that the owner gets the event has not been seen",
}, []action{
	{"SendEmail", "SendEmail", false}, {"SendRawEmail", "SendRawEmail", false}, {"SendTemplatedEmail", "SendTemplatedEmail", false}, {"SendBulkEmail", "SendBulkEmail", false},
})
