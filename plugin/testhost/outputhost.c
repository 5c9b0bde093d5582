/*
 * A host for the output that is not Fluent Bit: it loads the real shared object
 * with dlopen and calls it in the order of Fluent Bit's Go proxy, on coroutines
 * with small stacks if need be.
 *
 *     outputhost [options] out_NAME.so <frames
 *
 *     -p KEY=VALUE  set a property of the instance (repeat for more); it says
 *                   how many workers it would start, and starts none
 *     -I            what -p sets from here on is for one instance more, which
 *                   gets the same chunks after the one before it
 *     -t TAG        the tag of the chunks (cloudtrail)
 *     -r TIMES      hand a chunk that is to be retried in again, so often at
 *                   most, after 20 ms each time
 *     -j THREADS workers: chunks are spread over so many threads -c BYTES call
 *     it on a coroutine with a stack of so many bytes -R TIMES reload so often:
 *     new instances, then the end of the old
 *                   ones, while chunks are handed in
 *     -d            fork after loading, as Daemon On does
 *     -O            be a host older than 5.1, whose definition has no table
 *     -F            load flb-filter_NAME.so from the same folder too, and say
 *                   whether it is the same library
 *     -s            print the memory and the file descriptors in use at the end
 *
 * Standard input is frames of a length (32 bits, big endian) and a chunk.
 * Standard output is the plugin's. Log lines, and for every chunk and instance
 * one line "result: ok", "result: retry" or "result: error", go to standard
 * error. The exit code is 0 when all went its way, 3 when an instance refused
 * to start, 4 when the plugin could not be loaded.
 *
 * Compiled with -DNO_EXPORTS it is a host that exports no function to plugins.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <libgen.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { MAX_PROPERTIES = 64, MAX_INSTANCES = 8, MAX_THREADS = 64 };
enum { REFUSED = 3, NOT_LOADED = 4 };
enum { RESULT_ERROR = 0, RESULT_OK = 1, RESULT_RETRY = 2 };
enum { OUTPUT_PLUGIN = 2, GO_PROXY = 11 };

struct flb_output_instance {
    int number;
    const char *keys[MAX_PROPERTIES];
    const char *values[MAX_PROPERTIES];
    int count;
    int workers;
};

struct api {
    const char *(*output_get_property)(const char *, struct flb_output_instance *);
    void *others[8];
};

struct context {
    void *remote_context;
    void *proxy;
};

struct proxy_instance {
    char *name;
    void *api;
    struct flb_output_instance *ins;
    struct context *context;
    void *callbacks[5];
};

struct old_definition {
    int type;
    int proxy;
    int flags;
    char *name;
    char *description;
    int event_type;
};

struct definition {
    struct old_definition old;
    void *config_map;
};

struct bytes {
    unsigned char *data;
    size_t size;
};

static struct flb_output_instance *configured[MAX_INSTANCES]; /* blocks of their own */
static struct context contexts[MAX_INSTANCES];
static int instances = 1;
static const char *tag = "cloudtrail";
static int retries;
static int threads = 1;
static size_t stack_size;
static int reloads;

static struct bytes *chunks;
static size_t chunk_count;
static atomic_size_t next_chunk;
static pthread_rwlock_t reloading = PTHREAD_RWLOCK_INITIALIZER;

static int (*plugin_register)(struct definition *);
static void (*plugin_unregister)(struct definition *);
static int (*plugin_init)(struct proxy_instance *);
static int (*plugin_flush)(void *, const void *, size_t, char *);
static int (*plugin_exit)(void *);

/* What Fluent Bit exports. */

#ifdef NO_EXPORTS
static
#endif
int flb_output_set_property(struct flb_output_instance *ins, const char *key, const char *value)
{
    if (strcasecmp(key, "workers") == 0) { /* the host's own */
        ins->workers = atoi(value);
        return 0;
    }
    if (ins->count == MAX_PROPERTIES) {
        return -1;
    }
    ins->keys[ins->count] = key;
    ins->values[ins->count++] = value;
    return 0;
}

#ifndef NO_EXPORTS
const char *flb_output_name(struct flb_output_instance *ins)
{
    static char names[MAX_INSTANCES][16];

    snprintf(names[ins->number], sizeof(names[0]), "trailwire.%d", ins->number);
    return names[ins->number];
}

int flb_output_log_check(struct flb_output_instance *ins, int level)
{
    (void) ins;
    return level <= 3;
}

void flb_log_print(int type, const char *file, int line, const char *format, ...)
{
    static const char *const levels[] = {"off", "error", "warn", "info", "debug"};
    char text[4096];
    va_list args;

    (void) file;
    (void) line;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "[%s] %s\n", type >= 0 && type < 5 ? levels[type] : "?", text);
}
#endif

static struct flb_output_instance *new_instance(int number)
{
    struct flb_output_instance *ins = calloc(1, sizeof(*ins));

    ins->number = number;
    return ins;
}

static const char *get_property(const char *key, struct flb_output_instance *ins)
{
    for (int i = 0; i < ins->count; i++) {
        if (strcasecmp(ins->keys[i], key) == 0) {
            return ins->values[i];
        }
    }
    return NULL;
}

/* What Fluent Bit does. */

static void usage(void)
{
    fprintf(stderr, "usage: outputhost [options] out_NAME.so <frames\n");
    exit(2);
}

static struct bytes read_all(void)
{
    struct bytes b = {NULL, 0};
    size_t room = 0;
    ssize_t n;

    do {
        if (room - b.size < 65536) {
            room = room * 2 + 65536;
            b.data = realloc(b.data, room);
        }
        n = read(0, b.data + b.size, room - b.size);
        if (n > 0) {
            b.size += (size_t) n;
        }
    } while (n > 0);
    return b;
}

static void read_frames(void)
{
    struct bytes all = read_all();
    size_t at = 0;

    while (at + 4 <= all.size) {
        size_t n = (size_t) all.data[at] << 24 | all.data[at + 1] << 16 |
                   all.data[at + 2] << 8 | all.data[at + 3];
        at += 4;
        if (n > all.size - at) {
            usage();
        }
        /* A block of its own, so that reading past its end is seen by tools. */
        chunks = realloc(chunks, (chunk_count + 1) * sizeof(*chunks));
        chunks[chunk_count].data = malloc(n ? n : 1);
        memcpy(chunks[chunk_count].data, all.data + at, n);
        chunks[chunk_count++].size = n;
        at += n;
    }
    free(all.data);
}

/* One call, on a coroutine if so wanted. */

struct call {
    void *context;
    struct bytes chunk;
    int result;
    ucontext_t here, there;
};

static __thread struct call *current;

static void flush(struct call *call)
{
    char *copy = strdup(tag);

    call->result = plugin_flush(call->context, call->chunk.data, call->chunk.size, copy);
    free(copy);
}

static void coroutine(void)
{
    flush(current);
}

static int hand_in(void *context, struct bytes chunk)
{
    struct call call = { .context = context, .chunk = chunk };

    if (stack_size == 0) {
        flush(&call);
        return call.result;
    }
    current = &call;
    getcontext(&call.there);
    call.there.uc_stack.ss_sp = malloc(stack_size);
    call.there.uc_stack.ss_size = stack_size;
    call.there.uc_link = &call.here;
    makecontext(&call.there, coroutine, 0);
    swapcontext(&call.here, &call.there);
    free(call.there.uc_stack.ss_sp);
    return call.result;
}

static void *work(void *opaque)
{
    static const char *const names[] = {"error", "ok", "retry"};
    size_t i;

    (void) opaque;
    while ((i = atomic_fetch_add(&next_chunk, 1)) < chunk_count) {
        for (int n = 0; n < instances; n++) {
            int result;
            for (int try = 0;; try++) {
                pthread_rwlock_rdlock(&reloading);
                result = hand_in(contexts[n].remote_context, chunks[i]);
                pthread_rwlock_unlock(&reloading);
                if (result != RESULT_RETRY || try == retries) {
                    break;
                }
                usleep(20000);
            }
            fprintf(stderr, "result: %s\n", result >= 0 && result <= 2 ? names[result] : "?");
        }
    }
    return NULL;
}

static int start_instances(void)
{
    static struct api api = { .output_get_property = get_property };

    for (int n = 0; n < instances; n++) {
        struct proxy_instance p = {
            .name = "trailwire", .api = &api, .ins = configured[n], .context = &contexts[n],
        };
        if (plugin_init(&p) <= 0) {
            return -1;
        }
        if (configured[n]->workers > 0) {
            fprintf(stderr, "%d workers are started\n", configured[n]->workers);
        }
    }
    return 0;
}

/* As Fluent Bit's hot reload: the old instances end when they are idle. */
static int reload(void)
{
    struct context old[MAX_INSTANCES];

    memcpy(old, contexts, sizeof(old));
    pthread_rwlock_wrlock(&reloading);
    if (start_instances() != 0) {
        return -1;
    }
    for (int n = 0; n < instances; n++) {
        plugin_exit(old[n].remote_context);
    }
    pthread_rwlock_unlock(&reloading);
    return 0;
}

static void *symbol(void *library, const char *name)
{
    void *s = dlsym(library, name);

    if (s == NULL) {
        fprintf(stderr, "no symbol %s\n", name);
        exit(NOT_LOADED);
    }
    return s;
}

static void load_filter_too(const char *path, void *library)
{
    char *copy = strdup(path);
    char name[4096];
    void *filter;

    snprintf(name, sizeof(name), "%s/flb-filter_trailwire.so", dirname(copy));
    filter = dlopen(name, RTLD_LAZY);
    fprintf(stderr, "the filter is %s\n", filter == NULL ? dlerror() :
            dlsym(filter, "filter_trailwire_plugin") == dlsym(library, "filter_trailwire_plugin") ?
            "the same library" : "another library");
    free(copy);
}

static void print_resources(void)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    DIR *folder = opendir("/proc/self/fd");
    int count = -3; /* . and .. and the folder itself */

    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    while (fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0 || strncmp(line, "Threads:", 8) == 0) {
            fputs(line, stderr);
        }
    }
    fclose(status);
    fprintf(stderr, "Descriptors: %d\n", count);
}

int main(int argc, char **argv)
{
    struct definition *definition;
    pthread_t workers[MAX_THREADS];
    int option, be_old = 0, fork_it = 0, filter_too = 0, resources = 0;
    void *library;
    char *equals;

    configured[0] = new_instance(0);
    while ((option = getopt(argc, argv, "p:It:r:j:c:R:dOFs")) != -1) {
        switch (option) {
        case 'p':
            equals = strchr(optarg, '=');
            if (equals == NULL) {
                usage();
            }
            *equals = '\0';
            if (flb_output_set_property(configured[instances - 1], optarg, equals + 1) != 0) {
                usage();
            }
            break;
        case 'I':
            if (instances == MAX_INSTANCES) {
                usage();
            }
            configured[instances] = new_instance(instances);
            instances++;
            break;
        case 't': tag = optarg; break;
        case 'r': retries = atoi(optarg); break;
        case 'j': threads = atoi(optarg); break;
        case 'c': stack_size = (size_t) atol(optarg); break;
        case 'R': reloads = atoi(optarg); break;
        case 'd': fork_it = 1; break;
        case 'O': be_old = 1; break;
        case 'F': filter_too = 1; break;
        case 's': resources = 1; break;
        default: usage();
        }
    }
    if (optind != argc - 1 || threads < 1 || threads > MAX_THREADS) {
        usage();
    }
    library = dlopen(argv[optind], RTLD_LAZY);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return NOT_LOADED;
    }
    plugin_register = symbol(library, "FLBPluginRegister");
    plugin_unregister = symbol(library, "FLBPluginUnregister");
    plugin_init = symbol(library, "FLBPluginInit");
    plugin_flush = symbol(library, "FLBPluginFlushCtx");
    plugin_exit = symbol(library, "FLBPluginExitCtx");
    if (filter_too) {
        load_filter_too(argv[optind], library);
    }
    definition = calloc(1, be_old ? sizeof(struct old_definition) : sizeof(struct definition));
    if (plugin_register(definition) != 0 || definition->old.type != OUTPUT_PLUGIN ||
        definition->old.proxy != GO_PROXY || strcmp(definition->old.name, "trailwire") != 0) {
        fprintf(stderr, "not registered\n");
        return NOT_LOADED;
    }
    if (fork_it) {
        pid_t child = fork();
        int status;
        if (child != 0) {
            waitpid(child, &status, 0);
            return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        }
        alarm(10); /* a child that hangs is to be seen */
    }
    if (start_instances() != 0) {
        plugin_unregister(definition);
        return REFUSED;
    }
    read_frames();
    for (int i = 0; i < threads; i++) {
        pthread_create(&workers[i], NULL, work, NULL);
    }
    for (int i = 0; i < reloads; i++) {
        usleep(50000);
        if (reload() != 0) {
            return REFUSED;
        }
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i], NULL);
    }
    for (int n = 0; n < instances; n++) {
        plugin_exit(contexts[n].remote_context);
    }
    plugin_unregister(definition);
    if (resources) {
        print_resources();
    }
    return 0;
}
