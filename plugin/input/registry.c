#include <pthread.h>
#include <stddef.h>

#include "registry.h"

/*
 * The instance that belongs to this thread. A pipeline has a thread of its own,
 * which lives as long as its configuration does. So this is never an instance
 * that was freed, even if another has its address.
 */
static __thread struct {
    struct flb_config *config;
    struct flb_input_instance *input;
} here;

/* The configurations that have an input. During a hot reload there are two. If
 * there are more than fit, the oldest is forgotten; then a message is less
 * exact. */
enum { CONFIGURATIONS = 16 };
static struct flb_config *known[CONFIGURATIONS];
static size_t next;
static size_t registered; /* configurations so far */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int find(struct flb_config *config)
{
    int i;

    for (i = 0; i < CONFIGURATIONS; i++) {
        if (known[i] == config) {
            return i;
        }
    }
    return -1;
}

int trailwire_input_register(struct flb_config *config, struct flb_input_instance *input)
{
    if (here.config == config) {
        return -1;
    }
    here.config = config;
    here.input = input;
    pthread_mutex_lock(&lock);
    if (find(config) < 0) {
        known[next] = config;
        next = (next + 1) % CONFIGURATIONS;
    }
    registered++;
    pthread_mutex_unlock(&lock);
    return 0;
}

struct flb_input_instance *trailwire_input_here(struct flb_config *config)
{
    return config != NULL && here.config == config ? here.input : NULL;
}

int trailwire_input_reloads(struct flb_config *config)
{
    int reloads;

    pthread_mutex_lock(&lock);
    reloads = registered > (here.config == config ? 1 : 0);
    pthread_mutex_unlock(&lock);
    return reloads;
}

int trailwire_input_exists(struct flb_config *config)
{
    int found;

    if (config == NULL) {
        return 0;
    }
    pthread_mutex_lock(&lock);
    found = find(config) >= 0;
    pthread_mutex_unlock(&lock);
    return found;
}

void trailwire_input_forget(struct flb_config *config)
{
    int i;

    pthread_mutex_lock(&lock);
    i = config == NULL ? -1 : find(config);
    if (i >= 0) {
        known[i] = NULL;
    }
    pthread_mutex_unlock(&lock);
}
