package search

/*
#include "accounts.h"
*/
import "C"

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"

	"github.com/trailwire/trailwire/detect/needle"
)

// Accounts are ids of AWS accounts that searches look for beside their needles: see
// [Search.Watch]. Any goroutine may add and remove ids, and each search that begins after
// that knows it; searches wait for nobody. [needle.Accounts] says what is found.
//
// The ids live outside of Go's memory, as long as the Accounts or a Search that watches
// them does.
type Accounts struct {
	mu sync.Mutex // of those who add and remove
	c  *C.struct_trailwire_accounts
}

// NewAccounts returns a set without ids.
func NewAccounts() (*Accounts, error) {
	var seeds [16]byte
	rand.Read(seeds[:]) // never fails
	c := C.trailwire_accounts_new(C.uint64_t(binary.NativeEndian.Uint64(seeds[:8])), C.uint64_t(binary.NativeEndian.Uint64(seeds[8:])))
	if c == nil {
		return nil, errNoMemory
	}
	a := &Accounts{c: c}
	runtime.AddCleanup(a, func(c *C.struct_trailwire_accounts) { C.trailwire_accounts_release(c) }, c)
	return a, nil
}

// Add adds an id, if it is not there. It takes a time that does not depend on how many
// there are. It fails if the id has more than twelve digits, or if there is no memory: the
// set is then as it was.
func (a *Accounts) Add(id uint64) error {
	if id > needle.MaxAccount {
		return fmt.Errorf("%d is not the id of an account: it has more than 12 digits", id)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	defer runtime.KeepAlive(a)
	if C.trailwire_accounts_add(a.c, C.uint64_t(id)) != 0 {
		return errNoMemory
	}
	return nil
}

// Remove removes an id, if it is there.
func (a *Accounts) Remove(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer runtime.KeepAlive(a)
	C.trailwire_accounts_remove(a.c, C.uint64_t(id))
}

// Len returns how many ids there are.
func (a *Accounts) Len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer runtime.KeepAlive(a)
	return int(C.trailwire_accounts_count(a.c))
}

// room returns how many ids the newest table has room for.
func (a *Accounts) room() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer runtime.KeepAlive(a)
	return int(C.trailwire_accounts_room(a.c))
}
