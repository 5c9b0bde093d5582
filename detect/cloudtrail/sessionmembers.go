package cloudtrail

import (
	"bytes"

	"github.com/trailwire/trailwire/detect/document"
)

// The members of sessionContext that rules and alerts ask for most.
const (
	sessionMFA = iota
	sessionCreated
	issuerType
	issuerPrincipalID
	issuerARN
	issuerAccountID
	issuerUserName
	indexedSessionKeys
)

// sessionPaths are their paths below userIdentity.
var sessionPaths = [indexedSessionKeys]string{
	sessionMFA:        "sessionContext.attributes.mfaAuthenticated",
	sessionCreated:    "sessionContext.attributes.creationDate",
	issuerType:        "sessionContext.sessionIssuer.type",
	issuerPrincipalID: "sessionContext.sessionIssuer.principalId",
	issuerARN:         "sessionContext.sessionIssuer.arn",
	issuerAccountID:   "sessionContext.sessionIssuer.accountId",
	issuerUserName:    "sessionContext.sessionIssuer.userName",
}

func attributeKey(key []byte) int {
	switch string(key) {
	case "mfaAuthenticated":
		return sessionMFA
	case "creationDate":
		return sessionCreated
	}
	return -1
}

func issuerKey(key []byte) int {
	switch string(key) {
	case "type":
		return issuerType
	case "principalId":
		return issuerPrincipalID
	case "arn":
		return issuerARN
	case "accountId":
		return issuerAccountID
	case "userName":
		return issuerUserName
	}
	return -1
}

// sessionMembers has where in a sessionContext its members are.
type sessionMembers struct {
	isRead bool
	plain  bool // it is missing or a map of maps, and no key on the way to a member is a dotted path
	values [indexedSessionKeys][]byte
}

// read reads the members of a sessionContext, which may be missing.
func (s *sessionMembers) read(m []byte) {
	s.isRead, s.plain = true, true
	clear(s.values[:])
	if len(m) == 0 {
		return
	}
	var attributes, issuer []byte
	s.plain = document.IsMap(m)
	pairs := document.OverMap(m)
	for pairs.Next() {
		key, _ := pairs.Name()
		switch {
		case string(key) == "attributes":
			attributes = pairs.Value
		case string(key) == "sessionIssuer":
			issuer = pairs.Value
		case bytes.IndexByte(key, '.') >= 0:
			s.plain = false
		}
	}
	if s.plain {
		s.readInside(attributes, attributeKey)
		s.readInside(issuer, issuerKey)
	}
}

func (s *sessionMembers) readInside(m []byte, indexOf func(key []byte) int) {
	if len(m) == 0 {
		return
	}
	s.plain = s.plain && document.IsMap(m)
	pairs := document.OverMap(m)
	for pairs.Next() {
		if key, ok := pairs.Name(); ok {
			if k := indexOf(key); k >= 0 {
				s.values[k] = pairs.Value
			}
		}
	}
}
