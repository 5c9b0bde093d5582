/*
 * Timers of the host, for what is to happen although no chunk comes.
 */
#ifndef TRAILWIRE_TIMER_H
#define TRAILWIRE_TIMER_H

struct trailwire_timer;

/* trailwire_timer_start calls tick each so many milliseconds, on the thread that calls
 * this and between its other work, until trailwire_timer_stop. It returns NULL if the
 * host or this thread has no timers, or there is no memory. */
struct trailwire_timer *trailwire_timer_start(int milliseconds, void (*tick)(void *), void *data);

/* trailwire_timer_stop ends a timer; NULL is allowed. Any thread may call it, but tick:
 * when it returns, tick does not run and is not called any more. */
void trailwire_timer_stop(struct trailwire_timer *);

#endif
