/*
 * What Go's threads are born with.
 *
 * Go starts its first thread in a constructor of the library that has no
 * priority. A constructor of ours that has one runs before it. Another without
 * one, which is linked after it, runs after it. Go's first thread, and every
 * thread that it starts, keeps the signal mask and the timer slack that are set in
 * between. Tests look at both.
 */
#include <sys/prctl.h>

#include "signals.h"

/*
 * How late a timer of Go's threads may be, in nanoseconds: prctl(2), PR_SET_TIMERSLACK.
 *
 * A thread of Go's runtime (sysmon) watches those that run Go code. It sleeps for 20 microseconds at a
 * time, and for longer, up to 10 milliseconds, once it finds nothing to do. Each chunk that enters Go makes it
 * begin with 20 again. With rules that look at a quarter of the events that took 4 % of a pipeline's processor
 * time; with this slack it takes 0.6 %. Nothing in Go relies on the short pauses. Other timers of Go's threads,
 * such as an output's, may be as late.
 */
enum { SLACK = 10 * 1000 * 1000 };

static sigset_t signals_of_host;
static int slack_of_host;

__attribute__((constructor(101)))
static void prepare_before_go_starts(void)
{
    signals_of_host = trailwire_hold_signals();
    slack_of_host = prctl(PR_GET_TIMERSLACK);
    if (slack_of_host >= 0 && slack_of_host < SLACK) {
        prctl(PR_SET_TIMERSLACK, (unsigned long) SLACK);
    }
}

__attribute__((constructor))
static void restore_after_go_has_started(void)
{
    if (slack_of_host > 0) {
        prctl(PR_SET_TIMERSLACK, (unsigned long) slack_of_host);
    }
    trailwire_release_signals(signals_of_host);
}
