package deliver

import (
	"context"
	"sync"
	"syscall"
	"time"
)

// stdout writes alerts to the process's standard output, as lines of JSON.
type stdout struct{}

// standardOutput guards standard output, which all instances of the process
// share.
var standardOutput sync.Mutex

// Deliver implements [Destination].
func (stdout) Deliver(ctx context.Context, alerts []Alert) (delivered int, err error) {
	lines := appendLines(nil, alerts)
	standardOutput.Lock()
	defer standardOutput.Unlock()
	// Not os.Stdout, which ends the process if its reader has gone.
	for len(lines) > 0 {
		n, err := syscall.Write(1, lines)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN && ctx.Err() == nil: // a pipe that does not block
			time.Sleep(5 * time.Millisecond)
		case err != nil:
			return 0, err
		default:
			lines = lines[n:]
		}
	}
	return len(alerts), nil
}

// String implements [Destination].
func (stdout) String() string { return "stdout" }

// Close implements [Destination].
func (stdout) Close() error { return nil }
