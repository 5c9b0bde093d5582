package follow

import (
	"encoding/binary"
	"sort"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/grant/use"
	"github.com/trailwire/trailwire/detect/state"
)

// What is left of a grant that was given up is a number: the account, or a hash of the
// resource if others got in. So a million of them take eight megabytes, and somebody who
// opens a million grants to be forgotten is still told of.
const (
	lostBuckets = 1024
	lostBytes   = 8
	ofResource  = 1 << 63 // the bit that an account's number does not have
)

// noteEvicted notes the grants that the memory has given up: their uses are still found,
// without details.
func (l *Ledger) noteEvicted(e *Event) {
	for range 4 { // to note one may push out another
		all := l.watch.takeEvicted()
		if len(all) == 0 {
			return
		}
		for _, g := range all {
			for _, id := range g.accounts {
				if !l.keepLost(id, e) {
					l.watch.remove([]uint64{id}) // it is there already, and looked for
				}
			}
			if g.resource != "" {
				l.keepLost(l.lostResource(g.resource), e)
			}
		}
	}
}

func (l *Ledger) lostResource(resource string) uint64 {
	return l.key(keyOfLost, resource).Hash() | ofResource
}

// bucket returns the key of what a lost number is kept under.
func (l *Ledger) bucket(number uint64) state.Key {
	written := binary.BigEndian.AppendUint64(l.lost.Begin(nil), number*0x9e3779b97f4a7c15>>54%lostBuckets)
	return state.KeyOf(written)
}

// keepLost keeps a number, and reports whether it was not there.
func (l *Ledger) keepLost(number uint64, e *Event) (isNew bool) {
	l.lost.Update(l.bucket(number), e.At, e.Now, func(kept []byte) []byte {
		i, found := findLost(kept, number)
		if isNew = !found; found {
			return kept
		}
		changed := make([]byte, 0, len(kept)+lostBytes)
		changed = append(changed, kept[:i*lostBytes]...)
		changed = binary.BigEndian.AppendUint64(changed, number)
		return append(changed, kept[i*lostBytes:]...)
	})
	return isNew
}

// findLost returns where a number is among the kept ones, or would be.
func findLost(kept []byte, number uint64) (i int, found bool) {
	at := func(i int) uint64 { return binary.BigEndian.Uint64(kept[i*lostBytes:]) }
	n := len(kept) / lostBytes
	i = sort.Search(n, func(i int) bool { return at(i) >= number })
	return i, i < n && at(i) == number
}

// lostAccounts are the accounts in a bucket.
func lostAccounts(kept []byte) (accounts []uint64) {
	for ; len(kept) >= lostBytes; kept = kept[lostBytes:] {
		if number := binary.BigEndian.Uint64(kept); number&ofResource == 0 {
			accounts = append(accounts, number)
		}
	}
	return accounts
}

// isLost reports whether a number is kept.
func (l *Ledger) isLost(number uint64) bool {
	_, found := findLost(l.lost.Kept(nil, l.bucket(number)), number)
	return found
}

// useOfLost notes a use that a grant may have let in that was given up.
func (l *Ledger) useOfLost(u *use.Use, resource string, account uint64, e *Event) (story *alert.Used, found bool) {
	if !(account != 0 && l.isLost(account)) && !l.isLost(l.lostResource(resource)) {
		return nil, false
	}
	l.lostUses.Update(l.key(keyOfLostUse, resource+" "+accountText(account)), e.At, e.Now, func(kept []byte) []byte {
		o := open{resource: cut(resource), resourceType: u.Type}
		for _, w := range readWaiting(kept) {
			o.usages = append(o.usages, w.usage)
		}
		if n, due := o.count(u, account, e, &l.dropped); due {
			story = o.usedStory(n, u, e)
			story.Grant.Forgotten, story.Grant.Account = true, u.Account
		}
		all := make([]waiting, len(o.usages))
		for i := range all {
			all[i].usage = o.usages[i]
		}
		return appendWaiting(nil, all)
	})
	return story, true
}
