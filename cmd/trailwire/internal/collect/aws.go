package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

// Account says as whom AWS is asked, beside what the SDK finds by itself: the
// environment, the shared files, a web identity, the metadata of ECS and EC2.
type Account struct {
	Region     string // empty for the SDK's own search
	Role       string // ARN of a role to assume; empty for none
	ExternalID string // which the role may ask for
}

// AWS has the clients of one identity. It is safe for concurrent use.
type AWS struct {
	config aws.Config
	files  *s3.Client
}

// Open finds the credentials. Nothing is asked of AWS yet.
func Open(ctx context.Context, a Account) (*AWS, error) {
	options := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})} // lines are the collector's
	if a.Region != "" {
		options = append(options, config.WithRegion(a.Region))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	if c.Region == "" {
		return nil, errors.New("no region is known: set AWS_REGION or --region")
	}
	if a.Role != "" {
		c.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c), a.Role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "trailwire-collect"
			if a.ExternalID != "" {
				o.ExternalID = &a.ExternalID
			}
		}))
	}
	return &AWS{config: c, files: s3.NewFromConfig(c, func(o *s3.Options) {
		// A server of one's own seldom has a name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil
	})}, nil
}

// identityTime is how long AWS may take to say who asks. Without a way to STS there is no
// answer.
const identityTime = 3 * time.Second

// Identity returns the ARN of who asks AWS, or of what the credentials are where AWS
// does not say. An error says why there are no credentials.
func (a *AWS) Identity(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, identityTime)
	defer cancel()
	if a.config.Credentials == nil {
		return "", errors.New("there are no credentials")
	}
	keys, err := a.config.Credentials.Retrieve(ctx)
	if err != nil {
		return "", meaning(err)
	}
	out, err := sts.NewFromConfig(a.config).GetCallerIdentity(ctx, nil, func(o *sts.Options) { o.RetryMaxAttempts = 1 })
	if err != nil {
		return fmt.Sprintf("access key %s (%s)", keys.AccessKeyID, keys.Source), nil
	}
	return aws.ToString(out.Arn), nil
}

// RegionOfQueue returns the region in the URL of a queue, empty if there is none.
func RegionOfQueue(queue string) string {
	u, err := url.Parse(queue)
	if err != nil {
		return ""
	}
	host := strings.TrimPrefix(strings.TrimPrefix(u.Hostname(), "sqs-fips."), "sqs.")
	region, rest, _ := strings.Cut(host, ".")
	if host == u.Hostname() || !strings.HasPrefix(rest, "amazonaws.") && !strings.HasPrefix(rest, "api.aws") {
		return ""
	}
	return region
}

// object is a place in an object that is read, again from where it was if the
// connection breaks.
type object struct {
	ctx    context.Context
	from   *AWS
	of     Object
	tag    *string // of the content: the rest must be of the same
	body   io.ReadCloser
	at     int64
	resume int // attempts that are left
}

// maxResumed is how often the rest of an object is asked for.
const maxResumed = 5

// Open implements [Store].
func (a *AWS) Open(ctx context.Context, o Object) (io.ReadCloser, error) {
	r := &object{ctx: ctx, from: a, of: o, resume: maxResumed}
	return r, r.open()
}

func (r *object) open() error {
	in := s3.GetObjectInput{Bucket: &r.of.Bucket, Key: &r.of.Key}
	if r.of.Version != "" {
		in.VersionId = &r.of.Version
	}
	if r.at > 0 {
		in.Range, in.IfMatch = aws.String(fmt.Sprintf("bytes=%d-", r.at)), r.tag
	}
	out, err := r.from.files.GetObject(r.ctx, &in, func(o *s3.Options) {
		if r.of.Region != "" && o.BaseEndpoint == nil {
			o.Region = r.of.Region
		}
	})
	if err != nil {
		return meaning(err)
	}
	r.body, r.tag = out.Body, out.ETag
	return nil
}

// Read implements [io.Reader].
func (r *object) Read(b []byte) (n int, err error) {
	n, err = r.body.Read(b)
	r.at += int64(n)
	if err == nil || err == io.EOF || r.ctx.Err() != nil || r.resume == 0 {
		return n, err
	}
	r.resume--
	_ = r.body.Close()
	if again := r.open(); again != nil {
		r.body, r.resume = http.NoBody, 0
		return n, errors.Join(err, again)
	}
	return n, nil
}

// Close implements [io.Closer].
func (r *object) Close() error { return r.body.Close() }

// meaning gives AWS's errors their meaning, and makes one line of them.
func meaning(err error) error {
	var api smithy.APIError
	var response *awshttp.ResponseError
	code, status := "", 0
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	switch {
	case code == "NoSuchKey" || code == "NoSuchVersion" || code == "NotFound":
		return fmt.Errorf("%w (%s)", ErrGone, code)
	case code == "InvalidObjectState":
		return fmt.Errorf("%w: the object is in an archive", ErrDenied)
	case status == http.StatusForbidden || strings.Contains(code, "AccessDenied") || strings.HasPrefix(code, "KMS."):
		text := ""
		if api != nil {
			text = ": " + api.ErrorMessage()
		}
		return fmt.Errorf("%w (%s%s)", ErrDenied, code, text)
	case api != nil:
		return fmt.Errorf("%s: %s", code, api.ErrorMessage())
	}
	return err
}

// sqsQueue is a queue of SQS.
type sqsQueue struct {
	client *sqs.Client
	url    string

	mu          sync.Mutex
	deadLetters *bool // once it is known
}

// Queue returns the queue with this URL.
func (a *AWS) Queue(url string) Queue {
	return &sqsQueue{client: sqs.NewFromConfig(a.config, func(o *sqs.Options) {
		if region := RegionOfQueue(url); region != "" && o.BaseEndpoint == nil {
			o.Region = region
		}
	}), url: url}
}

func (q *sqsQueue) String() string { return q.url }

// longestWait is SQS's own limit (ReceiveMessage, WaitTimeSeconds).
const longestWait = 20

func (q *sqsQueue) Receive(ctx context.Context, visibility time.Duration) (Message, bool, error) {
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: 1, WaitTimeSeconds: longestWait, VisibilityTimeout: seconds(visibility),
	})
	if err != nil || len(out.Messages) == 0 {
		return Message{}, false, meaning(err)
	}
	m := out.Messages[0]
	return Message{Body: aws.ToString(m.Body), Receipt: aws.ToString(m.ReceiptHandle)}, true, nil
}

func (q *sqsQueue) Hide(ctx context.Context, m Message, d time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.url, ReceiptHandle: &m.Receipt, VisibilityTimeout: seconds(d),
	})
	return meaning(err)
}

func seconds(d time.Duration) int32 { return int32(d / time.Second) }

func (q *sqsQueue) Delete(ctx context.Context, m Message) error {
	_, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: &m.Receipt})
	return meaning(err)
}

func (q *sqsQueue) HasDeadLetters(ctx context.Context) (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.deadLetters != nil {
		return *q.deadLetters, nil
	}
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameRedrivePolicy},
	})
	if err != nil {
		return false, meaning(err)
	}
	has := out.Attributes[string(types.QueueAttributeNameRedrivePolicy)] != ""
	q.deadLetters = &has
	return has, nil
}

// QueueState is what a queue says of itself. The numbers are SQS's approximations.
type QueueState struct {
	Waiting, InHand int
	DeadLetters     string // the ARN of the queue where what cannot be settled goes; empty for none
	Receives        int    // after so many times
}

// QueueState asks a queue for its state. No message is received.
func (a *AWS) QueueState(ctx context.Context, url string) (QueueState, error) {
	const waiting, delayed, inHand = types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	q := a.Queue(url).(*sqsQueue)
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{waiting, delayed, inHand, types.QueueAttributeNameRedrivePolicy},
	})
	if err != nil {
		return QueueState{}, meaning(err)
	}
	number := func(name types.QueueAttributeName) int {
		n, _ := strconv.Atoi(out.Attributes[string(name)]) // zero where SQS leaves it out
		return n
	}
	state := QueueState{Waiting: number(waiting) + number(delayed), InHand: number(inHand)}
	if text := out.Attributes[string(types.QueueAttributeNameRedrivePolicy)]; text != "" {
		var redrive struct {
			Target   string      `json:"deadLetterTargetArn"`
			Receives json.Number `json:"maxReceiveCount"` // a number, or one in quotation marks
		}
		if err := json.Unmarshal([]byte(text), &redrive); err != nil {
			return QueueState{}, fmt.Errorf("RedrivePolicy: %w", err)
		}
		receives, _ := redrive.Receives.Int64()
		state.DeadLetters, state.Receives = redrive.Target, int(receives)
	}
	return state, nil
}

// List calls visit with the objects of a bucket whose keys begin with prefix and come
// after the key after, in the order of their keys, until visit returns false.
func (a *AWS) List(ctx context.Context, bucket, prefix, after string, visit func(o Object, modified time.Time) bool) error {
	// A key may have characters that XML cannot have: with one such key, a list that is
	// not encoded cannot be read.
	pages := s3.NewListObjectsV2Paginator(a.files, &s3.ListObjectsV2Input{
		Bucket: &bucket, Prefix: nonEmpty(prefix), StartAfter: nonEmpty(after), EncodingType: s3types.EncodingTypeUrl,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return meaning(err)
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			if page.EncodingType == s3types.EncodingTypeUrl {
				if decoded, err := url.QueryUnescape(key); err == nil {
					key = decoded
				}
			}
			if !visit(Object{
				Bucket: bucket, Key: key, Size: aws.ToInt64(o.Size), Change: aws.ToString(o.ETag),
			}, aws.ToTime(o.LastModified)) {
				return nil
			}
		}
	}
	return nil
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
