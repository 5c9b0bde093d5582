/*
 * What Fluent Bit's Go proxy calls. See doc.go for the contract, and for why a
 * suspect chunk gets a thread. Nothing here enters Go in a process that has
 * forked since Go was started: Go's threads are gone, and the call would hang.
 */
#include <malloc.h>
#include <pthread.h>
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
#include "shim.h"

#define EXPORT __attribute__((visibility("default")))

enum {
    THREAD_STACK = 512 << 10,
    LARGEST_INSTANCE = 8 << 10, /* of the host, several times that of 5.1 */
};

static pid_t loaded_in;

/* One output of the configuration. */
struct context {
    uintptr_t handle;                 /* Go's */
    struct flb_output_instance *ins;
    struct trailwire_search *search;  /* NULL if every chunk is suspect */
    int sees_all;                     /* every chunk is to be counted */
    pthread_t engine;                 /* the thread that started it */
    struct trailwire_timer *timer;    /* NULL for none */
};

/* A chunk on its way through Go. */
struct job {
    struct context *context;
    const void *data;
    size_t size;
    size_t hit;
    const char *tag;
    int holds_up; /* this thread does everything else in the host too */
    struct lines lines;
    int result;
};

__attribute__((constructor))
static void loaded(void)
{
    loaded_in = getpid();
}

static int forked(void)
{
    return getpid() != loaded_in;
}

const char *trailwire_output_name(struct flb_output_instance *ins)
{
    return flb_output_name == NULL ? "trailwire" : flb_output_name(ins);
}

static void print_line(struct flb_output_instance *ins, int level, const char *text)
{
    if (flb_log_print == NULL) {
        fprintf(stderr, "[output:trailwire] %s\n", text);
        return;
    }
    if (flb_output_log_check != NULL && !flb_output_log_check(ins, level)) {
        return;
    }
    flb_log_print(level, NULL, 0, "[output:trailwire:%s] %s", trailwire_output_name(ins), text);
}

static void print_lines(struct flb_output_instance *ins, struct lines *lines)
{
    int i;

    for (i = 0; i < lines->count; i++) {
        print_line(ins, lines->line[i].level, lines->line[i].text);
        free(lines->line[i].text);
    }
    lines->count = 0;
}

void trailwire_output_line(struct lines *lines, int level, const char *text)
{
    if (lines->count < MAX_LINES && (lines->line[lines->count].text = strdup(text)) != NULL) {
        lines->line[lines->count++].level = level;
    }
}

const char *trailwire_output_property(struct proxy_instance *instance, const char *name)
{
    return instance->api->output_get_property(name, instance->ins);
}

/*
 * From 5.1 on a definition can have a table of properties, with which the host
 * finds misspelt names. Earlier definitions end before that member. Only the
 * allocator knows their size: glibc says 40 for a block of 40 bytes, so that we
 * can see it; jemalloc says 48, and writing the member there does no harm.
 */
void trailwire_output_describe(struct proxy_definition *definition)
{
    if (flb_config_map_translate_dynamic == NULL || malloc_usable_size(definition) < sizeof(*definition)) {
        return;
    }
    definition->config_map = trailwire_output_properties();
}

/*
 * A second file of the plugin does not become an output. A host that reloads then does
 * not know the output, refuses the configuration and keeps the one that it runs. It would
 * end if FLBPluginInit failed, since it has stopped the old pipeline by then.
 */
static int refuse_second_file(struct proxy_definition *definition)
{
    const char *second = trailwire_known_second_file();

    if (second == NULL) {
        return 0;
    }
    /* Hosts before 4.2 do not clear it. The error that an answer of -1 stands for would
     * have them free it, and use it. */
    definition->type = 0;
    definition->proxy = 0;
    if (flb_log_print == NULL) {
        fprintf(stderr, "[output:trailwire] %s\n", second);
    } else {
        flb_log_print(LOG_ERROR, NULL, 0, "[output:trailwire] %s", second);
    }
    return 1;
}

EXPORT int FLBPluginRegister(struct proxy_definition *definition)
{
    sigset_t before;
    int result;

    if (forked()) {
        return -1;
    }
    if (refuse_second_file(definition)) {
        return 0;
    }
    before = trailwire_hold_signals();
    result = trailwireOutputRegister(definition);
    trailwire_release_signals(before);
    return result;
}

EXPORT void FLBPluginUnregister(struct proxy_definition *definition)
{
    sigset_t before;

    if (!forked()) {
        before = trailwire_hold_signals();
        trailwireOutputUnregister(definition);
        trailwire_release_signals(before);
    }
}

/*
 * Sets the number of workers to zero, before the host starts any, and returns
 * how many were configured. The host has a function that sets the number and
 * none that reads it. But the number is in the instance, which every version
 * allocates as a block of its own, and setting it changes nothing else there.
 * So the old number is at the place where the block has changed.
 */
static int take_workers_away(struct flb_output_instance *ins)
{
    int before[LARGEST_INSTANCE / sizeof(int)];
    size_t size, i;

    if (flb_output_set_property == NULL) {
        return 0;
    }
    size = malloc_usable_size(ins);
    if (size > sizeof(before)) {
        size = sizeof(before);
    }
    memcpy(before, ins, size);
    flb_output_set_property(ins, "workers", "0");
    for (i = 0; i < size / sizeof(int); i++) {
        if (memcmp(&before[i], (const char *) ins + i * sizeof(int), sizeof(int)) != 0) {
            return before[i];
        }
    }
    return 0;
}

static void tell_of_workers(struct flb_output_instance *ins, int workers)
{
    char line[256];

    snprintf(line, sizeof(line),
             "property \"workers\": %d is not used, since Fluent Bit crashes after hot reloads where "
             "a Go output has workers: leave it out (a slow receiver holds nothing up without them)",
             workers);
    print_line(ins, LOG_WARN, line);
}

/* The statistics, on the host's thread. has_timer is zero where there is no timer to
 * bring them. */
static void tell(struct context *context, int has_timer)
{
    struct lines lines = { .count = 0 };
    sigset_t before = trailwire_hold_signals();

    trailwireOutputTick(context->handle, &lines, has_timer);
    trailwire_release_signals(before);
    print_lines(context->ins, &lines);
}

static void tick(void *context)
{
    if (!forked()) {
        tell(context, 1);
    }
}

EXPORT int FLBPluginInit(struct proxy_instance *instance)
{
    struct lines lines = { .count = 0 };
    struct context *context;
    const char *second;
    sigset_t before;
    int workers, timer = 0;

    if (instance == NULL || instance->api == NULL || instance->context == NULL ||
        instance->api->output_get_property == NULL) {
        fprintf(stderr, "[output:trailwire] this Fluent Bit is too old: 1.4 or later is needed\n");
        return FLUSH_ERROR;
    }
    instance->context->remote_context = NULL;
    if (forked()) {
        print_line(instance->ins, LOG_ERROR,
                   "cannot run in a daemon: Fluent Bit forked after it had loaded the plugin, which "
                   "its Go runtime does not survive; leave out 'daemon' and let the service manager "
                   "put Fluent Bit into the background");
        return FLUSH_ERROR;
    }
    second = trailwire_second_file();
    if (second != NULL) {
        print_line(instance->ins, LOG_ERROR, second);
        return FLUSH_ERROR;
    }
    context = calloc(1, sizeof(*context));
    if (context == NULL) {
        print_line(instance->ins, LOG_ERROR, "no memory to start");
        return FLUSH_ERROR;
    }
    context->ins = instance->ins;
    context->engine = pthread_self();
    workers = take_workers_away(instance->ins);
    before = trailwire_hold_signals();
    context->handle = trailwireOutputInit(instance, &lines, (void **) &context->search,
                                          &context->sees_all, &timer);
    trailwire_release_signals(before);
    trailwire_leave_file();
    print_lines(instance->ins, &lines);
    if (context->handle == 0) {
        free(context);
        return FLUSH_ERROR;
    }
    if (workers != 0) {
        tell_of_workers(instance->ins, workers);
    }
    if (timer > 0) {
        context->timer = trailwire_timer_start(timer, tick, context);
        if (context->timer == NULL) {
            tell(context, 0);
        }
    }
    instance->context->remote_context = context;
    return FLUSH_OK;
}

static void *run(void *opaque)
{
    struct job *job = opaque;

    job->result = trailwireOutputFlush(job->context->handle, &job->lines, (void *) job->data,
                                       job->size, job->hit, (char *) job->tag, job->holds_up);
    return NULL;
}

/* Runs a job on a thread of its own, which starts with the host's signals
 * blocked. If no thread can be started, the chunk is to come again. */
static int run_apart(struct job *job)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t before;
    int failed;

    if (pthread_attr_init(&attributes) != 0) {
        return FLUSH_RETRY;
    }
    before = trailwire_hold_signals();
    failed = pthread_attr_setstacksize(&attributes, THREAD_STACK) != 0 ||
             pthread_create(&thread, &attributes, run, job) != 0;
    trailwire_release_signals(before);
    pthread_attr_destroy(&attributes);
    if (failed) {
        return FLUSH_RETRY;
    }
    pthread_join(thread, NULL);
    return job->result;
}

EXPORT int FLBPluginFlushCtx(void *opaque, const void *data, size_t size, char *tag)
{
    struct context *context = opaque;
    struct job job = { .context = context, .data = data, .size = size, .tag = tag };

    if (context == NULL || forked()) {
        return FLUSH_ERROR;
    }
    if (data == NULL || size == 0) {
        return FLUSH_OK;
    }
    if (context->search != NULL) {
        job.hit = trailwire_search_next(context->search, data, size, 0);
    }
    if (job.hit == size && !context->sees_all) {
        return FLUSH_OK;
    }
    job.holds_up = pthread_equal(pthread_self(), context->engine);
    job.result = run_apart(&job);
    print_lines(context->ins, &job.lines);
    return job.result;
}

/* Hosts that call this know of no contexts, nor of instances. */
EXPORT int FLBPluginFlush(const void *data, size_t size, char *tag)
{
    (void) data;
    (void) size;
    (void) tag;
    fprintf(stderr, "[output:trailwire] this Fluent Bit is too old: 1.4 or later is needed\n");
    return FLUSH_ERROR;
}

EXPORT int FLBPluginExitCtx(void *opaque)
{
    struct context *context = opaque;
    struct lines lines = { .count = 0 };
    sigset_t before;

    if (context != NULL && !forked()) {
        trailwire_timer_stop(context->timer);
        before = trailwire_hold_signals();
        trailwireOutputExit(context->handle, &lines);
        trailwire_release_signals(before);
        print_lines(context->ins, &lines);
        free(context);
    }
    return FLUSH_OK;
}

/* For hosts that do not know FLBPluginExitCtx: their process is about to end. */
EXPORT int FLBPluginExit(void)
{
    return FLUSH_OK;
}
