#include <pthread.h>
#include <stdlib.h>

#include "host.h"
#include "timer.h"

struct trailwire_timer {
    pthread_mutex_t lock; /* held while tick runs */
    void (*tick)(void *); /* NULL after the end */
    void *data;
    pthread_t thread; /* whose event loop has the timer */
    struct flb_sched_timer *of_host;
};

static void fire(struct flb_config *config, void *opaque)
{
    struct trailwire_timer *timer = opaque;

    (void) config;

    pthread_mutex_lock(&timer->lock);
    if (timer->tick != NULL) {
        timer->tick(timer->data);
    }
    pthread_mutex_unlock(&timer->lock);
}

struct trailwire_timer *trailwire_timer_start(int milliseconds, void (*tick)(void *), void *data)
{
    struct trailwire_timer *timer;
    struct flb_sched *scheduler;

    if (flb_sched_ctx_get == NULL || flb_sched_timer_cb_create == NULL || flb_sched_timer_cb_destroy == NULL) {
        return NULL;
    }
    scheduler = flb_sched_ctx_get();
    timer = scheduler == NULL ? NULL : calloc(1, sizeof(*timer));
    if (timer == NULL) {
        return NULL;
    }
    pthread_mutex_init(&timer->lock, NULL);
    timer->tick = tick;
    timer->data = data;
    timer->thread = pthread_self();
    if (flb_sched_timer_cb_create(scheduler, TIMER_PERMANENT, milliseconds, fire, timer, &timer->of_host) != 0) {
        pthread_mutex_destroy(&timer->lock);
        free(timer);
        return NULL;
    }
    return timer;
}

/*
 * On the thread that has it, a timer is there until it is destroyed: a pipeline ends its
 * plugins before its scheduler. A processor of a threaded input is started on that
 * input's thread and ended on the pipeline's, when the thread and its timers are gone, or
 * are about to fire a last time. So the host's timer is not touched from another thread,
 * and this struct stays: a few bytes for each such end.
 */
void trailwire_timer_stop(struct trailwire_timer *timer)
{
    if (timer == NULL) {
        return;
    }
    pthread_mutex_lock(&timer->lock);
    timer->tick = NULL;
    pthread_mutex_unlock(&timer->lock);
    if (pthread_equal(pthread_self(), timer->thread)) {
        flb_sched_timer_cb_destroy(timer->of_host);
        pthread_mutex_destroy(&timer->lock);
        free(timer);
    }
}
