package policy

import "sync"

// Options say whose resource a policy is for, and what the caller does not want
// to hear of.
type Options struct {
	// Owner is the ID of the account that the resource belongs to. If it is
	// empty, or not an account ID, no principal can be told to be of the same
	// account, or of another.
	Owner string

	// OmitOwn leaves out what stays within the owner's account: the relation
	// same_account, and services that act for the account. OmitUnboundServices
	// leaves out services that nothing binds. Both are decided before anything is
	// made of a grant, so that a policy for the own account costs no memory.
	OmitOwn, OmitUnboundServices bool

	// Skip, if it is set, leaves out the grants for which it returns true. It is
	// asked before the list is cut to size, so that many grants which are left
	// out cannot crowd out one that is not. DenyBeside is not filled in yet.
	Skip func(*Grant) bool
}

// reader reads one policy.
type reader struct {
	owner     string
	options   Options
	list      List
	hasDeny   bool
	statement statement
	scope     scope

	// made counts the grants that were made of the statement, and listed has
	// their principals once they are more than a few, so that a principal which
	// is written many times costs no more than a look.
	made   int
	listed map[string]PrincipalType
}

// readers are those that nobody uses.
var readers = sync.Pool{New: func() any { return new(reader) }}

func newReader(o Options) *reader {
	r := readers.Get().(*reader)
	r.options = o
	if isAccountID([]byte(o.Owner)) {
		r.owner = o.Owner
	}
	return r
}

// release gives the reader back, without what it has read.
func (r *reader) release() {
	*r = reader{}
	readers.Put(r)
}

// omits reports whether the options leave out a verdict.
func (o *Options) omits(v *verdict) bool {
	switch v.relation {
	case RelationSameAccount:
		return o.OmitOwn
	case RelationService:
		return o.OmitOwn && v.binding == BindingOwn || o.OmitUnboundServices && v.binding == BindingUnbound
	}
	return false
}
