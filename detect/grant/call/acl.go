package call

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// The groups of S3 that an access control list may name (S3 User Guide, "Access
// control list (ACL) overview"). The third is where S3 writes its own logs from.
const (
	groupEveryone      = "acs.amazonaws.com/groups/global/AllUsers"
	groupAuthenticated = "acs.amazonaws.com/groups/global/AuthenticatedUsers"
	groupLogDelivery   = "acs.amazonaws.com/groups/s3/LogDelivery"
)

// cannedLists are the names of whole lists that let in more than the owner. An
// AuthenticatedUser is anybody with an account of AWS.
var cannedLists = map[string]string{
	"public-read": "READ", "public-read-write": "WRITE", "authenticated-read": "READ",
}

// harmlessLists let in the owners of the object and the bucket, S3's logs, and the
// service that makes images of instances.
var harmlessLists = map[string]bool{
	"private": true, "bucket-owner-read": true, "bucket-owner-full-control": true,
	"log-delivery-write": true, "aws-exec-read": true, "": true,
}

// What a grant of a list allows, as actions of a policy (S3 User Guide, "Mapping of
// ACL permissions and access policy permissions").
var (
	bucketPermissions = map[string][]string{
		"READ": {"s3:ListBucket"}, "WRITE": {"s3:PutObject", "s3:DeleteObject"},
		"READ_ACP": {"s3:GetBucketAcl"}, "WRITE_ACP": {"s3:PutBucketAcl"}, "FULL_CONTROL": {"s3:*"},
	}
	objectPermissions = map[string][]string{
		"READ": {"s3:GetObject"}, "READ_ACP": {"s3:GetObjectAcl"}, "WRITE_ACP": {"s3:PutObjectAcl"}, "FULL_CONTROL": {"s3:*"},
	}
)

// permitted returns what a permission of a list allows on the resource at hand.
func (r *reader) permitted(permission string) []string {
	permissions := bucketPermissions
	if r.call.Type == "AWS::S3::Object" {
		permissions = objectPermissions
	}
	if actions, known := permissions[strings.ToUpper(permission)]; known {
		return actions
	}
	return []string{"s3:*"}
}

// headerGrants are the headers that name grantees: id="…", uri="…", emailAddress="…".
var headerGrants = []struct{ path, permission string }{
	{"x-amz-grant-read", "READ"}, {"x-amz-grant-write", "WRITE"}, {"x-amz-grant-read-acp", "READ_ACP"},
	{"x-amz-grant-write-acp", "WRITE_ACP"}, {"x-amz-grant-full-control", "FULL_CONTROL"},
}

// readACL reads an access control list in its three forms: a document, the name of a
// canned list, headers.
func (r *reader) readACL() bool {
	found := r.parameters.each("x-amz-acl | AccessControlList.x-amz-acl", func(value []byte) bool {
		r.readCanned(strings.ToLower(scalarText(value)))
		return true
	})
	for _, h := range headerGrants {
		found = r.parameters.each(h.path+" | AccessControlList."+h.path, func(value []byte) bool {
			for grantee := range strings.SplitSeq(scalarText(value), ",") {
				kind, name, _ := strings.Cut(strings.TrimSpace(grantee), "=")
				r.grantee(strings.ToLower(kind), strings.Trim(name, `"' `), "", r.permitted(h.permission))
			}
			return true
		}) || found
	}
	owner := r.parameters.first("AccessControlPolicy.Owner.ID")
	return r.parameters.each("AccessControlPolicy.AccessControlList.Grant", func(value []byte) bool {
		r.readGrant(value, owner)
		return true
	}) || found
}

func (r *reader) readCanned(name string) {
	switch permission, isOpen := cannedLists[name]; {
	case isOpen:
		actions := r.permitted("READ")
		if permission == "WRITE" {
			actions = slices.Concat(actions, r.permitted(permission))
		}
		r.everyone(actions)
	case !harmlessLists[name]:
		r.unknown("the access control list is not known")
	}
}

// readGrant reads one grant of the document.
func (r *reader) readGrant(value []byte, owner string) {
	text := func(m []byte, key string) string {
		v, _ := document.GetFold(m, key)
		return scalarText(v)
	}
	actions := r.permitted(text(value, "Permission"))
	grantee, _ := document.GetFold(value, "Grantee")
	found := false
	for _, kind := range []string{"URI", "ID", "EmailAddress"} {
		if name := text(grantee, kind); name != "" {
			found = true
			r.grantee(strings.ToLower(kind), name, owner, actions)
		}
	}
	if !found {
		r.unknown(becauseAbsent)
	}
}

// grantee adds a grant to whom a list names in one of its ways. owner is the
// canonical id of the owner, where the list says it.
func (r *reader) grantee(kind, name, owner string, actions []string) {
	switch {
	case kind == "uri" && strings.HasSuffix(name, groupLogDelivery):
	case kind == "uri" && (strings.HasSuffix(name, groupEveryone) || strings.HasSuffix(name, groupAuthenticated)):
		r.everyone(actions)
	case kind == "id" && name == owner:
	default:
		g := policy.Grant{
			Relation: policy.RelationUnknown, PrincipalType: policy.PrincipalUniqueID, Principal: grant.Bounded(name),
			Actions: actions, Classes: policy.ClassesOf(actions), Reason: "a canonical user id does not name an account",
		}
		switch {
		case kind != "id":
			g.PrincipalType, g.Reason = policy.PrincipalUnknown, "the grantee does not name an account"
		case owner != "":
			g.Relation, g.Reason = policy.RelationCrossAccount, "it is not the canonical user id of the owner"
		}
		r.add(g)
	}
}

func (r *reader) everyone(actions []string) {
	r.readStatement(statement{principals: []string{"*"}, actions: actions})
}
