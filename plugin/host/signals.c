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
