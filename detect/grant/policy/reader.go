package policy

// Options say whose resource a policy is for, and what the caller does not want
// to hear of.
type Options struct {
	// Owner is the ID of the account that the resource belongs to. If it is
	// empty, or not an account ID, no principal can be told to be of the same
	// account, or of another.
	Owner string

	// Skip, if it is set, leaves out the grants for which it returns true. It is
	// asked before the list is cut to size, so that many grants which are left
	// out cannot crowd out one that is not. DenyBeside is not filled in yet.
	Skip func(*Grant) bool
}

// reader reads one policy.
type reader struct {
	owner     string
	skip      func(*Grant) bool
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

func newReader(o Options) *reader {
	r := &reader{skip: o.Skip}
	if isAccountID([]byte(o.Owner)) {
		r.owner = o.Owner
	}
	return r
}
