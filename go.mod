module github.com/trailwire/trailwire

go 1.26.0

// What each is for; the second list is what these need themselves.
require (
	github.com/IBM/fluent-forward-go v0.4.0 // the Forward protocol of internal/deliver: messages, handshake, acknowledgements
	github.com/aws/aws-sdk-go-v2 v1.48.0 // trailwire collect alone: AWS's credentials, endpoints, retries
	github.com/aws/aws-sdk-go-v2/config v1.33.18 // the same
	github.com/aws/aws-sdk-go-v2/credentials v1.21.0 // a role that is assumed
	github.com/aws/aws-sdk-go-v2/service/s3 v1.114.10 // log files
	github.com/aws/aws-sdk-go-v2/service/sqs v1.53.0 // messages about them
	github.com/aws/aws-sdk-go-v2/service/sts v1.52.0 // roles, and who asks
	github.com/aws/smithy-go v1.28.9 // what an error of AWS means
	github.com/fluent/fluent-bit-go v0.0.0-20230731091245-a7a013e2473c // the registration of an output with Fluent Bit's Go proxy; its decoder is what bench compares with
	github.com/google/uuid v1.6.0 // the rule_id that rules new writes
	github.com/json-iterator/go v1.1.12 // JSON as a stream of tokens, straight to MessagePack; its reflection is not used
	github.com/klauspost/compress v1.20.1 // log files in gzip, which it reads faster than the standard library
	github.com/maxmind/mmdbwriter v1.2.0 // tests alone: the databases that they look addresses up in
	github.com/oschwald/maxminddb-golang/v2 v2.9.0 // asn_database and geo_database are MMDB files
	github.com/pelletier/go-toml/v2 v2.4.3 // rule files are TOML, and errors in them need a line
	github.com/prometheus/client_golang v1.25.0 // the metrics of trailwire collect; tests of metrics_listen: a reader of the format
	github.com/prometheus/client_model v0.6.3 // a counter's value, for the summary of trailwire collect
	github.com/rivo/uniseg v0.4.7 // how many columns a text takes on a terminal: the lines of a table are cut there
	github.com/schollz/progressbar/v3 v3.19.1 // the progress of a scan on a terminal
	github.com/spf13/cobra v1.10.2 // the command line: subcommands, help, completion
	github.com/spf13/pflag v1.0.10 // the flags that are made of plugin properties (of cobra's types)
	github.com/tinylib/msgp v1.6.5 // MessagePack without allocating: everything in the program is a map of it
	github.com/yuin/goldmark v1.8.7 // the notes of rules are Markdown, which the report shows
	go.etcd.io/bbolt v1.5.0 // state_path: what rules remember, in a file that survives SIGKILL
	go.yaml.in/yaml/v3 v3.0.5 // Sigma rules are YAML, and errors in them need a line; tests read the configurations in conf and docs
	golang.org/x/sys v0.49.0 // a terminal to test the progress on
	golang.org/x/term v0.47.0 // whether the output is a terminal, and how wide
	golang.org/x/text v0.42.0 // log files in UTF-16
)

require (
	github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream v1.7.27 // indirect
	github.com/aws/aws-sdk-go-v2/feature/ec2/imds v1.20.9 // indirect
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.12 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.12 // indirect
	github.com/aws/aws-sdk-go-v2/internal/v4a v1.5.12 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding v1.13.25 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/checksum v1.11.13 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/presigned-url v1.14.12 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/s3shared v1.20.12 // indirect
	github.com/aws/aws-sdk-go-v2/service/signin v1.13.1 // indirect
	github.com/aws/aws-sdk-go-v2/service/sso v1.39.5 // indirect
	github.com/aws/aws-sdk-go-v2/service/ssooidc v1.44.5 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/ugorji/go/codec v1.1.7 // indirect
	go4.org/netipx v0.0.0-20231129151722-fdeea329fbba // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
