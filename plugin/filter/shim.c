/*
 * The symbols and callbacks that Fluent Bit sees. See doc.go for the contract.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "../search/search.h"
#include "host.h"
#include "signals.h"

static pid_t loaded_in;
static const char *unusable; /* why this host cannot run the filter */

void trailwire_log(struct flb_filter_instance *ins, int level, const char *message)
{
    if (flb_log_print == NULL) {
        fprintf(stderr, "[filter:trailwire] %s\n", message);
        return;
    }
    if (ins->log_level < level) {
        return;
    }
    flb_log_print(level, NULL, 0, "[filter:trailwire:%s] %s", trailwire_name(ins), message);
}

const char *trailwire_name(struct flb_filter_instance *ins)
{
    return flb_filter_name == NULL ? "trailwire" : flb_filter_name(ins);
}

const char *trailwire_property(struct flb_filter_instance *ins, const char *name)
{
    return flb_filter_get_property(name, ins);
}

void *trailwire_malloc(size_t size)
{
    return malloc(size);
}

/*
 * The first callback that a host makes: cb_pre_run since 2.2. Older hosts have
 * no such member and take it for cb_init, so that this is where they are told.
 */
static int pre_run(struct flb_filter_instance *ins, struct flb_config *config, void *data)
{
    (void) config;
    (void) data;

    if (flb_output_enable_multi_threading == NULL) {
        /* The instance of a host this old has another layout: do not touch it. */
        static const char *const line = "[filter:trailwire] this Fluent Bit is too old: "
                                        "2.2 or later is needed";
        if (flb_log_print != NULL) {
            flb_log_print(LOG_ERROR, NULL, 0, "%s", line);
        } else {
            fprintf(stderr, "%s\n", line);
        }
        return -1;
    }
    if (unusable != NULL) {
        trailwire_log(ins, LOG_ERROR, unusable);
        return -1;
    }
    if (getpid() != loaded_in) {
        trailwire_log(ins, LOG_ERROR, "cannot run in a daemonised process, whose fork has left "
                      "Go's threads behind: set Daemon Off and let the service manager do it");
        return -1;
    }
    return 0;
}

/* What the host keeps for an instance. */
struct context {
    uintptr_t handle;                      /* of the Go instance */
    const struct trailwire_search *search; /* NULL where everything is suspect */
    int sees_all;                          /* Go wants to see every chunk, to count it */
};

static int init(struct flb_filter_instance *ins, struct flb_config *config, void *data)
{
    struct context *context = calloc(1, sizeof(*context));
    sigset_t before;

    (void) config;
    (void) data;

    if (context == NULL) {
        trailwire_log(ins, LOG_ERROR, "no memory to start");
        return -1;
    }
    before = trailwire_hold_signals();
    context->handle = trailwireFilterInit(ins, (void **) &context->search, &context->sees_all);
    trailwire_release_signals(before);
    if (context->handle == 0) {
        free(context);
        return -1;
    }
    flb_filter_set_context(ins, context);
    return 0;
}

/* Nearly every chunk ends in the search: nothing in it could match. */
static int filter(const void *data, size_t size, const char *tag, int tag_len,
                  void **out_data, size_t *out_size,
                  struct flb_filter_instance *ins, struct flb_input_instance *input,
                  void *opaque, struct flb_config *config)
{
    const struct context *context = opaque;
    sigset_t before;
    size_t hit = 0;
    int verdict;

    (void) tag;
    (void) tag_len;
    (void) input;
    (void) config;

    if (data == NULL || size == 0 || context == NULL) {
        return FILTER_NOTOUCH;
    }
    if (context->search != NULL) {
        hit = trailwire_search_next(context->search, data, size, 0);
    }
    if (hit == size && !context->sees_all) {
        return FILTER_NOTOUCH;
    }
    before = trailwire_hold_signals();
    verdict = trailwireFilterChunk(context->handle, ins, (void *) data, size, hit, out_data, out_size);
    trailwire_release_signals(before);
    return verdict;
}

static int leave(void *opaque, struct flb_config *config)
{
    struct context *context = opaque;
    sigset_t before;

    (void) config;

    if (context != NULL) {
        before = trailwire_hold_signals();
        trailwireFilterExit(context->handle);
        trailwire_release_signals(before);
        free(context);
    }
    return 0;
}

__attribute__((visibility("default")))
struct flb_filter_plugin filter_trailwire_plugin = {
    .event_type = EVENT_LOGS,
    .name = "trailwire",
    .description = "Tag AWS CloudTrail records that match a detection rule",
    .cb_pre_run = pre_run,
    .cb_init = init,
    .cb_filter = filter,
    .cb_exit = leave,
};

/* Runs in dlopen, before the host copies the struct above. It must not call
 * Go, whose runtime is only starting then. */
__attribute__((constructor))
static void loaded(void)
{
    loaded_in = getpid();
    if (flb_filter_get_property == NULL || flb_filter_set_context == NULL ||
        flb_log_print == NULL || flb_config_map_create == NULL || flb_config_map_destroy == NULL) {
        unusable = "this host lacks functions that Fluent Bit 2.2 to 5.1 export to plugins";
        return;
    }
    filter_trailwire_plugin.config_map = trailwire_property_table();
    if (filter_trailwire_plugin.config_map == NULL) {
        unusable = "this Fluent Bit lays out its property table in a way this build does not "
                   "know (2.2 to 5.1 are known)";
    }
}
