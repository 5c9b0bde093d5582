package detect

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/trailwire/trailwire/detect/alert"
	"github.com/trailwire/trailwire/detect/cloudtrail"
	"github.com/trailwire/trailwire/detect/document"
	"github.com/trailwire/trailwire/detect/grant"
	"github.com/trailwire/trailwire/detect/grant/call"
	"github.com/trailwire/trailwire/detect/grant/closing"
	"github.com/trailwire/trailwire/detect/grant/follow"
	"github.com/trailwire/trailwire/detect/grant/use"
	"github.com/trailwire/trailwire/detect/program"
	"github.com/trailwire/trailwire/detect/state"
)

// story is what became of a grant with the event at hand: it was used, or closed. It
// answers the fields trailwire.use.* and trailwire.closing.*.
type story struct {
	used   *alert.Used
	closed *alert.Closed
}

// Value implements [rule.Story].
func (s *story) Value(f cloudtrail.StoryField) program.Value {
	switch {
	case f.IsOfUse() && s.used != nil:
		return valueOfUse(s.used, f)
	case f.IsOfClosing() && s.closed != nil:
		return valueOfClosing(s.closed, f)
	}
	return program.Null()
}

func valueOfUse(u *alert.Used, f cloudtrail.StoryField) program.Value {
	switch f {
	case cloudtrail.UseAction:
		return textOrNull(u.Action)
	case cloudtrail.UseTakesOut:
		return program.Bool(u.TakesOut)
	case cloudtrail.UseAccount:
		return textOrNull(u.Account)
	case cloudtrail.UsePrincipal:
		return textOrNull(u.Principal)
	case cloudtrail.UseCount:
		return program.Int(int64(u.Count))
	case cloudtrail.UseLate:
		return program.Bool(u.Late)
	case cloudtrail.UseResource:
		return textOrNull(u.Grant.Resource)
	case cloudtrail.UseResourceType:
		return textOrNull(u.Grant.ResourceType)
	case cloudtrail.UseRelation:
		return textOrNull(u.Grant.Relation)
	case cloudtrail.UseGrantedBefore:
		return program.Bool(u.Grant.GrantedBefore)
	case cloudtrail.UseAfterClosing:
		return program.Bool(!u.Grant.ClosedAt.IsZero() && u.Last.After(u.Grant.ClosedAt))
	case cloudtrail.UseForgotten:
		return program.Bool(u.Grant.Forgotten)
	}
	return program.Null()
}

func valueOfClosing(c *alert.Closed, f cloudtrail.StoryField) program.Value {
	switch f {
	case cloudtrail.ClosingHow:
		return textOrNull(c.How)
	case cloudtrail.ClosingUsed:
		return program.Bool(c.Used)
	case cloudtrail.ClosingStood:
		return program.Int(int64(c.Stood / time.Second))
	case cloudtrail.ClosingAccount:
		return textOrNull(c.Grant.Account)
	case cloudtrail.ClosingPrincipal:
		return textOrNull(c.Grant.Principal)
	case cloudtrail.ClosingResource:
		return textOrNull(c.Grant.Resource)
	case cloudtrail.ClosingResourceType:
		return textOrNull(c.Grant.ResourceType)
	case cloudtrail.ClosingRelation:
		return textOrNull(c.Grant.Relation)
	}
	return program.Null()
}

func textOrNull(text string) program.Value {
	if text == "" {
		return program.Null()
	}
	return program.Text([]byte(text))
}

// followGrants finds out whether the event at hand opened a grant to an outsider, used one,
// or closed one, and raises the alerts about that. The alerts about the event itself, from
// the number on, are raised already: what they say of the opening is linked to.
func (v *Evaluator) followGrants(from int, when time.Time) {
	at := v.when(when)
	var stories []story
	if v.verdicts.replays() {
		stories = v.verdicts.recallStories()
	} else {
		stories = v.tell(from, at)
		v.verdicts.keepStories(stories)
	}
	for i := range stories {
		v.raiseStory(&stories[i], at)
	}
	if !v.verdicts.replays() {
		v.engine.related.Note(&v.event, at)
	}
}

// tell tells the ledger of the event at hand, and returns what became of grants with it. What
// was told of an event is told again when it comes again.
func (v *Evaluator) tell(from int, at time.Time) []story {
	if !v.isAboutGrants() {
		return nil
	}
	id := v.event.Text(cloudtrail.FieldEventID)
	if len(id) == 0 {
		return v.change(v.happened(from, at))
	}
	ledger, identity := v.engine.ledger, alert.AppendEvent(state.AppendValue(nil, id), &v.event)
	key := ledger.Key(identity)
	if told := ledger.Told(key); told != nil {
		stories, _ := readStories(told)
		return stories
	}
	e := v.happened(from, at)
	stories := v.change(e)
	ledger.Tell(key, appendStories(nil, stories), e)
	return stories
}

// change has the ledger note what the event at hand closes, opens and uses.
func (v *Evaluator) change(e *follow.Event) (stories []story) {
	ledger := v.engine.ledger
	if c, ok := closing.Read(&v.event); ok {
		stories = append(stories, closedStories(ledger.Close(&c, e))...)
	}
	if o := v.grants.Opening(); o != nil {
		var by follow.Origin
		by.Means, by.Statement, by.Qualifier = closing.Origin(&v.event, o)
		used, closed := ledger.Open(o, by, e)
		stories = append(append(stories, usedStories(used)...), closedStories(closed)...)
	}
	if u, ok := use.Read(&v.event); ok && !slices.Contains(v.engine.options.Exceptions.Accounts, u.Account) {
		stories = append(stories, usedStories(ledger.Use(&u, e))...)
		if u.AccessKey != "" {
			v.engine.related.NoteIssued(&v.event, u.AccessKey, strings.Join(u.Resources, ", ")+", by "+by(&u), e.At)
		}
	}
	return stories
}

// isAboutGrants reports whether the event at hand is of a call that can open, use or close a
// grant.
func (v *Evaluator) isAboutGrants() bool {
	source, name := v.event.Text(cloudtrail.FieldProvider), v.event.Text(cloudtrail.FieldAction)
	return call.Find(string(source), string(name)) != nil || use.Find(source, name) != nil || closing.IsListed(source, name)
}

// happened is what the ledger has to know of the event at hand.
func (v *Evaluator) happened(from int, at time.Time) *follow.Event {
	e := &follow.Event{
		ID: string(v.event.Text(cloudtrail.FieldEventID)),
		At: at, Now: v.now, Actor: string(v.event.Text(cloudtrail.FieldActor)),
	}
	if e.Actor == "" {
		e.Actor = string(v.event.Text(cloudtrail.FieldActorID))
	}
	risk := -1
	for i := from; i < len(v.found); i++ {
		if a := &v.found[i]; (a.Grant != nil || a.Opened != nil) && a.Rule.RiskScore > risk {
			risk, e.DedupKey = a.Rule.RiskScore, a.DedupKey
		}
	}
	return e
}

func usedStories(all []*alert.Used) (stories []story) {
	for _, u := range all {
		stories = append(stories, story{used: u})
	}
	return stories
}

func closedStories(all []*alert.Closed) (stories []story) {
	for _, c := range all {
		stories = append(stories, story{closed: c})
	}
	return stories
}

// The kinds of stories, as they are written.
const (
	writtenUse = iota
	writtenClosing
)

// appendStories writes stories, also if there are none.
func appendStories(dst []byte, stories []story) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(stories)))
	for _, s := range stories {
		if s.used != nil {
			dst = s.used.AppendMsg(append(dst, writtenUse))
		} else {
			dst = s.closed.AppendMsg(append(dst, writtenClosing))
		}
	}
	return dst
}

// readStories reads what appendStories wrote at the beginning of b, and returns the rest.
func readStories(b []byte) (stories []story, rest []byte) {
	n, size := binary.Uvarint(b)
	for b = b[max(size, 0):]; n > 0 && len(b) > 0; n-- {
		kind, written := b[0], b[1:]
		after, err := document.Skip(written)
		if err != nil {
			return stories, nil
		}
		var s story
		if written = written[:len(written)-len(after)]; kind == writtenUse {
			s.used = alert.ReadUsed(written)
		} else {
			s.closed = alert.ReadClosed(written)
		}
		if s.used != nil || s.closed != nil {
			stories = append(stories, s)
		}
		b = after
	}
	return stories, b
}

// raiseStory raises the alerts of the rules that a story matches.
func (v *Evaluator) raiseStory(s *story, at time.Time) {
	v.view.UseStory(s)
	v.view.Begin(&v.event)
	v.said.rule = nil
	for _, i := range v.engine.dispatch.onStories {
		r := &v.engine.rules[i]
		if v.view.Matches(r.query, r.fields) {
			v.add(r, alert.CoverRule, nil, func(a *alert.Alert) {
				if s.used != nil {
					a.Use(s.used)
				} else {
					a.Close(s.closed)
				}
			}, at)
		}
	}
	v.view.UseStory(nil)
	v.view.Begin(&v.event)
}

// showUses says in an alert about an opening which uses of it the owner's trail would show.
func (v *Evaluator) showUses(a *alert.Alert) {
	if a.Used != nil || a.Closed != nil || v.grants.Opening() == nil {
		return
	}
	shown := use.Visible(v.grants.Opening().ResourceType)
	for _, text := range []string{shown.Shown, shown.Needs} {
		if text != "" {
			a.Visible = append(a.Visible, text)
		}
	}
	if shown.Hidden != "" {
		a.NotVisible = []string{shown.Hidden}
	}
}

// by says in words who made a use.
func by(u *use.Use) string {
	if u.Account == "" {
		return grant.Printable(u.Principal)
	}
	return "account " + u.Account
}
