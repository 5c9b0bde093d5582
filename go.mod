module github.com/trailwire/trailwire

go 1.25.0

require (
	github.com/json-iterator/go v1.1.12
	github.com/pelletier/go-toml/v2 v2.4.3
	github.com/tinylib/msgp v1.6.5
)

require (
	github.com/modern-go/concurrent v0.0.0-20180228061459-e0a39a4cb421 // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/stretchr/testify v1.9.0 // indirect
)
