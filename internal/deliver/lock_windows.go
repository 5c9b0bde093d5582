package deliver

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// On Windows nothing delivers to a file: the plugin is for Linux. The command line is
// built of this package for its connections, and this keeps the promise all the same.

// lockedByte is the one byte that is locked, far after the end of any file: a lock on
// bytes that are there would keep others from reading them.
var lockedByte = windows.Overlapped{OffsetHigh: 0x7fffffff}

// isLocked says whether another one has the lock on f. If not, f has it now, or the file
// system has no locks.
func isLocked(f *os.File) bool {
	place := lockedByte
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place)
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// unlock gives the lock on f back.
func unlock(f *os.File) {
	place := lockedByte
	_ = windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &place)
}
