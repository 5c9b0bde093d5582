package cloudtrail

import "github.com/trailwire/trailwire/detect/program"

// The fields that the program itself reads, whatever the rules ask for. Receiver is
// the account in which an event happened, Account that of its actor, which
// unlike cloud.account.id is nobody's where the event does not say.
var (
	FieldTimestamp      = LookupField("@timestamp")
	FieldEventID        = LookupField("event.id")
	FieldAction         = LookupField("event.action")
	FieldProvider       = LookupField("event.provider")
	FieldOutcome        = LookupField("event.outcome")
	FieldRegion         = LookupField("cloud.region")
	FieldAccount        = actorAccount()
	FieldReceiver       = LookupField("aws.cloudtrail.recipient_account_id")
	FieldActor          = LookupField("aws.cloudtrail.user_identity.arn")
	FieldActorType      = LookupField("aws.cloudtrail.user_identity.type")
	FieldActorName      = LookupField("user.name")
	FieldActorID        = LookupField("user.id")
	FieldAccessKeyID    = LookupField("aws.cloudtrail.user_identity.access_key_id")
	FieldInvokedBy      = LookupField("aws.cloudtrail.user_identity.invoked_by")
	FieldIssuer         = LookupField("aws.cloudtrail.user_identity.session_context.session_issuer.arn")
	FieldSourceIP       = LookupField("source.ip")
	FieldAddress        = LookupField("source.address")
	FieldUserAgent      = LookupField("user_agent.original")
	FieldRequest        = LookupField("aws.cloudtrail.request_parameters")
	FieldResponse       = LookupField("aws.cloudtrail.response_elements")
	FieldAdditional     = LookupField("aws.cloudtrail.additional_eventdata")
	FieldServiceDetails = LookupField("aws.cloudtrail.service_event_details")
	FieldRequestID      = LookupField("aws.cloudtrail.request_id")
	FieldSharedEventID  = LookupField("aws.cloudtrail.shared_event_id")

	// What the session of the actor says, and how a sign-in to the console was made.
	FieldMFA            = LookupField("aws.cloudtrail.user_identity.session_context.mfa_authenticated")
	FieldSessionCreated = LookupField("aws.cloudtrail.user_identity.session_context.creation_date")
	FieldLoginMFA       = LookupField("aws.cloudtrail.console_login.additional_eventdata.mfa_used")
	FieldCategory       = LookupField("event.category")
	FieldKind           = LookupField("event.type")
	FieldRelatedUsers   = LookupField("related.user")
	FieldEventCategory  = LookupField("aws.cloudtrail.event_category")

	FieldResourceARNs     = LookupField("aws.cloudtrail.resources.arn")
	FieldResourceAccounts = LookupField("aws.cloudtrail.resources.account_id")
)

// Elastic's pipeline has no field for these members of userIdentity: they are called
// by CloudTrail's own path, and an ECS document has them under it at most.
var (
	FieldOnBehalfOf       = ofUserIdentity("onBehalfOf.userId")
	FieldIdentityStore    = ofUserIdentity("onBehalfOf.identityStoreArn")
	FieldIdentityProvider = ofUserIdentity("identityProvider")
)

func ofUserIdentity(path string) Field {
	f := inside(topUserIdentity, "userIdentity", path)
	f.name = f.from
	return f
}

func actorAccount() Field {
	f := inside(topUserIdentity, "userIdentity", "accountId").is(program.Keyword)
	f.name = "cloud.account.id"
	return f
}
