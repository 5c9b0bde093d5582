package call

import (
	"slices"
	"strings"

	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/policy"
)

// isEveryday reports whether a grant lets in nobody from outside, or only what AWS
// itself does every day. Everything else is foreign.
func isEveryday(c *Call, owner string, g *policy.Grant) bool {
	switch g.Relation {
	case policy.RelationSameAccount:
		return true
	case policy.RelationService:
		switch g.Binding {
		case policy.BindingOwn:
			return true
		case policy.BindingUnbound:
			return c.EverydayServices || isLogDelivery(g)
		}
	case policy.RelationFederated:
		// The provider is registered in the account, which is a call of its own. One
		// of a cluster is not shared with strangers, whether its subject is bound or
		// not.
		return g.Binding == policy.BindingProvider ||
			g.Binding == policy.BindingSubject && isCluster(g.Principal)
	case policy.RelationNetwork:
		// Who mounts the file system is in its network (EFS User Guide, "Blocking
		// public access to file systems").
		return strings.EqualFold(g.DecidedBy, "elasticfilesystem:AccessedViaMountTarget")
	case policy.RelationCrossAccount:
		return slices.Contains(loadBalancers, g.PrincipalAccount) && onlyActions(g, "s3:PutObject") && len(g.Accounts) <= 1
	}
	return false
}

// isCluster reports whether a provider is one that EKS made for a cluster (EKS User
// Guide, "IAM roles for service accounts"): oidc.eks.eu-west-1.amazonaws.com/id/5A7E. A
// provider may have any name in the domain of who runs it, oidc.eks.example.com too, and
// anything in its path.
func isCluster(provider string) bool {
	_, name, _ := strings.Cut(provider, ":oidc-provider/")
	host, _, hasPath := strings.Cut(name, "/")
	return hasPath && strings.HasPrefix(host, "oidc.eks.") && grant.IsServiceName(host)
}

// logServices write logs for those who turn them on, into buckets, log groups and
// keys (CloudTrail, Config, S3, CloudWatch Logs, ELB and VPC user guides, on bucket
// policies for their logs).
var logServices = []string{
	"cloudtrail.amazonaws.com", "config.amazonaws.com", "delivery.logs.amazonaws.com", "logging.s3.amazonaws.com",
	"logdelivery.elasticloadbalancing.amazonaws.com", "elasticloadbalancing.amazonaws.com", "vpc-flow-logs.amazonaws.com",
	"route53.amazonaws.com", "es.amazonaws.com", "opensearchservice.amazonaws.com", "apigateway.amazonaws.com",
	"events.amazonaws.com", "delivery.apigateway.amazonaws.com", "guardduty.amazonaws.com", "billingreports.amazonaws.com",
	"bcm-data-exports.amazonaws.com", "cloudwatch.amazonaws.com",
}

// logActions are what it takes to write logs. None of them lets data out.
var logActions = []string{
	"s3:PutObject", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:ListBucket",
	"logs:CreateLogStream", "logs:PutLogEvents", "logs:PutLogEventsBatch", "logs:CreateLogGroup", "logs:DescribeLogStreams",
	"logs:DescribeLogGroups",
}

func isLogDelivery(g *policy.Grant) bool {
	return slices.Contains(logServices, strings.ToLower(g.Principal)) && onlyActions(g, logActions...)
}

// onlyActions reports whether a grant is of some of these actions and no other.
func onlyActions(g *policy.Grant, allowed ...string) bool {
	if g.NotAction || g.ActionsRest > 0 || len(g.Actions) == 0 {
		return false
	}
	for _, action := range g.Actions {
		if !slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, action) }) {
			return false
		}
	}
	return true
}

// loadBalancers are the accounts of AWS from which load balancers write their access
// logs into a bucket, by region (Elastic Load Balancing, Application Load Balancers
// guide, "Access logs for your Application Load Balancer").
var loadBalancers = []string{
	"127311923021", "033677994240", "027434742980", "797873946194", "098369216593", "754344448648", "589379963580",
	"718504428378", "383597477331", "600734575887", "114774131450", "783225319266", "582318560864", "985666609251",
	"054676820928", "156460612806", "652711504416", "635631232127", "009996457667", "897822967062", "076674570225",
	"507241528517", "048591011584", "190560391635", "638102146993", "037604701340",
}
