#include <pthread.h>
#include <stddef.h>

#include "signals.h"

sigset_t trailwire_hold_signals(void)
{
    static const int of_hosts[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCONT, SIGUSR1, SIGUSR2 };
    sigset_t held, before;
    size_t i;

    sigemptyset(&held);
    for (i = 0; i < sizeof(of_hosts) / sizeof(of_hosts[0]); i++) {
        sigaddset(&held, of_hosts[i]);
    }
    pthread_sigmask(SIG_BLOCK, &held, &before);
    return before;
}

void trailwire_release_signals(sigset_t before)
{
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/*
 * Go starts its first thread in a constructor of the library that has no
 * priority. A constructor of ours that has one runs before it. Another without
 * one, which is linked after it, runs after it. Go's first thread, and every
 * thread that it starts, keeps the signal mask that is set in between. A test
 * looks at these masks.
 */
static sigset_t before_go;

__attribute__((constructor(101)))
static void hold_before_go_starts(void)
{
    before_go = trailwire_hold_signals();
}

__attribute__((constructor))
static void release_after_go_has_started(void)
{
    trailwire_release_signals(before_go);
}
