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

// identityNames are what they are called.
var identityNames = [indexedIdentityKeys]string{
	identityType:           "type",
	identityPrincipalID:    "principalId",
	identityARN:            "arn",
	identityAccountID:      "accountId",
	identityAccessKeyID:    "accessKeyId",
	identityUserName:       "userName",
	identityInvokedBy:      "invokedBy",
	identitySessionContext: "sessionContext",
	identityOnBehalfOf:     "onBehalfOf",
	identityProvider:       "identityProvider",
}

func identityKey(key []byte) int {
	switch string(key) {
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

	session sessionMembers // of sessionContext, once one is asked for
}

func (i *identityMembers) read(m []byte) {
	i.of, i.plain = m, document.IsMap(m)
	clear(i.values[:])
	i.session.isRead = false
	pairs := document.OverMap(m)
	for pairs.Next() {
		key, ok := pairs.Name()
		if !ok {
			continue
		}
		if k := identityKey(key); k >= 0 {
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
	i := e.readIdentity()
	if i == nil {
		return nil, path
	}
	first, rest, _ := strings.Cut(path, ".")
	k := identityKey([]byte(first))
	if k < 0 || !i.plain {
		return i.of, path
	}
	return i.values[k], rest
}

// readIdentity returns the members of userIdentity, nil if there is none.
func (e *Event) readIdentity() *identityMembers {
	m := e.member(topUserIdentity)
	if len(m) == 0 {
		return nil
	}
	if len(e.identity.of) == 0 || &e.identity.of[0] != &m[0] {
		e.identity.read(m)
	}
	return &e.identity
}

// readSession returns the members of sessionContext.
func (i *identityMembers) readSession() *sessionMembers {
	switch {
	case i.session.isRead:
	case i.plain:
		i.session.read(i.values[identitySessionContext])
	default:
		i.session = sessionMembers{isRead: true}
	}
	return &i.session
}

// ofIdentity returns the value of a member of userIdentity.
func (e *Event) ofIdentity(k int) program.Value {
	if text, known := e.textAt(directInIdentity + direct(k)); known {
		return valueOf(text)
	}
	return e.inside(topUserIdentity, identityNames[k])
}

// ofSession returns the value of a member of userIdentity.sessionContext.
func (e *Event) ofSession(k int) program.Value {
	if text, known := e.textAt(directInSession + direct(k)); known {
		return valueOf(text)
	}
	return e.inside(topUserIdentity, sessionPaths[k])
}
