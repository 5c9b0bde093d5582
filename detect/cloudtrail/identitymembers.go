package cloudtrail

import (
	"bytes"
	"strings"

	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/program"
)

// The members of userIdentity that rules ask for most.
const (
	identityType = iota
	identityPrincipalID
	identityARN
	identityAccountID
	identityAccessKeyID
	identityUserName
	identityInvokedBy
	identitySessionContext
	identityOnBehalfOf
	identityProvider
	indexedIdentityKeys
)

func identityKey(key string) int {
	switch key {
	case "type":
		return identityType
	case "principalId":
		return identityPrincipalID
	case "arn":
		return identityARN
	case "accountId":
		return identityAccountID
	case "accessKeyId":
		return identityAccessKeyID
	case "userName":
		return identityUserName
	case "invokedBy":
		return identityInvokedBy
	case "sessionContext":
		return identitySessionContext
	case "onBehalfOf":
		return identityOnBehalfOf
	case "identityProvider":
		return identityProvider
	}
	return -1
}

// identityMembers has where in an identity its members are, so that it is walked through once for all
// fields that are read from it.
type identityMembers struct {
	of     []byte // the identity that was read
	plain  bool   // it is a map, and no key in it is a dotted path
	values [indexedIdentityKeys][]byte
}

func (i *identityMembers) read(m []byte) {
	i.of, i.plain = m, document.IsMap(m)
	clear(i.values[:])
	pairs := document.OverMap(m)
	for pairs.Next() {
		key, ok := pairs.Name()
		if !ok {
			continue
		}
		if k := identityKey(string(key)); k >= 0 {
			i.values[k] = pairs.Value
		} else if bytes.IndexByte(key, '.') >= 0 {
			i.plain = false
		}
	}
	i.plain = i.plain && pairs.Err() == nil
}

// insideIdentity returns the values at a path below userIdentity.
func (e *Event) insideIdentity(path string) program.Value {
	value, rest := e.identityAt(path)
	if len(value) == 0 {
		return program.Null()
	}
	return e.at(value, rest)
}

// identityAt returns a value in userIdentity below which the path goes on as rest.
func (e *Event) identityAt(path string) (value []byte, rest string) {
	m := e.member(topUserIdentity)
	if len(m) == 0 {
		return nil, path
	}
	if len(e.identity.of) == 0 || &e.identity.of[0] != &m[0] {
		e.identity.read(m)
	}
	first, rest, _ := strings.Cut(path, ".")
	k := identityKey(first)
	if k < 0 || !e.identity.plain {
		return m, path
	}
	return e.identity.values[k], rest
}
