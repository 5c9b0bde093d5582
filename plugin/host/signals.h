/*
 * The host's signals, kept away from Go's stacks.
 *
 * Go wants signal handlers on an alternate stack (SA_ONSTACK). Fluent Bit's have
 * it when Go starts, which sees to that; but they install themselves anew at
 * each signal, with signal() (flb_signal_init, 3.2 to 5.1), and are without it
 * from then on. Such a handler on a thread that runs Go code runs on a
 * goroutine's stack, which may be 2 KB small. It overwrites the stacks beside
 * it, and Go ends the process at its next garbage collection. One reload in some
 * hundreds was seen to end so.
 *
 * So whatever runs Go code does not take these signals: neither Go's threads,
 * which are born without (signals.c), nor a thread of the host's while it is in
 * Go. The host's other threads do.
 */
#ifndef TRAILWIRE_SIGNALS_H
#define TRAILWIRE_SIGNALS_H

#include <signal.h>

/* trailwire_hold_signals makes the thread take none of the host's signals, and
 * returns what it took until then. */
sigset_t trailwire_hold_signals(void);
void trailwire_release_signals(sigset_t before);

#endif
