package host

import (
	"os"
	"sync"
)

// Name is what this machine calls itself, for alerts to say where they were raised. In a container
// it is the container's name. It is asked for once.
var Name = sync.OnceValue(func() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "unknown"
	}
	return name
})
