/*
 * The host's signals, kept away from Go's stacks.
 *
 * Go wants signal handlers on an alternate stack (SA_ONSTACK), and sets that
 * flag on Fluent Bit's handlers when it starts. But these handlers install
 * themselves again at each signal, with signal() (flb_signal_init, 3.2 to 5.1),
 * and then lack the flag. Such a handler on a thread that runs Go code runs on a
 * goroutine's stack, which may be 2 KB small. It overwrites the stacks beside
 * it, and Go ends the process at its next garbage collection. One reload in some
 * hundreds was seen to end so.
 *
 * So no thread takes these signals while it runs Go code: Go's own threads
 * start with them blocked (signals.c), and a thread of the host's blocks them
 * while it is in Go. The host's other threads take them.
 */
#ifndef TRAILWIRE_SIGNALS_H
#define TRAILWIRE_SIGNALS_H

#include <signal.h>

/* trailwire_hold_signals makes the thread take none of the host's signals, and
 * returns what it took until then. */
sigset_t trailwire_hold_signals(void);
void trailwire_release_signals(sigset_t before);

#endif
