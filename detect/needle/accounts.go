package needle

import (
	"encoding/binary"
	"fmt"
	"sync"
)

// MaxAccount is the greatest id of an AWS account: twelve digits.
const MaxAccount = 999_999_999_999

// Accounts are ids of AWS accounts that are looked for beside needles. They are found
// wherever an event can have them:
//
//   - as text: twelve digits in a row, among more digits too;
//   - as a number in JSON or Java text, which has no leading zeros: a whole run of 8 to 11
//     digits. An id below 10,000,000 is not looked for as a shorter number: those are in every
//     event. Of 100,000 ids, one is so small;
//   - as MessagePack's integers of 32 and 64 bits. An id below 65,536 may also be an integer of
//     one to three bytes. Those are not looked for: they are in every event. Of 10,000,000
//     random ids less than one is so small;
//   - as a text with a JSON escape, since every escape \u00XX of a digit is a hit, even if
//     there are no ids.
//
// A number with a fraction or an exponent is nobody's id.
//
// It looks in the simplest way, as [Set] does, and any goroutine may use it. The zero value
// has no ids.
type Accounts struct {
	mu  sync.RWMutex
	ids map[uint64]struct{}
}

// Add adds an id. It fails if that has more than twelve digits.
func (a *Accounts) Add(id uint64) error {
	if id > MaxAccount {
		return fmt.Errorf("%d is not the id of an account: it has more than 12 digits", id)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ids == nil {
		a.ids = make(map[uint64]struct{})
	}
	a.ids[id] = struct{}{}
	return nil
}

// Remove removes an id, if it is there.
func (a *Accounts) Remove(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.ids, id)
}

// Len returns how many ids there are.
func (a *Accounts) Len() int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.ids)
}

// In reports whether one of the ids could be in data.
func (a *Accounts) In(data []byte) bool {
	if hasEscapedLetter(data) {
		return true
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.ids) > 0 && (a.inText(data) || a.inNumbers(data))
}

// The digits of an id, and how few of them are looked for in a number.
const accountDigits, shortestNumber = 12, 8

// inText goes from one run of digits to the next.
func (a *Accounts) inText(data []byte) bool {
	for i := 0; i < len(data); i++ {
		run := digitsOf(data[i:])
		if n := len(run); shortestNumber <= n && n < accountDigits && a.has(run) {
			return true
		}
		for from := 0; from+accountDigits <= len(run); from++ {
			if a.has(run[from : from+accountDigits]) {
				return true
			}
		}
		i += len(run)
	}
	return false
}

// digitsOf returns the digits that data begins with.
func digitsOf(data []byte) []byte {
	n := 0
	for n < len(data) && '0' <= data[n] && data[n] <= '9' {
		n++
	}
	return data[:n]
}

func (a *Accounts) has(digits []byte) bool {
	var id uint64
	for _, c := range digits {
		id = 10*id + uint64(c-'0')
	}
	_, ok := a.ids[id]
	return ok
}

// inNumbers tries each byte as the head of a MessagePack integer.
func (a *Accounts) inNumbers(data []byte) bool {
	for i, head := range data {
		after := data[i+1:]
		var id uint64
		switch {
		case (head == 0xce || head == 0xd2) && len(after) >= 4:
			id = uint64(binary.BigEndian.Uint32(after))
		case (head == 0xcf || head == 0xd3) && len(after) >= 8:
			id = binary.BigEndian.Uint64(after)
		default:
			continue
		}
		isSigned := head == 0xd2 || head == 0xd3
		if _, ok := a.ids[id]; ok && !(isSigned && after[0] >= 0x80) {
			return true
		}
	}
	return false
}
