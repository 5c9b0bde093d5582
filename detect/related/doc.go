// Package related remembers, in bounded memory, the last calls of each actor and of each
// access key, so that an alert can say what else the same actor did.
//
// It keeps calls of a short list alone (calls.go): those that let somebody in, as
// [call.Table] has them, and those that change code, give an identity more rights, add a
// way in, or switch logging off. A call that failed is kept too, and marked: it says what
// somebody tried.
//
// # Actors
//
// An actor is known by the ARN of the event's identity, or by its principal id where it
// has none. The access key is a second handle: the calls of a role session are under both,
// and [Memory.Of] returns the union, each event once. Somebody without any of them, such
// as an AWS service or an unsigned caller, has no past here.
//
// # Time
//
// All times are those of events, which the caller passes and keeps from being in the
// future. Events may come in any order. The order of arrival decides only which actor is
// given up.
//
// # Bounds
//
// A memory holds [PerActor] calls of each of [Actors] actors, and of as many access keys. A
// call has at most 448 bytes of text. All of it takes 90 MB if somebody fills it with the
// longest texts, and a quarter of that as calls are. Further calls of an actor push out its own oldest
// ones. An actor more pushes out the one that is longest without a call, but where the
// sessions of one role, or the users of one account, hold more than an eighth of the place,
// it is one of theirs. Places are spread by a keyed hash, so that nobody can choose whose
// place they take.
//
// What is left to an attacker: one who can write events as several thousand actors of many
// roles and accounts, within the time that an actor makes no call of the list, makes the
// memory forget that actor; [Memory.Evicted] counts it. One who can write an event with
// another's ARN or access key can add calls to that past, and with twenty push it out, as
// one can with any log whose source is open.
package related
