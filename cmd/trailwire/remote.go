package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/trailwire/trailwire/cmd/trailwire/internal/collect"
	"github.com/trailwire/trailwire/cmd/trailwire/internal/logfile"
)

// remote lists the files of s3://BUCKET/PREFIX. It leaves out digests and insights,
// which have no API calls in them. Listing and reading end with ctx.
func (p *program) remote(ctx context.Context, url string) ([]logfile.Remote, error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(url, logfile.RemotePrefix), "/")
	if bucket == "" {
		return nil, errors.New("there is no bucket in it: it must be s3://BUCKET/PREFIX")
	}
	aws, err := collect.Open(ctx, collect.Account{})
	if err != nil {
		return nil, err
	}
	var files []logfile.Remote
	err = aws.List(ctx, bucket, prefix, "", func(o collect.Object, _ time.Time) bool {
		if o.Aside() == "" {
			files = append(files, logfile.Remote{Name: o.String(), Size: o.Size, Open: func() (io.ReadCloser, error) { return aws.Open(ctx, o) }})
		}
		return true
	})
	return files, err
}
