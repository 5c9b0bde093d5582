package search

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/trailwire/trailwire/bench/workload"
	"github.com/trailwire/trailwire/detect"
)

// withAccounts returns the search for coverage all that watches n ids, none of which is in
// the data, and ordinary events in which it finds nothing.
func withAccounts(t testing.TB, n int) (*Search, *Accounts, []byte) {
	t.Helper()
	_, _, s := searchFor(t, ruleSets(t)["coverage all"])
	var data []byte
	for _, e := range workload.Mixed.Packed(1, 1000) {
		if s.Next(e, 0) == len(e) {
			data = append(data, e...)
		}
	}
	a := newAccounts(t)
	if n >= 0 {
		if err := s.Watch(a); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for a.Len() < n {
		add(t, a, r.Uint64N(1e12))
	}
	return s, a, data
}

func newAccounts(t testing.TB) *Accounts {
	t.Helper()
	a, err := NewAccounts()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func add(t testing.TB, a *Accounts, id uint64) {
	t.Helper()
	if err := a.Add(id); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkAccounts searches ordinary events for coverage all: alone, and with accounts of
// which none is in the events. Their own accounts are, ten times each.
func BenchmarkAccounts(b *testing.B) {
	for _, c := range []struct {
		name string
		ids  int
	}{{"not watched", -1}, {"no ids", 0}, {"1 id", 1}, {"1,000 ids", 1_000}, {"100,000 ids", 100_000}} {
		s, _, data := withAccounts(b, c.ids)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if at := s.Next(data, 0); at < len(data) {
					b.Fatalf("something was found at %d", at)
				}
			}
		})
	}
}

// BenchmarkFollowedGrants searches ordinary events as a filter with follow_grants does, with
// grants to so many accounts open, none of which is in the events.
func BenchmarkFollowedGrants(b *testing.B) {
	for _, feed := range []workload.Workload{workload.Mixed, workload.Invokes} {
		o := detect.DefaultOptions()
		o.Rules, o.FollowGrants = ruleSets(b)["coverage all"], true
		s, err := For(&o)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(s.Free)
		var data []byte
		for _, e := range feed.Packed(1, 1000) {
			if s.Next(e, 0) == len(e) {
				data = append(data, e...)
			}
		}
		r := rand.New(rand.NewPCG(1, 2))
		accounts := o.WatchAccounts.(*Accounts)
		for _, ids := range []int{0, 1, 1_000} {
			for accounts.Len() < ids {
				add(b, accounts, r.Uint64N(1e12))
			}
			b.Run(fmt.Sprintf("%s/%d accounts", feed.Name, ids), func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					if at := s.Next(data, 0); at < len(data) {
						b.Fatalf("something was found at %d", at)
					}
				}
			})
		}
	}
}
