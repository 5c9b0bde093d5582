package rule

import (
	"bytes"
	"io/fs"
	"syscall"
)

// usualSize is longer than nearly every rule file.
const usualSize = 64 << 10

// readFile returns what is in a file. It is read into a buffer, which grows to the size of the largest file.
//
// [os.ReadFile] also asks the kernel, in six calls, whether it can tell when there is more to read, which it cannot
// of a file on a disk: that is more than half of the time that reading a rule takes.
func readFile(path string, buffer *[]byte) ([]byte, error) {
	file, err := uninterrupted(func() (int, error) { return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer syscall.Close(file)
	if *buffer == nil {
		*buffer = make([]byte, usualSize)
	}
	for n := 0; ; {
		if n == len(*buffer) {
			*buffer = append(*buffer, make([]byte, n)...)
		}
		read, err := uninterrupted(func() (int, error) { return syscall.Read(file, (*buffer)[n:]) })
		switch {
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		case read == 0:
			return bytes.Clone((*buffer)[:n]), nil
		}
		n += read
	}
}

// uninterrupted makes a system call again where a signal has ended it.
func uninterrupted(call func() (int, error)) (n int, err error) {
	for err = syscall.EINTR; err == syscall.EINTR; {
		n, err = call()
	}
	return n, err
}
