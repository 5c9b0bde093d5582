//go:build unix

package deliver

import (
	"os"
	"syscall"
)

// isLocked says whether another one has the lock on f (flock). If not, f has it now, or
// the file system has no locks.
func isLocked(f *os.File) bool {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case syscall.EWOULDBLOCK:
			return true
		case syscall.EINTR:
		default:
			return false
		}
	}
}

// unlock gives the lock on f back.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
