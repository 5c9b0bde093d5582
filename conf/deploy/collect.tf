# What trailwire collect needs in AWS: a queue that the trail's bucket tells of each new
# file, a queue for what cannot be settled, and what the collector's role may do.
#
#     terraform apply -var bucket=example-trail -var role=trailwire-collect
#
# What to change: the variables. The bucket, the trail and the role are there already.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "bucket" {
  type        = string
  description = "Name of the bucket that CloudTrail writes to."
}

variable "prefix" {
  type        = string
  default     = "AWSLogs/"
  description = "What the keys of log files begin with, such as AWSLogs/111122223333/CloudTrail/."
}

variable "role" {
  type        = string
  description = "Name of the role that the collector has."
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "ARN of the key that the trail encrypts its files with; null if it has none."
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  bucket_arn = "arn:${data.aws_partition.this.partition}:s3:::${var.bucket}"
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "trailwire-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "trail" {
  name = "trailwire"
  # SQS keeps a message for four days unless it is told otherwise: fourteen is the most.
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = 60
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.trail.arn]
  })
}

# The bucket, and nobody else, may write to the queue.
data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "BucketTellsOfItsObjects"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.trail.arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.bucket_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_sqs_queue_policy" "trail" {
  queue_url = aws_sqs_queue.trail.id
  policy    = data.aws_iam_policy_document.queue.json
}

# This is the bucket's whole configuration of notifications: it takes the place of what
# is there. If there is some, add the queue to it instead.
resource "aws_s3_bucket_notification" "trail" {
  bucket = var.bucket
  queue {
    id            = "trailwire"
    queue_arn     = aws_sqs_queue.trail.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = var.prefix
    filter_suffix = ".json.gz"
  }
  depends_on = [aws_sqs_queue_policy.trail]
}

data "aws_iam_policy_document" "collector" {
  statement {
    sid = "Queue"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:ChangeMessageVisibility",
      "sqs:GetQueueAttributes",
    ]
    resources = [aws_sqs_queue.trail.arn]
  }
  statement {
    sid       = "Files"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${local.bucket_arn}/${var.prefix}*"]
  }
  # For --bucket and for scan. Without it S3 also says that access is denied where an
  # object was deleted.
  statement {
    sid       = "Bucket"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
  }
  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "Key"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "collector" {
  name   = "trailwire-collect"
  role   = var.role
  policy = data.aws_iam_policy_document.collector.json
}

# What is there could not be read, and waits for somebody.
resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "trailwire-dead-letters"
  alarm_description   = "CloudTrail files that trailwire collect could not settle."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
}

output "queue_url" {
  value = aws_sqs_queue.trail.url
}
