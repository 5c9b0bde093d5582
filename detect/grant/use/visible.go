package use

// Visibility says, in sentences for people, how the uses of a resource show in its
// owner's trail. It keeps silence from being taken for proof.
type Visibility struct {
	Shown  string // which uses the trail shows; empty if none
	Needs  string // what the trail must log for that; empty if a trail of management events is enough
	Hidden string // what the trail does not show
}

// Visible returns how uses of a type of resource, in CloudFormation's words, show in
// the owner's trail. Of a type that is not known it says so.
func Visible(resourceType string) Visibility {
	if v, known := visible[resourceType]; known {
		return v
	}
	return notKnown
}

// What several types have in common.
var (
	notKnown = Visibility{
		Hidden: "It is not known which uses of this resource the owner's trail shows. That none is seen proves nothing.",
	}
	database = Visibility{
		Hidden: "Connections to a database or a broker are in no CloudTrail event. The logs of its engine and flow logs show them.",
	}
	traffic = Visibility{
		Hidden: "Traffic is in no CloudTrail event. Flow logs show it.",
	}
	search = Visibility{
		Hidden: "Requests for documents are in no CloudTrail event. The audit logs of the domain show them.",
	}
	shared = Visibility{
		Shown:  "What is shared shows its uses as a resource of its own type does.",
		Hidden: "That the other account accepts the share is in that account's trail alone.",
	}
	provider = Visibility{
		Shown:  "AssumeRoleWithWebIdentity and AssumeRoleWithSAML, with the subject and the provider, of roles that trust the provider.",
		Hidden: "What the session does then looks like the role's own work. The access key of the session ties it to the subject.",
	}
	logArrivals = Visibility{
		Hidden: "What arrives is in no CloudTrail event, and the subscription is in the sender's trail alone.",
	}
	dataOf = func(shown, resource, hidden string) Visibility {
		return Visibility{
			Shown: shown, Needs: "The trail must log data events of " + resource + ". Without them it shows nothing of this.", Hidden: hidden,
		}
	}
	restored = Visibility{
		Shown:  "If the snapshot is encrypted: Decrypt and CreateGrant on its key by the other account.",
		Hidden: "Copies and restores are in the trail of the other account alone. Of a snapshot that is not encrypted the owner's trail shows nothing.",
	}
)

var visible = map[string]Visibility{
	// Identity
	"AWS::IAM::Role": {
		Shown:  "AssumeRole with the other account and the access key that it got, AssumeRoleWithWebIdentity and AssumeRoleWithSAML with the subject.",
		Hidden: "What the session does then looks like the role's own work. The access key of the session ties it to the caller.",
	},
	"AWS::IAM::OIDCProvider": provider,
	"AWS::IAM::SAMLProvider": provider,
	"AWS::RolesAnywhere::TrustAnchor": {
		Shown:  "CreateSession, with the certificate's serial number. This is a guess: no such event has been seen.",
		Hidden: "What the session does then looks like the role's own work.",
	},
	"AWS::Organizations::ResourcePolicy": {
		Hidden: "Calls of a delegated account are in that account's trail.",
	},
	"AWS::EKS::Cluster": {
		Hidden: "Requests to the Kubernetes API are in no CloudTrail event. The audit log of the cluster shows them.",
	},
	"AWS::DirectoryService::MicrosoftAD": notKnown,
	"AWS::MPA::ApprovalTeam":             notKnown,
	"AWS::Cloud9::EnvironmentEC2":        notKnown,

	// Keys and secrets
	"AWS::KMS::Key":        keyVisibility,
	"AWS::KMS::ReplicaKey": keyVisibility,
	"AWS::SecretsManager::Secret": {
		Shown:  "GetSecretValue and BatchGetSecretValue by the other account. Certainly Decrypt on the key of the secret, without which nobody outside reads it.",
		Needs:  "The trail must not leave out the events of KMS.",
		Hidden: "That the owner gets GetSecretValue itself is a guess.",
	},
	"AWS::SSM::Parameter": {
		Shown:  "GetParameter and GetParameters by the other account. This is a guess: no such event has been seen.",
		Hidden: "If the owner gets none, only Decrypt on the key of an encrypted parameter shows a read.",
	},
	"AWS::ACMPCA::CertificateAuthority": notKnown,
	"AWS::CloudHSM::Backup":             notKnown,
	"AWS::PaymentCryptography::Key":     notKnown,

	// Stored data
	"AWS::S3::Bucket": objectVisibility,
	"AWS::S3::Object": objectVisibility,
	"AWS::S3::AccessPoint": dataOf("Reads and writes of objects through the access point, by other accounts and unsigned.",
		"AWS::S3::Object or AWS::S3::AccessPoint", "Changes of an access list by e-mail address do not say whom they let in."),
	"AWS::S3::MultiRegionAccessPointPolicy": dataOf("Requests at the access point, and again at the bucket.", "AWS::S3::Object", ""),
	"AWS::S3::AccessGrant": dataOf("GetObject of a session of the location's role. This is a guess: no such event has been seen.",
		"AWS::S3::Object", "Which grantee the session is of is in GetDataAccess alone."),
	"AWS::S3ObjectLambda::AccessPoint":           dataOf("Reads through the access point.", "AWS::S3ObjectLambda::AccessPoint", ""),
	"AWS::S3Tables::TableBucket":                 notKnown,
	"AWS::S3Tables::Table":                       notKnown,
	"AWS::S3Vectors::VectorBucket":               notKnown,
	"AWS::S3Files::FileSystem":                   notKnown,
	"AWS::Lightsail::Bucket":                     notKnown,
	"AWS::Glacier::Vault":                        {Shown: "InitiateJob and GetJobOutput by the other account. This is a guess: no such event has been seen.", Hidden: "Whether the output of a job shows is not known."},
	"AWS::EC2::Image":                            imageVisibility,
	"AWS::EC2::FpgaImage":                        imageVisibility,
	"AWS::WorkSpaces::WorkspaceImage":            notKnown,
	"AWS::WorkSpaces::ConnectionAlias":           notKnown,
	"AWS::AppStream::Image":                      notKnown,
	"AWS::EC2::Snapshot":                         snapshotVisibility,
	"AWS::RDS::DBSnapshot":                       restored,
	"AWS::RDS::DBClusterSnapshot":                restored,
	"AWS::Redshift::ClusterSnapshot":             restored,
	"AWS::RedshiftServerless::Snapshot":          restored,
	"AWS::Redshift::DataShare":                   {Hidden: "The association of a data share, and what is read through it, are in the consumer's trail and logs alone."},
	"AWS::DynamoDB::Table":                       dataOf("Reads and writes of items by the other account. Its identity there is a guess.", "AWS::DynamoDB::Table", ""),
	"AWS::DynamoDB::Stream":                      dataOf("Reads of records by the other account. Its identity there is a guess.", "AWS::DynamoDB::Stream", ""),
	"AWS::Kinesis::Stream":                       dataOf("PutRecord, GetRecords and their like by the other account. Its identity there is a guess.", "AWS::Kinesis::Stream", ""),
	"AWS::EFS::FileSystem":                       {Shown: "NewClientConnection, with the account of a client that signs in with IAM.", Hidden: "Clients that mount without signing in, and what is read after mounting, are in no event."},
	"AWS::Glue::Catalog":                         catalogVisibility,
	"AWS::LakeFormation::PrincipalPermissions":   catalogVisibility,
	"AWS::Backup::BackupVault":                   {Hidden: "Copy jobs are in the trail of the account that starts them."},
	"AWS::RAM::ResourceShare":                    shared,
	"AWS::DataExchange::DataSet":                 notKnown,
	"AWS::SecurityLake::Subscriber":              notKnown,
	"AWS::Config::AggregationAuthorization":      notKnown,
	"AWS::QBusiness::Application":                notKnown,
	"AWS::Omics::AnnotationStore":                notKnown,
	"AWS::WellArchitected::Workload":             notKnown,
	"AWS::AuditManager::Framework":               notKnown,
	"AWS::CloudTrail::EventDataStore":            notKnown,
	"AWS::Comprehend::DocumentClassifier":        notKnown,
	"AWS::CleanRoomsML::ConfiguredAudienceModel": notKnown,
	"AWS::Rekognition::Project":                  notKnown,
	"AWS::SageMaker::ModelPackageGroup":          notKnown,
	"AWS::Bedrock::CustomModel":                  notKnown,
	"AWS::MediaStore::Container":                 notKnown,
	"AWS::MediaPackageV2::Channel":               notKnown,
	"AWS::MediaPackageV2::OriginEndpoint":        notKnown,
	"AWS::MediaTailor::Channel":                  notKnown,
	"AWS::MediaConnect::Flow":                    notKnown,
	"AWS::QuickSight::Dashboard":                 notKnown,
	"AWS::QuickSight::Template":                  notKnown,
	"AWS::Connect::Instance":                     notKnown,
	"AWS::EventSchemas::Registry":                notKnown,
	"AWS::SystemsManagerSAP::Application":        notKnown,

	// Databases and searches
	"AWS::RDS::DBInstance":                      database,
	"AWS::Redshift::Cluster":                    database,
	"AWS::RedshiftServerless::Workgroup":        database,
	"AWS::DSQL::Cluster":                        database,
	"AWS::AmazonMQ::Broker":                     database,
	"AWS::DMS::ReplicationInstance":             database,
	"AWS::Lightsail::Database":                  database,
	"AWS::MSK::Cluster":                         database,
	"AWS::OpenSearchService::Domain":            search,
	"AWS::Elasticsearch::Domain":                search,
	"AWS::OpenSearchServerless::AccessPolicy":   search,
	"AWS::OpenSearchServerless::SecurityPolicy": search,
	"AWS::OSIS::Pipeline":                       notKnown,

	// Code
	"AWS::Lambda::Function": {
		Shown: "Invoke by the other account. GetFunction and changes of code and configuration, if the policy allows them.",
		Needs: "The trail must log data events of AWS::Lambda::Function. Without them it shows no invocation.",
	},
	"AWS::Lambda::Url": {
		Needs:  "The trail must log data events of AWS::Lambda::Function for what it may show.",
		Hidden: "A request to a URL without authorization has no caller that an event could name. The metrics of the function count such requests.",
	},
	"AWS::Lambda::LayerVersion": {
		Shown:  "GetLayerVersion by the other account. This is a guess: no such event has been seen.",
		Hidden: "A function of the other account that runs the layer leaves nothing.",
	},
	"AWS::ECR::Repository": {
		Shown:  "BatchGetImage and GetDownloadUrlForLayer by the other account: a pull of an image.",
		Hidden: "That the owner gets the event of another account is a guess.",
	},
	"AWS::ECR::RegistryPolicy":             {Hidden: "Images are replicated by the service, which names no other account."},
	"AWS::ECR::RepositoryCreationTemplate": {Hidden: "It acts on repositories that are made later. Their uses show as those of a repository."},
	"AWS::ECR::PublicRepository":           {Hidden: "Pulls from a public repository need no identity. It is not known that any event shows them."},
	"AWS::CodeArtifact::Domain":            packageVisibility,
	"AWS::CodeArtifact::Repository":        packageVisibility,
	"AWS::ServerlessRepo::Application":     notKnown,
	"AWS::CodeBuild::Project":              {Hidden: "The public page of a project's builds is in no CloudTrail event."},
	"AWS::ImageBuilder::Image":             notKnown,
	"AWS::ImageBuilder::Component":         notKnown,
	"AWS::ImageBuilder::ImageRecipe":       notKnown,
	"AWS::ImageBuilder::ContainerRecipe":   notKnown,
	"AWS::Signer::SigningProfile":          notKnown,
	"AWS::ServiceCatalog::Portfolio":       notKnown,
	"AWS::SSM::Document": {
		Shown:  "GetDocument by the other account. This is a guess: no such event has been seen.",
		Hidden: "Runs of the document are in the other account's trail.",
	},
	"AWS::SSMIncidents::ResponsePlan":         notKnown,
	"AWS::SSMContacts::Contact":               notKnown,
	"AWS::Lex::Bot":                           notKnown,
	"AWS::BedrockAgentCore::Runtime":          notKnown,
	"AWS::LicenseManager::License":            notKnown,
	"AWS::EntityResolution::MatchingWorkflow": notKnown,
	"AWS::CodeGuruProfiler::ProfilingGroup":   notKnown,

	// Messages and logs
	"AWS::SQS::Queue": dataOf("ReceiveMessage, SendMessage and DeleteMessage by the other account.", "AWS::SQS::Queue", ""),
	"AWS::SNS::Topic": {
		Shown:  "Subscribe by the other account, with the endpoint. Publish, without the message.",
		Needs:  "The trail must log data events of AWS::SNS::Topic for Publish. Subscribe needs none.",
		Hidden: "Deliveries to subscribers are in no event: after a subscription every message goes out unseen.",
	},
	"AWS::Events::EventBus":          {Hidden: "PutEvents is not a management event, and its arrival is in no event."},
	"AWS::Events::Rule":              {Hidden: "What a rule passes on to its targets is in no event."},
	"AWS::SES::EmailIdentity":        {Hidden: "Mail that the other account sends is in that account's trail. It is not known that the owner's shows it."},
	"AWS::SMSVOICE::PhoneNumber":     notKnown,
	"AWS::Logs::ResourcePolicy":      logArrivals,
	"AWS::Logs::Destination":         logArrivals,
	"AWS::Logs::DeliveryDestination": logArrivals,
	"AWS::Logs::SubscriptionFilter":  {Hidden: "What a filter passes on to its destination is in no event."},
	"AWS::Logs::AccountPolicy":       {Hidden: "What a filter passes on to its destination is in no event."},
	"AWS::Oam::Sink":                 notKnown,
	"AWS::XRay::ResourcePolicy":      notKnown,
	"AWS::APS::Workspace":            notKnown,
	"AWS::RUM::AppMonitor":           notKnown,
	"AWS::AIOps::InvestigationGroup": notKnown,

	// Networks
	"AWS::EC2::VPCEndpointService": {
		Shown:  "AcceptVpcEndpointConnections, by the owner itself, where connections have to be accepted.",
		Hidden: "The endpoint is made in the other account. Traffic is in no CloudTrail event.",
	},
	"AWS::EC2::VPCPeeringConnection":                   traffic,
	"AWS::EC2::TransitGatewayPeeringAttachment":        traffic,
	"AWS::EC2::NetworkInterfacePermission":             traffic,
	"AWS::EC2::EIP":                                    {Hidden: "The transfer is accepted in the other account. The address leaves the owner's then."},
	"AWS::VpcLattice::Service":                         {Hidden: "Requests to a service are in its access logs alone."},
	"AWS::ApiGateway::RestApi":                         {Hidden: "Requests to an API are in no CloudTrail event. The access logs of its stages show them."},
	"AWS::NetworkFirewall::RuleGroup":                  notKnown,
	"AWS::NetworkManager::CoreNetwork":                 notKnown,
	"AWS::GlobalAccelerator::CrossAccountAttachment":   notKnown,
	"AWS::Route53Resolver::ResolverRule":               notKnown,
	"AWS::Route53Resolver::FirewallRuleGroup":          notKnown,
	"AWS::Route53Resolver::ResolverQueryLoggingConfig": notKnown,
	"AWS::Route53::HostedZone":                         {Hidden: "The association is made in the other account, and queries are in no CloudTrail event."},
	"AWS::Route53Domains::Domain":                      {Hidden: "The transfer is accepted in the other account. The domain leaves the owner's then."},
	"AWS::WAFv2::RuleGroup":                            notKnown,
	"AWS::CloudFront::VpcOrigin":                       notKnown,
	"AWS::RefactorSpaces::Environment":                 notKnown,
}

var keyVisibility = Visibility{
	Shown:  "Every call on the key by the other account, Decrypt and CreateGrant among them, with the encryption context.",
	Needs:  "The trail must not leave out the events of KMS.",
	Hidden: "What somebody does with data keys and plaintexts after the call.",
}

var objectVisibility = dataOf("Reads, writes, lists and deletions of objects, by other accounts and unsigned.", "AWS::S3::Object",
	"A change of an access list by e-mail address does not say whom it lets in.")

var imageVisibility = Visibility{
	Shown:  "If a snapshot of the image is copied: SharedSnapshotCopyInitiated. If it is encrypted: CreateGrant and Decrypt on its key.",
	Hidden: "An instance that is launched from the image is in the other account's trail alone.",
}

var snapshotVisibility = Visibility{
	Shown:  "SharedSnapshotCopyInitiated and SharedSnapshotVolumeCreated, with the account that copies it or makes a volume of it.",
	Needs:  "Reads of blocks are data events of AWS::EC2::Snapshot. Copies and volumes need none.",
	Hidden: "That the owner's trail shows reads of blocks by another account is a guess.",
}

var catalogVisibility = Visibility{
	Shown:  "GetTable, GetDatabase, GetDataAccess and their like by the other account.",
	Hidden: "The ARN of the caller, if its account does not share it: only the unique id is there. Data is read from S3, with data events of its own.",
}

var packageVisibility = Visibility{
	Shown:  "GetAuthorizationToken and ReadFromRepository by the other account. This is a guess: no such event has been seen.",
	Hidden: "If the owner gets none, nothing shows which packages were read.",
}
