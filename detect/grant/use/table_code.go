package use

import (
	"slices"

	"github.com/trailwire/trailwire/detect/grant/call"
)

// function is what the uses of a Lambda function have in common. Its name is an ARN
// where a call crosses accounts.
var function = Row{
	Source: "lambda.amazonaws.com", Action: "lambda", Kind: call.KindCode, Type: "AWS::Lambda::Function", Noun: "Lambda function",
	Resource: "resources | arn:{partition}:lambda:{region}:{account}:function:{functionName}",
	Basis:    call.BasisDocument, From: "Lambda Developer Guide, \"Logging Lambda API calls using CloudTrail\", for the data event; the caller's identity is a guess",
}

// A function's answer is data. Its configuration has the variables of its environment,
// and GetFunction the address of its code.
var functionUses = slices.Concat(rowsOf(function, []action{
	{"Invoke*", "InvokeFunction", true}, {"InvokeAsync*", "InvokeFunction", true}, {"InvokeWithResponseStream*", "InvokeFunction", true},
}), rowsOf(func(r Row) Row {
	r.Type, r.Noun = "AWS::Lambda::Url", "Lambda function URL"
	r.Basis, r.From = BasisGuess, "named after the action of IAM; an event of a URL's caller has not been seen"
	return r
}(function), []action{
	{"InvokeFunctionUrl*", "InvokeFunctionUrl", true},
}), rowsOf(func(r Row) Row {
	r.Basis, r.From = BasisGuess, "lambda/2015-03-31 and recorded names; an event of another account has not been seen"
	return r
}(function), []action{
	{"GetFunction*", "GetFunction", true}, {"GetFunctionConfiguration*", "GetFunctionConfiguration", true},
	{"UpdateFunctionCode*", "UpdateFunctionCode", false}, {"UpdateFunctionConfiguration*", "UpdateFunctionConfiguration", false},
}), []Row{{
	Source: "lambda.amazonaws.com", Name: "GetLayerVersion*", Action: "lambda:GetLayerVersion", TakesOut: true,
	Kind: call.KindCode, Type: "AWS::Lambda::LayerVersion", Noun: "Lambda layer",
	Resource: "resources | arn:{partition}:lambda:{region}:{account}:layer:{layerName}:{versionNumber}", Version: "versionNumber",
	Basis: BasisGuess, From: "lambda/2015-03-31; an event of another account has not been seen",
}, {
	Source: "lambda.amazonaws.com", Name: "GetLayerVersionByArn*", Action: "lambda:GetLayerVersion", TakesOut: true,
	Kind: call.KindCode, Type: "AWS::Lambda::LayerVersion", Noun: "Lambda layer",
	Resource: "resources | arn",
	Basis:    BasisGuess, From: "lambda/2015-03-31; an event of another account has not been seen",
}})

var imageUses = rowsOf(Row{
	Source: "ecr.amazonaws.com", Action: "ecr", Kind: call.KindCode, Type: "AWS::ECR::Repository", Noun: "ECR repository", Owner: "registryId",
	Resource: "resources | arn:{partition}:ecr:{region}:{account}:repository/{repositoryName}",
	Basis:    call.BasisDocument, From: "ECR User Guide, \"Logging Amazon ECR actions with AWS CloudTrail\", for the event; the owner's copy is a guess",
}, []action{
	{"BatchGetImage", "BatchGetImage", true}, {"GetDownloadUrlForLayer", "GetDownloadUrlForLayer", true},
	{"BatchCheckLayerAvailability", "BatchCheckLayerAvailability", false}, {"DescribeImages", "DescribeImages", false}, {"ListImages", "ListImages", false},
	{"PutImage", "PutImage", false}, {"InitiateLayerUpload", "InitiateLayerUpload", false}, {"UploadLayerPart", "UploadLayerPart", false},
	{"CompleteLayerUpload", "CompleteLayerUpload", false}, {"BatchDeleteImage", "BatchDeleteImage", false},
})

var packageUses = slices.Concat(rowsOf(Row{
	Source: "codeartifact.amazonaws.com", Action: "codeartifact", Kind: call.KindCode, Type: "AWS::CodeArtifact::Domain", Noun: "CodeArtifact domain", Owner: "domainOwner",
	Resource: "resources | arn:{partition}:codeartifact:{region}:{account}:domain/{domain}",
	Basis:    BasisGuess, From: "codeartifact/2018-09-22; the event of another account has not been seen",
}, []action{
	{"GetAuthorizationToken", "GetAuthorizationToken", true},
}), rowsOf(Row{
	Source: "codeartifact.amazonaws.com", Action: "codeartifact", Kind: call.KindCode, Type: "AWS::CodeArtifact::Repository", Noun: "CodeArtifact repository", Owner: "domainOwner",
	Resource: "resources | arn:{partition}:codeartifact:{region}:{account}:repository/{domain}/{repository} | arn:{partition}:codeartifact:{region}:{account}:domain/{domain}",
	Basis:    BasisGuess, From: "codeartifact/2018-09-22; the event of another account has not been seen",
}, []action{
	{"ReadFromRepository", "ReadFromRepository", true}, {"GetPackageVersionAsset", "ReadFromRepository", true}, {"PublishPackageVersion", "PublishPackageVersion", false},
}), rowsOf(Row{
	Source: "ssm.amazonaws.com", Action: "ssm", Kind: call.KindCode, Type: "AWS::SSM::Document", Noun: "SSM document",
	Resource: "resources | name | documentName",
	Basis:    BasisGuess, From: "ssm/2014-11-06; that the owner gets the event has not been seen",
}, []action{
	{"GetDocument", "GetDocument", true}, {"DescribeDocument", "DescribeDocument", false},
}))
