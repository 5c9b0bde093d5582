/*
 * The symbols and callbacks that Fluent Bit sees. See doc.go for the contract.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "../../internal/search/search.h"
#include "../host/onefile.h"
#include "../host/resident.h"
#include "../host/signals.h"
#include "../host/timer.h"
#include "../input/registry.h"
#include "shim.h"

static pid_t loaded_in;
static const char *unusable; /* why this host cannot run the filter */

const char *trailwire_unusable(void)
{
    return unusable;
}

void trailwire_log(struct flb_filter_instance *ins, int level, const char *message)
{
    if (flb_log_print == NULL) {
        fprintf(stderr, "[filter:trailwire] %s\n", message);
        return;
    }
    if (ins->log_level != NO_LOG_LEVEL && ins->log_level < level) {
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

void *trailwire_realloc(void *memory, size_t size)
{
    return realloc(memory, size);
}

void trailwire_alerts_free(struct trailwire_alerts *alerts)
{
    size_t i;

    for (i = 0; i < alerts->count; i++) {
        free(alerts->batches[i].tag);
        free(alerts->batches[i].records);
    }
    free(alerts->batches);
    free(alerts->verdicts);
    memset(alerts, 0, sizeof(*alerts));
}

/*
 * The first callback that a host makes: cb_pre_run since 2.2. Older hosts have
 * no such member and take it for cb_init: they are refused here.
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
    if (unusable == NULL) {
        unusable = trailwire_second_file();
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
    const struct trailwire_search *search; /* NULL if everything is suspect */
    int sees_all;                          /* Go has to count every chunk */
    int raises;                            /* alerts are records of their own: alert_tag */
    int tags_records;                      /* the record gets its alert, too */
    struct flb_config *config;             /* whose input trailwire gets the alerts */
    struct trailwire_timer *timer;         /* NULL for none */
};

/* The statistics, on the host's thread. has_timer is zero where there is no timer to
 * bring them. */
static void tell(struct context *context, int has_timer)
{
    sigset_t before = trailwire_hold_signals();

    trailwireFilterTick(context->handle, has_timer);
    trailwire_release_signals(before);
}

static void tick(void *context)
{
    tell(context, 1);
}

static int init(struct flb_filter_instance *ins, struct flb_config *config, void *data)
{
    struct context *context = calloc(1, sizeof(*context));
    struct trailwire_started started = {
        .input = trailwire_input_exists(config), .config = (uintptr_t) config,
    };
    sigset_t before;

    (void) data;

    if (context == NULL) {
        trailwire_log(ins, LOG_ERROR, "no memory to start");
        return -1;
    }
    before = trailwire_hold_signals();
    context->handle = trailwireFilterInit(ins, &started);
    trailwire_release_signals(before);
    trailwire_leave_file();
    if (context->handle == 0) {
        free(context);
        return -1;
    }
    context->search = started.search;
    context->sees_all = started.sees_all;
    context->raises = started.raises;
    context->tags_records = started.tags_records;
    context->config = config;
    if (started.timer > 0) {
        context->timer = trailwire_timer_start(started.timer, tick, context);
        if (context->timer == NULL) {
            tell(context, 0);
        }
    }
    flb_filter_set_context(ins, context);
    return 0;
}

/*
 * Appends the alerts to the input. Before it returns, the host writes them into
 * the input's storage and runs its filters on them, ours among them: this thread
 * must not be in Go. Records of one tag stay in order: after the first batch
 * that is not taken the rest is not tried.
 */
static enum trailwire_reason append(struct flb_input_instance *to, const struct trailwire_alerts *alerts,
                                    size_t *taken)
{
    const struct trailwire_batch *batch;

    for (*taken = 0; *taken < alerts->count; (*taken)++) {
        batch = &alerts->batches[*taken];
        /* Told how many records there are, the host does not unpack them to count. */
        if (flb_input_log_append_records(to, batch->count, batch->tag, batch->tag_len,
                                         batch->records, batch->size) != 0) {
            return NOT_TAKEN;
        }
    }
    return TAKEN;
}

/* How many threads are in Go with a chunk, or wait for a processor of Go's. */
static atomic_int inside;

static sigset_t enter(void)
{
    static atomic_int crowded;
    sigset_t before = trailwire_hold_signals();

    if (atomic_fetch_add(&inside, 1) > 0 && !atomic_exchange(&crowded, 1)) {
        trailwireFilterCrowded();
    }
    return before;
}

static void come_back(sigset_t before)
{
    atomic_fetch_sub(&inside, 1);
    trailwire_release_signals(before);
}

/*
 * Raises the alerts of a chunk and sends them to the input. If the input does
 * not take them or cannot be reached, they are tagged in the chunk: none is
 * dropped.
 */
static int raise_alerts(struct context *context, const void *data, size_t size, size_t hit,
                 const char *tag, int tag_len, void **out_data, size_t *out_size,
                 struct flb_filter_instance *ins)
{
    struct flb_input_instance *to = trailwire_input_here(context->config);
    enum trailwire_reason reason = TAKEN;
    struct trailwire_alerts alerts;
    int verdict = FILTER_NOTOUCH;
    size_t taken = 0;
    sigset_t before;

    memset(&alerts, 0, sizeof(alerts));
    before = enter();
    trailwireFilterRaise(context->handle, ins, (void *) data, size, hit, (char *) tag, tag_len, &alerts);
    come_back(before);
    if (alerts.count == 0 && !alerts.incomplete && !context->tags_records) {
        return FILTER_NOTOUCH;
    }
    if (alerts.incomplete) {
        reason = NO_MEMORY;
    } else if (to != NULL) {
        reason = append(to, &alerts, &taken);
    } else if (alerts.count > 0) {
        reason = trailwire_input_exists(context->config) ? OTHER_THREAD : NO_INPUT;
    }
    if (reason != TAKEN || context->tags_records) {
        before = enter();
        verdict = trailwireFilterTag(context->handle, ins, (void *) data, size, hit, &alerts, taken,
                                     reason, out_data, out_size);
        come_back(before);
    }
    trailwire_alerts_free(&alerts);
    return verdict;
}

/*
 * Nearly every chunk ends in the search: nothing in it could match. What comes from
 * the input trailwire is an alert already, and raises none.
 */
static int filter(const void *data, size_t size, const char *tag, int tag_len,
                  void **out_data, size_t *out_size,
                  struct flb_filter_instance *ins, struct flb_input_instance *input,
                  void *opaque, struct flb_config *config)
{
    struct context *context = opaque;
    sigset_t before;
    size_t hit = 0;
    int verdict;

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
    if (input != NULL && input == trailwire_input_here(context->config)) {
        return FILTER_NOTOUCH;
    }
    if (context->raises) {
        return raise_alerts(context, data, size, hit, tag, tag_len, out_data, out_size, ins);
    }
    before = enter();
    verdict = trailwireFilterChunk(context->handle, ins, (void *) data, size, hit, out_data, out_size);
    come_back(before);
    return verdict;
}

static int leave(void *opaque, struct flb_config *config)
{
    struct context *context = opaque;
    sigset_t before;

    (void) config;

    if (context != NULL) {
        trailwire_timer_stop(context->timer);
        trailwire_input_forget(context->config);
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
    unusable = trailwire_look_for_files();
    if (unusable != NULL) {
        return;
    }
    if (flb_filter_get_property == NULL || flb_filter_set_context == NULL ||
        flb_log_print == NULL || flb_input_log_append_records == NULL || flb_config_map_create == NULL || flb_config_map_destroy == NULL) {
        unusable = "this host lacks functions that Fluent Bit 2.2 to 5.1 export to plugins";
        return;
    }
    filter_trailwire_plugin.config_map = trailwire_filter_properties();
    if (filter_trailwire_plugin.config_map == NULL) {
        unusable = "this Fluent Bit lays out its property table in a way this build does not "
                   "know (2.2 to 5.1 are known)";
    }
}
