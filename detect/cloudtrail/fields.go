package cloudtrail

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/geoip"
	"github.com/trailwire/trailwire/detect/program"
)

// The members of a CloudTrail event that fields are read from. An event is
// indexed by them once, when it is reset.
const (
	topAdditionalEventData = iota
	topAPIVersion
	topAWSRegion
	topErrorCode
	topErrorMessage
	topEventCategory
	topEventID
	topEventName
	topEventSource
	topEventTime
	topEventType
	topEventVersion
	topInsightDetails
	topManagementEvent
	topReadOnly
	topRecipientAccountID
	topRequestID
	topRequestParameters
	topResources
	topResponseElements
	topServiceEventDetails
	topSessionCredentialFromConsole
	topSharedEventID
	topSourceIPAddress
	topTLSDetails
	topUserAgent
	topUserIdentity
	topVPCEndpointID
	topKeys
)

func topKey(key []byte) int {
	switch string(key) {
	case "additionalEventData":
		return topAdditionalEventData
	case "apiVersion":
		return topAPIVersion
	case "awsRegion":
		return topAWSRegion
	case "errorCode":
		return topErrorCode
	case "errorMessage":
		return topErrorMessage
	case "eventCategory":
		return topEventCategory
	case "eventID":
		return topEventID
	case "eventName":
		return topEventName
	case "eventSource":
		return topEventSource
	case "eventTime":
		return topEventTime
	case "eventType":
		return topEventType
	case "eventVersion":
		return topEventVersion
	case "insightDetails":
		return topInsightDetails
	case "managementEvent":
		return topManagementEvent
	case "readOnly":
		return topReadOnly
	case "recipientAccountId":
		return topRecipientAccountID
	case "requestID":
		return topRequestID
	case "requestParameters":
		return topRequestParameters
	case "resources":
		return topResources
	case "responseElements":
		return topResponseElements
	case "serviceEventDetails":
		return topServiceEventDetails
	case "sessionCredentialFromConsole":
		return topSessionCredentialFromConsole
	case "sharedEventID":
		return topSharedEventID
	case "sourceIPAddress":
		return topSourceIPAddress
	case "tlsDetails":
		return topTLSDetails
	case "userAgent":
		return topUserAgent
	case "userIdentity":
		return topUserIdentity
	case "vpcEndpointId":
		return topVPCEndpointID
	}
	return -1
}

// lowerTopKeys are the members by their names in lower case, which Athena's tables
// have.
var lowerTopKeys = map[string]int{
	"additionaleventdata": topAdditionalEventData, "apiversion": topAPIVersion, "awsregion": topAWSRegion,
	"errorcode": topErrorCode, "errormessage": topErrorMessage, "eventcategory": topEventCategory,
	"eventid": topEventID, "eventname": topEventName, "eventsource": topEventSource, "eventtime": topEventTime,
	"eventtype": topEventType, "eventversion": topEventVersion, "insightdetails": topInsightDetails, "managementevent": topManagementEvent,
	"readonly": topReadOnly, "recipientaccountid": topRecipientAccountID, "requestid": topRequestID,
	"requestparameters": topRequestParameters, "resources": topResources, "responseelements": topResponseElements,
	"serviceeventdetails": topServiceEventDetails, "sessioncredentialfromconsole": topSessionCredentialFromConsole,
	"sharedeventid": topSharedEventID, "sourceipaddress": topSourceIPAddress, "tlsdetails": topTLSDetails,
	"useragent": topUserAgent, "useridentity": topUserIdentity, "vpcendpointid": topVPCEndpointID,
}

// The members that are stored as Java text.
const (
	textRequestParameters = iota
	textResponseElements
	textAdditionalEventData
	textServiceEventDetails
	textKeys
)

var javaTextTop = [textKeys]int{
	textRequestParameters:   topRequestParameters,
	textResponseElements:    topResponseElements,
	textAdditionalEventData: topAdditionalEventData,
	textServiceEventDetails: topServiceEventDetails,
}

// Field is an ECS field name, resolved once so that asking an event for it
// needs no lookup. The zero Field is unknown to every event.
type Field struct {
	// What it takes to read it, which is together since that is done for each event.
	direct direct // where a raw event mostly has it
	leaves bool   // it is all that is below its path
	grant  GrantField
	story  StoryField
	typ    program.FieldType
	raw    func(*Event, source) program.Value
	source // of the field in a raw event

	name     string
	from     string
	absent   string // why no raw event has it
	database string // in which it is looked up
}

// source is where in a raw event a field is: a member, and a path below it. It is small, since it is
// handed on for each field that is read; a Field is not.
type source struct {
	top   int
	path  string
	trace Trace
}

// Trace says where the text of a field can be found in the bytes of an event.
// The prefilter relies on it.
type Trace uint8

const (
	// Nowhere: the value is a constant or computed.
	Nowhere Trace = iota
	// Verbatim: the event has the value as it is.
	Verbatim
	// JavaText: the value is rendered from a structure of the event. What is
	// between its separators is in the event as it is.
	JavaText
)

// Grant returns what the field says of the call's grants, 0 if it is another
// field. An event alone does not answer it: see [GrantField].
func (f Field) Grant() GrantField { return f.grant }

// Story returns what the field says of a grant that was used or closed, 0 if it is
// another field. An event alone does not answer it: see [StoryField].
func (f Field) Story() StoryField { return f.story }

// Cost is about what it takes to read the field from an event, where to read a member of the
// event is 1.
func (f Field) Cost() int {
	switch {
	case f.grant != 0 || f.story != 0:
		return 100
	case isFlattened(f.from) || f.leaves:
		return 15
	case f.trace == JavaText:
		return 30
	case f.top == topUserIdentity:
		return 4
	}
	return 1
}

// Name returns the ECS name.
func (f Field) Name() string { return f.name }

// Type is the type that Elastic's index mapping gives the field.
func (f Field) Type() program.FieldType { return f.typ }

// Absent says why no raw event has a field that Elastic's integration knows. It is
// empty for all others.
func (f Field) Absent() string { return f.absent }

// From says in words where the field comes from in a raw event: "eventSource",
// "the constant aws.cloudtrail". It is empty for a field that no raw event
// has.
func (f Field) From() string { return f.from }

// Trace says where the text of the field can be found in the bytes of an
// event, raw or ECS.
func (f Field) Trace() Trace { return f.trace }

// mapping is the one table from ECS names to CloudTrail's, after Elastic's
// aws.cloudtrail ingest pipeline (packages of August 2026). ECS documents are read
// by the name itself. A field is a keyword unless the table says otherwise.
var mapping = map[string]Field{
	"@timestamp":            member(topEventTime, "eventTime").is(program.Date),
	"event.provider":        member(topEventSource, "eventSource"),
	"event.action":          member(topEventName, "eventName"),
	"event.id":              member(topEventID, "eventID"),
	"event.outcome":         computed("errorCode, errorMessage; responseElements.ConsoleLogin of a ConsoleLogin", outcome),
	"event.kind":            constant("event"),
	"event.type":            computed("info, or eventName through a table", eventType),
	"event.category":        computed("eventName through a table", eventCategory),
	"event.dataset":         constant("aws.cloudtrail"),
	"event.module":          constant("aws"),
	"data_stream.dataset":   constant("aws.cloudtrail"),
	"data_stream.type":      constant("logs"),
	"data_stream.namespace": constant("default"),
	"ecs.version":           constant("8.11.0"),
	"cloud.provider":        constant("aws"),
	"cloud.region":          member(topAWSRegion, "awsRegion"),
	"cloud.account.id":      found("userIdentity.accountId, else recipientAccountId", cloudAccount),
	"source.address":        member(topSourceIPAddress, "sourceIPAddress"),
	"source.ip":             found("sourceIPAddress, where it is an address", sourceIP).is(program.IP),

	"source.as.number":            lookedUp(asnDatabase, asNumber).is(program.Long),
	"source.as.organization.name": placeName(asnDatabase, func(p *geoip.Place) []byte { return p.ASOrganization }),
	"source.geo.city_name":        placeName(geoDatabase, func(p *geoip.Place) []byte { return p.City }),
	"source.geo.country_name":     placeName(geoDatabase, func(p *geoip.Place) []byte { return p.Country }),
	"source.geo.country_iso_code": placeName(geoDatabase, func(p *geoip.Place) []byte { return p.CountryISO }),
	"source.geo.continent_name":   placeName(geoDatabase, func(p *geoip.Place) []byte { return p.Continent }),
	"source.geo.region_name":      placeName(geoDatabase, func(p *geoip.Place) []byte { return p.Region }),
	"source.geo.region_iso_code":  placeName(geoDatabase, func(p *geoip.Place) []byte { return p.RegionISO }),

	"user_agent.original": member(topUserAgent, "userAgent"),
	"user.name":           found("userIdentity.userName, else or of a session userIdentity.sessionContext.sessionIssuer.userName; additionalEventData.UserName of a UserAuthentication without", userName),
	"user.email":          found("user.name, where it has an @", userEmail),
	"related.ip":          found("sourceIPAddress, where it is an address", sourceIP).is(program.IP),
	"related.user":        computed("every name and id of a user in the event", relatedUsers),
	"user.id":             found("userIdentity.principalId, else of an IdentityCenterUser userIdentity.onBehalfOf.userId", userID),
	"user.target.name":    inside(topRequestParameters, "requestParameters", "userName"),
	"user.changes.name":   inside(topRequestParameters, "requestParameters", "newUserName"),
	"user.target.id":      inside(topResponseElements, "responseElements", "user.userId"),
	"group.name":          inside(topRequestParameters, "requestParameters", "groupName"),
	"group.id":            inside(topResponseElements, "responseElements", "group.groupId"),

	"aws.cloudtrail.event_version":                   member(topEventVersion, "eventVersion"),
	"aws.cloudtrail.event_type":                      member(topEventType, "eventType"),
	"aws.cloudtrail.event_category":                  member(topEventCategory, "eventCategory"),
	"aws.cloudtrail.error_code":                      member(topErrorCode, "errorCode"),
	"aws.cloudtrail.error_message":                   member(topErrorMessage, "errorMessage"),
	"aws.cloudtrail.request_id":                      member(topRequestID, "requestID"),
	"aws.cloudtrail.api_version":                     member(topAPIVersion, "apiVersion"),
	"aws.cloudtrail.management_event":                member(topManagementEvent, "managementEvent"),
	"aws.cloudtrail.read_only":                       member(topReadOnly, "readOnly").is(program.Boolean),
	"aws.cloudtrail.recipient_account_id":            member(topRecipientAccountID, "recipientAccountId"),
	"aws.cloudtrail.shared_event_id":                 member(topSharedEventID, "sharedEventID"),
	"aws.cloudtrail.vpc_endpoint_id":                 member(topVPCEndpointID, "vpcEndpointId"),
	"aws.cloudtrail.session_credential_from_console": member(topSessionCredentialFromConsole, "sessionCredentialFromConsole"),
	"aws.cloudtrail.resources.arn":                   found("resources[].ARN", resource("ARN", "arn")),
	"aws.cloudtrail.resources.account_id":            found("resources[].accountId", resource("accountId", "account_id", "accountid")),
	"aws.cloudtrail.resources.type":                  inside(topResources, "resources", "type"),

	"aws.cloudtrail.request_parameters":    rendered(textRequestParameters, "requestParameters"),
	"aws.cloudtrail.response_elements":     rendered(textResponseElements, "responseElements"),
	"aws.cloudtrail.additional_eventdata":  rendered(textAdditionalEventData, "additionalEventData"),
	"aws.cloudtrail.service_event_details": rendered(textServiceEventDetails, "serviceEventDetails"),

	"aws.cloudtrail.user_identity.type":                                        inside(topUserIdentity, "userIdentity", "type"),
	"aws.cloudtrail.user_identity.arn":                                         inside(topUserIdentity, "userIdentity", "arn"),
	"aws.cloudtrail.user_identity.access_key_id":                               inside(topUserIdentity, "userIdentity", "accessKeyId"),
	"aws.cloudtrail.user_identity.invoked_by":                                  inside(topUserIdentity, "userIdentity", "invokedBy"),
	"aws.cloudtrail.user_identity.session_context.mfa_authenticated":           inside(topUserIdentity, "userIdentity", "sessionContext.attributes.mfaAuthenticated"),
	"aws.cloudtrail.user_identity.session_context.creation_date":               inside(topUserIdentity, "userIdentity", "sessionContext.attributes.creationDate").is(program.Date),
	"aws.cloudtrail.user_identity.session_context.session_issuer.type":         inside(topUserIdentity, "userIdentity", "sessionContext.sessionIssuer.type"),
	"aws.cloudtrail.user_identity.session_context.session_issuer.principal_id": inside(topUserIdentity, "userIdentity", "sessionContext.sessionIssuer.principalId"),
	"aws.cloudtrail.user_identity.session_context.session_issuer.arn":          inside(topUserIdentity, "userIdentity", "sessionContext.sessionIssuer.arn"),
	"aws.cloudtrail.user_identity.session_context.session_issuer.account_id":   inside(topUserIdentity, "userIdentity", "sessionContext.sessionIssuer.accountId"),

	"aws.cloudtrail.console_login.additional_eventdata.login_to":       onConsoleLogin("LoginTo", false),
	"aws.cloudtrail.console_login.additional_eventdata.mfa_used":       onConsoleLogin("MFAUsed", true).is(program.Boolean),
	"aws.cloudtrail.console_login.additional_eventdata.mobile_version": onConsoleLogin("MobileVersion", true).is(program.Boolean),

	"tls.version":            computed("tlsDetails.tlsVersion after the v, or all of it without one", tlsVersion),
	"tls.version_protocol":   computed("tlsDetails.tlsVersion before the v, in lower case", tlsProtocol),
	"tls.cipher":             inside(topTLSDetails, "tlsDetails", "cipherSuite"),
	"tls.client.server_name": inside(topTLSDetails, "tlsDetails", "clientProvidedHostHeader"),
}

// flattened are the structures that keep their members' own names below an
// ECS prefix.
var flattened = []struct {
	prefix string
	top    int
	from   string
}{
	{"aws.cloudtrail.flattened.request_parameters.", topRequestParameters, "requestParameters"},
	{"aws.cloudtrail.flattened.response_elements.", topResponseElements, "responseElements"},
	{"aws.cloudtrail.flattened.additional_eventdata.", topAdditionalEventData, "additionalEventData"},
	{"aws.cloudtrail.flattened.service_event_details.", topServiceEventDetails, "serviceEventDetails"},
	{"aws.cloudtrail.flattened.insight_details.", topInsightDetails, "insightDetails"},
}

// LookupField resolves an ECS name. Every name is a field: one that Elastic's
// pipeline does not fill is null in a raw event, and read as it stands in an
// ECS document.
func LookupField(name string) Field {
	f, ok := lookupField(name)
	if !ok {
		f = Field{source: source{trace: Verbatim}}
	}
	f.name = name
	return f
}

func lookupField(name string) (Field, bool) {
	if f, ok := lookupGrantField(name); ok {
		return f.is(program.Keyword), true
	}
	if f, ok := lookupStoryField(name); ok {
		return f, true
	}
	if f, ok := mapping[name]; ok {
		if f.typ == program.Unmapped {
			f.typ = program.Keyword
		}
		return f, true
	}
	for _, flat := range flattened {
		if member, found := strings.CutPrefix(name, flat.prefix); found {
			return inside(flat.top, flat.from, member).is(program.Flattened), true
		}
		if name+"." == flat.prefix {
			return everyLeaf(flat.top, flat.from), true
		}
	}
	return lookupAbsent(name)
}

// TypeOf returns the type of the field with an ECS name: [program.Unmapped] for one
// that Elastic's integration does not know.
func TypeOf(name string) program.FieldType { return LookupField(name).Type() }

// KnownFields returns the ECS names that raw events answer, in no order;
// aws.cloudtrail.flattened.* comes on top, and so do trailwire.grant.*, trailwire.use.* and
// trailwire.closing.*, which take more than an event to answer.
func KnownFields() []string {
	names := make([]string, 0, len(mapping))
	for name := range mapping {
		names = append(names, name)
	}
	return names
}

// SearchableFields returns the names of all fields that Elastic's integration knows and
// that a query can compare, in no order. Leaves of flattened structures have no list.
func SearchableFields() []string {
	names := append(append(KnownFields(), GrantFieldNames()...), StoryFieldNames()...)
	for _, flat := range flattened {
		names = append(names, strings.TrimSuffix(flat.prefix, "."))
	}
	for name, row := range absent {
		if row.typ != program.FullText && row.typ != program.GeoPoint {
			names = append(names, name)
		}
	}
	return names
}

// is gives the field a type.
func (f Field) is(t program.FieldType) Field {
	f.typ = t
	return f
}

// everyLeaf is a structure that is searched as a whole: each value in it is one of the
// field's.
func everyLeaf(top int, from string) Field {
	return Field{
		from: "every value in " + from, source: source{top: top, trace: Verbatim}, typ: program.Flattened, leaves: true,
		raw: func(e *Event, s source) program.Value { return e.everyLeaf(e.member(s.top), "") },
	}
}

// member is a member of the event itself.
func member(top int, from string) Field {
	return Field{from: from, source: source{top: top, trace: Verbatim}, raw: readPath, direct: directly(top, "")}
}

// inside is a member at a path below one of the event's members.
func inside(top int, from, path string) Field {
	return Field{from: from + "." + path, source: source{top, path, Verbatim}, raw: readPath, direct: directly(top, path)}
}

func readPath(e *Event, s source) program.Value {
	if s.path == "" {
		return e.at(e.member(s.top), "")
	}
	return e.inside(s.top, s.path)
}

// rendered is one of the structures that become Java text.
func rendered(text int, from string) Field {
	return Field{
		from:   from + ", as Java text",
		source: source{trace: JavaText},
		raw:    func(e *Event, _ source) program.Value { return e.javaTextOf(text) },
	}
}

func constant(value string) Field {
	v := program.Text([]byte(value))
	return Field{
		from: "the constant " + value,
		raw:  func(*Event, source) program.Value { return v },
	}
}

func computed(from string, value func(*Event) program.Value) Field {
	return Field{from: from, raw: func(e *Event, _ source) program.Value { return value(e) }}
}

// found is a value of the event, at a place that has to be looked for.
func found(from string, value func(*Event) program.Value) Field {
	f := computed(from, value)
	f.trace = Verbatim
	return f
}

var (
	success = program.Text([]byte("success"))
	failure = program.Text([]byte("failure"))
)

// outcome is failure if the event carries an error that is not empty. A
// ConsoleLogin says Success or Failure itself.
func outcome(e *Event) program.Value {
	if e.named("ConsoleLogin") {
		if result, ok := document.GetText(e.member(topResponseElements), "ConsoleLogin"); ok && len(result) > 0 {
			return program.Text(bytes.ToLower(result))
		}
	}
	if present(e.top[topErrorCode]) || present(e.top[topErrorMessage]) {
		return failure
	}
	return success
}

// present reports whether Elastic's pipeline would keep the value: it drops
// nulls, empty strings, and maps and lists that are empty after that.
func present(value []byte) bool {
	switch document.KindOf(value) {
	case document.KindInvalid, document.KindNil:
		return false
	case document.KindText:
		text, _ := document.Text(value)
		return !document.IsDropped(text)
	case document.KindMap, document.KindArray:
		_, some, err := document.AppendJavaText(nil, value)
		return some || err != nil
	}
	return true
}

func sourceIP(e *Event) program.Value {
	text, ok := document.Text(e.top[topSourceIPAddress])
	if !ok || !isAddress(text) {
		return program.Null()
	}
	return program.Text(text)
}

// isAddress reports whether text is an IP address without a zone. Most are those of IPv4, and of the others
// most are the name of a service: neither is worth a string, or an error that says what is wrong.
func isAddress(text []byte) bool {
	if bytes.IndexByte(text, ':') < 0 {
		return isIPv4(text)
	}
	addr, err := netip.ParseAddr(string(text))
	return err == nil && addr.Zone() == ""
}

// isIPv4 reports whether text is four numbers up to 255, without zeros before them, between dots.
func isIPv4(text []byte) bool {
	fields, value, digits := 1, 0, 0
	for _, c := range text {
		switch {
		case c-'0' < 10 && (digits == 0 || value > 0) && value <= 25:
			value, digits = 10*value+int(c-'0'), digits+1
		case c == '.' && digits > 0 && value <= 255:
			fields, value, digits = fields+1, 0, 0
		default:
			return false
		}
	}
	return fields == 4 && digits > 0 && value <= 255
}

// cloudAccount is the account of the caller. A service of AWS has none, and the
// account in which it acted is as near as it gets.
func cloudAccount(e *Event) program.Value {
	if v := e.ofIdentity(identityAccountID); v.Kind() != program.KindNull {
		return v
	}
	return e.at(e.member(topRecipientAccountID), "")
}

// userName is the user's own name, but of a session that of the role or user whose
// session it is.
func userName(e *Event) program.Value {
	own := e.ofIdentity(identityUserName)
	if own.Kind() != program.KindNull && !isSession(e) {
		return own
	}
	if issuer := e.ofSession(issuerUserName); issuer.Kind() != program.KindNull {
		return issuer
	}
	if own.Kind() == program.KindNull && e.named("UserAuthentication") {
		return e.inside(topAdditionalEventData, "UserName")
	}
	return own
}

// isSession reports whether the identity is one of the two that Elastic's pipeline
// calls by the name of their session's issuer.
func isSession(e *Event) bool {
	kind := string(e.ofIdentity(identityType).Text())
	return kind == "AssumedRole" || kind == "FederatedUser"
}

// userID is the principal's id. A user of IAM Identity Center has one in the identity
// store instead.
func userID(e *Event) program.Value {
	if v := e.ofIdentity(identityPrincipalID); v.Kind() != program.KindNull {
		return v
	}
	if string(e.ofIdentity(identityType).Text()) != "IdentityCenterUser" {
		return program.Null()
	}
	return e.inside(topUserIdentity, "onBehalfOf.userId")
}

// named reports whether the event is about the call.
func (e *Event) named(call string) bool {
	name, _ := document.Text(e.top[topEventName])
	return string(name) == call
}

func userEmail(e *Event) program.Value {
	if v := userName(e); bytes.IndexByte(v.Text(), '@') > 0 {
		return v
	}
	return program.Null()
}

// relatedUsers is every name and id of a user in the event, each once. The name of a
// session is one of them, and if it is an e-mail address, what is before the @.
func relatedUsers(e *Event) program.Value {
	start := len(e.list)
	add := func(v program.Value) {
		if v.Kind() != program.KindText {
			return
		}
		for _, have := range e.list[start:] {
			if string(have.Text()) == string(v.Text()) {
				return
			}
		}
		e.list = append(e.list, v)
	}
	for _, v := range [...]program.Value{
		e.inside(topUserIdentity, "userName"), e.inside(topRequestParameters, "userName"), e.inside(topRequestParameters, "newUserName"),
		e.inside(topResponseElements, "user.userId"), userID(e), userName(e),
	} {
		add(v)
	}
	if isSession(e) {
		arn := e.inside(topUserIdentity, "arn").Text()
		if slash := bytes.LastIndexByte(arn, '/'); slash >= 0 && slash+1 < len(arn) {
			session := arn[slash+1:]
			add(program.Text(session))
			if at := bytes.IndexByte(session, '@'); at > 0 {
				add(program.Text(session[:at]))
			}
		}
	}
	return e.collected(start)
}

// resource reads one member of every resource, under either of its spellings.
func resource(spellings ...string) func(*Event) program.Value {
	return func(e *Event) program.Value {
		start := len(e.list)
		for _, spelling := range spellings {
			e.collect(e.member(topResources), spelling)
		}
		return e.collected(start)
	}
}

// onConsoleLogin is a member of a ConsoleLogin's additionalEventData; a flag
// is false if it says No.
func onConsoleLogin(member string, flag bool) Field {
	return computed("additionalEventData."+member+" of a ConsoleLogin", func(e *Event) program.Value {
		if !e.named("ConsoleLogin") {
			return program.Null()
		}
		v := e.inside(topAdditionalEventData, member)
		if !flag || v.Kind() == program.KindNull {
			return v
		}
		return program.Bool(string(v.Text()) != "No")
	})
}

func tlsVersion(e *Event) program.Value {
	if _, version, ok := cutTLS(e); ok {
		return program.Text(version)
	}
	if v := e.inside(topTLSDetails, "tlsVersion"); bytes.IndexByte(v.Text(), 'v') < 0 {
		return v
	}
	return program.Null()
}

func tlsProtocol(e *Event) program.Value {
	if protocol, _, ok := cutTLS(e); ok {
		return program.Text(bytes.ToLower(protocol))
	}
	return program.Null()
}

func cutTLS(e *Event) (protocol, version []byte, ok bool) {
	text := e.inside(topTLSDetails, "tlsVersion").Text()
	protocol, version, ok = bytes.Cut(text, []byte("v"))
	return protocol, version, ok && len(protocol) > 0 && len(version) > 0
}
