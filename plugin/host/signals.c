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
 * Go starts its first thread in a constructor, of no priority, of the library.
 * One with a priority runs before it, and one of ours without, which is linked
 * behind it, after it. The first thread and all that come of it have the mask
 * that is set between. A test looks at them.
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
