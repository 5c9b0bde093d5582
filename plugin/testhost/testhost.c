/*
 * A host for the filter that is not Fluent Bit: it loads the real shared object
 * with dlopen, exports the functions that Fluent Bit exports to plugins, and
 * calls the callbacks in Fluent Bit's order. Tests use it on machines without a
 * Fluent Bit, and for what Fluent Bit cannot be made to do on purpose.
 *
 *     testhost [options] flb-filter_NAME.so <chunk >chunk
 *
 *     -p KEY=VALUE set a property (repeat for more) -s BYTES size of the state
 *     after a property entry (see map.c) -H print the property table and end -L
 *     print the known layouts (plugin/filter/layouts.h) and end -n TIMES call
 *     cb_filter so often on the same chunk -j THREADS from so many threads,
 *     each -n times -m let malloc fail inside cb_filter -d fork after loading,
 *     as Daemon On does -i INSTANCES make so many instances and use the last -x
 *     call cb_exit without cb_init, and cb_filter without context -y call
 *     cb_filter and cb_exit after a cb_init that failed -t TAG the tag of the
 *     chunk -S send SIGHUP to every thread all the time, to a handler that
 *                   needs 8 KB of stack and is installed as Fluent Bit's are
 *     -I            start the input of the same file first (twice for two)
 *     -A PATH       append to PATH what the input takes: frames of the tag and of
 *                   the records, each with its length (32 bits, big endian) before it
 *     -C PATH       append to PATH how many records each append was said to have (32
 *                   bits, big endian)
 *     -R TIMES      let the input take so many appends and no more
 *     -T            have timers: each fires once before cb_exit, and after it those
 *                   that are still there
 *     -F            many chunks: standard input is frames of a length (32 bits,
 *                   big endian) and a chunk; so is standard output, where a
 *                   byte m (modified) or n (notouch) comes first
 *
 * The chunk that would go on is written to standard output; log lines and one
 * line "verdict: notouch" or "verdict: modified" go to standard error. The exit
 * code is 0 when the filter ran, 3 when it refused to start, 4 when it could
 * not be loaded, 5 when threads got different answers, 6 when a timer was there
 * after cb_exit.
 *
 * Compiled with -DHOST_VERSION=20200 it has the layout of 2.2.0, and likewise for
 * every version that begins a layout; without it, that of the newest.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../host/layouts.h"

#ifndef HOST_VERSION
#define HOST_VERSION 50003
#endif

enum { MAX_PROPERTIES = 64, MAX_INSTANCES = 16, FILTER_MODIFIED = 1 };
enum { REFUSED = 3, NOT_LOADED = 4, DIFFERENT = 5, TIMER_LEFT = 6 };

struct list_head {
    struct list_head *prev;
    struct list_head *next;
};

struct instance {
    int event_type;
    int id;
    int log_level;
    char name[32];
    void *context;
};

struct plugin {
    int event_type;
    int flags;
    char *name;
    char *description;
    void *config_map;
#if HOST_VERSION >= 20200
    int (*cb_pre_run)(struct instance *, void *, void *);
#endif
    int (*cb_init)(struct instance *, void *, void *);
    int (*cb_filter)(const void *, size_t, const char *, int, void **, size_t *,
                     struct instance *, void *, void *, void *);
    int (*cb_exit)(void *, void *);
#if HOST_VERSION >= 30200
    int (*cb_notification)(struct instance *, void *, void *);
#endif
    struct list_head head;
};

struct entry {
    int type;
    const char *name;
    const char *default_value;
    int flags;
    int set_property;
    uintptr_t offset;
    const char *description;
};

struct node {
    struct entry entry;
    struct list_head link;
};

struct bytes {
    unsigned char *data;
    size_t size;
};

static const char *keys[MAX_PROPERTIES];
static const char *values[MAX_PROPERTIES];
static int property_count;
static size_t state_size;
static size_t times = 1;
static int fail_malloc;              /* inside cb_filter */
static __thread int malloc_is_failing;

/* An input, and the start of its registration, which is all that is the same in
 * every version. */
struct input_instance {
    char name[32];
};

struct input_plugin {
    int type;
    void *proxy;
    int flags;
    char *name;
    char *description;
    void *config_map;
    int (*cb_init)(struct input_instance *, void *, void *);
};

static int config; /* plugins know a configuration by this address */
static struct input_plugin input_plugin;
static struct input_instance alerts_input = {"alerts"};
static struct input_instance other_input = {"tail.0"};
static const char *appended_to;
static const char *counted_in;
static long appends_taken = -1; /* all of them */

static struct plugin plugin;
static struct instance instances[MAX_INSTANCES];
static struct instance *used;
static struct bytes input;

/* What Fluent Bit exports. */

#ifndef __SANITIZE_ADDRESS__ /* which has a malloc of its own */
void *__libc_malloc(size_t);

/* A plugin's malloc resolves to the host's, as it does with Fluent Bit's
 * jemalloc. */
void *malloc(size_t size)
{
    if (malloc_is_failing) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}
#endif

const char *flb_filter_get_property(const char *key, struct instance *ins)
{
    (void) ins;
    for (int i = 0; i < property_count; i++) {
        if (strcasecmp(keys[i], key) == 0) {
            return values[i];
        }
    }
    return NULL;
}

void flb_filter_set_context(struct instance *ins, void *context)
{
    ins->context = context;
}

const char *flb_filter_name(struct instance *ins)
{
    return ins->name;
}

const char *flb_input_name(struct input_instance *ins)
{
    return ins->name;
}

static void write_framed(FILE *file, const void *data, size_t size)
{
    unsigned char head[4] = {size >> 24, size >> 16, size >> 8, size};

    fwrite(head, 1, sizeof(head), file);
    fwrite(data, 1, size, file);
}

/* What Fluent Bit does with them, too: its filters see them before it returns. */
int flb_input_log_append_records(struct input_instance *ins, size_t count, const char *tag, size_t tag_len,
                                 const void *records, size_t size)
{
    unsigned char counted[4] = {count >> 24, count >> 16, count >> 8, count};
    void *out = NULL;
    size_t out_size = 0;
    int failing = malloc_is_failing;
    FILE *file;

    if (appends_taken == 0) {
        return -1;
    }
    appends_taken--;
    malloc_is_failing = 0;
    if (plugin.cb_filter(records, size, tag, (int) tag_len, &out, &out_size, used, ins,
                         used->context, &config) == FILTER_MODIFIED) {
        fprintf(stderr, "the filter changed the alerts that it raised\n");
        exit(2);
    }
    if (appended_to != NULL) {
        file = fopen(appended_to, "ab");
        write_framed(file, tag, tag_len);
        write_framed(file, records, size);
        fclose(file);
    }
    if (counted_in != NULL) {
        file = fopen(counted_in, "ab");
        fwrite(counted, 1, sizeof(counted), file);
        fclose(file);
    }
    malloc_is_failing = failing;
    return 0;
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

struct list_head *flb_config_map_create(void *config, void *map)
{
    struct list_head *list = calloc(1, sizeof(*list));
    unsigned char *at = map;

    (void) config;
    list->next = list->prev = list;
    for (;;) {
        struct entry *entry = (struct entry *) at;
        if (entry->name == NULL) {
            return list;
        }
        struct node *node = calloc(1, sizeof(*node));
        node->entry = *entry;
        node->link.prev = list->prev;
        node->link.next = list;
        list->prev->next = &node->link;
        list->prev = &node->link;
        at += sizeof(struct entry) + state_size;
    }
}

void flb_config_map_destroy(struct list_head *list)
{
    struct list_head *link = list->next;

    while (link != list) {
        struct list_head *next = link->next;
        free((char *) link - offsetof(struct node, link));
        link = next;
    }
    free(list);
}

#if HOST_VERSION >= 20200
void flb_output_enable_multi_threading(void)
{
}
#endif

#if HOST_VERSION >= 50003
void flb_config_map_translate_dynamic(void)
{
}
#endif

/* What Fluent Bit does. */

/* The timers of the thread that everything is on. */
struct flb_sched_timer {
    void (*fire)(void *, void *); /* NULL: it is destroyed */
    void *data;
};

static struct flb_sched_timer timers[MAX_INSTANCES];
static int timer_count;
static int has_timers;

void *flb_sched_ctx_get(void)
{
    return has_timers ? &timer_count : NULL;
}

int flb_sched_timer_cb_create(void *scheduler, int type, int milliseconds, void (*fire)(void *, void *),
                              void *data, struct flb_sched_timer **timer)
{
    (void) scheduler;
    (void) type;
    (void) milliseconds;

    if (timer_count == MAX_INSTANCES) {
        return -1;
    }
    *timer = &timers[timer_count++];
    **timer = (struct flb_sched_timer) { fire, data };
    return 0;
}

int flb_sched_timer_cb_destroy(struct flb_sched_timer *timer)
{
    timer->fire = NULL;
    return 0;
}

/* Fires what is there, and returns how many that is. */
static int fire_timers(void)
{
    int fired = 0;

    for (int i = 0; i < timer_count; i++) {
        if (timers[i].fire != NULL) {
            timers[i].fire(&config, timers[i].data);
            fired++;
        }
    }
    return fired;
}

static const struct layout *own_layout(void)
{
    for (int i = 0; i < LAYOUTS; i++) {
        if (trailwire_layouts[i].since == HOST_VERSION) {
            return &trailwire_layouts[i];
        }
    }
    return NULL;
}

static void print_layouts(void)
{
    for (int i = 0; i < LAYOUTS; i++) {
        const struct layout *l = &trailwire_layouts[i];
        printf("%d\t%s\t%zu\t%d\t%d\t%zu\t%s\n", l->since, l->versions, l->registration,
               l->pre_run, l->notification, l->entry, l->known_by);
    }
}

static int check_properties(void)
{
    struct list_head *list = flb_config_map_create(NULL, plugin.config_map);

    for (int i = 0; i < property_count; i++) {
        int found = 0;
        for (struct list_head *link = list->next; link != list; link = link->next) {
            struct node *node = (struct node *) ((char *) link - offsetof(struct node, link));
            found |= strcasecmp(node->entry.name, keys[i]) == 0;
        }
        if (!found) {
            flb_log_print(1, NULL, 0, "[config] %s: unknown configuration property '%s'",
                          plugin.name, keys[i]);
            flb_config_map_destroy(list);
            return -1;
        }
    }
    flb_config_map_destroy(list);
    return 0;
}

static void print_properties(void)
{
    struct list_head *list = flb_config_map_create(NULL, plugin.config_map);

    for (struct list_head *link = list->next; link != list; link = link->next) {
        struct node *node = (struct node *) ((char *) link - offsetof(struct node, link));
        printf("%s\t%s\t%s\n", node->entry.name,
               node->entry.default_value ? node->entry.default_value : "", node->entry.description);
    }
    flb_config_map_destroy(list);
}

static int start(struct instance *ins, int id)
{
    ins->event_type = plugin.event_type;
    ins->id = id;
    ins->log_level = 3;
    snprintf(ins->name, sizeof(ins->name), "%s.%d", plugin.name, id);
    if (plugin.config_map != NULL && check_properties() != 0) {
        return -1;
    }
#if HOST_VERSION >= 20200
    if (plugin.cb_pre_run(ins, &config, NULL) != 0) {
        return -1;
    }
#endif
    return plugin.cb_init(ins, &config, NULL);
}

static const char *tag = "tag";

static int call(void *context, struct bytes *out)
{
    void *data = NULL;
    size_t size = 0;

    malloc_is_failing = fail_malloc;
    int verdict = plugin.cb_filter(input.data, input.size, tag, (int) strlen(tag), &data, &size, used, &other_input,
                                   context, &config);
    malloc_is_failing = 0;
    *out = input;
    if (verdict == FILTER_MODIFIED) {
        out->data = data;
        out->size = size;
    }
    return verdict;
}

static void drop(int verdict, struct bytes *out)
{
    if (verdict == FILTER_MODIFIED) {
        free(out->data);
    }
}

/* The chunk has memory of its own, so that a read past its end is seen by
 * valgrind and the like. */
static int work_on_frames(void)
{
    unsigned char head[4];

    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        input.size = (size_t) head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
        input.data = malloc(input.size ? input.size : 1);
        if (input.data == NULL || fread(input.data, 1, input.size, stdin) != input.size) {
            fprintf(stderr, "a frame is cut short\n");
            return 2;
        }
        struct bytes out;
        int verdict = call(used->context, &out);
        unsigned char reply[5] = {verdict == FILTER_MODIFIED ? 'm' : 'n', out.size >> 24,
                                  out.size >> 16, out.size >> 8, out.size};
        fwrite(reply, 1, sizeof(reply), stdout);
        fwrite(out.data, 1, out.size, stdout);
        fflush(stdout);
        drop(verdict, &out);
        free(input.data);
    }
    return 0;
}

/* What every thread must get: the answer to the second call. The first one may
 * raise an alert, and all later ones are its duplicates. */
static struct bytes reference;
static int reference_verdict;

/* Whether two answers are the same but for the times at which alerts in them were raised. */
static int are_same(const struct bytes *a, const struct bytes *b)
{
    static const char key[] = "\xa9raised_at\xb8";
    const size_t length = sizeof(key) - 1, time = 24;

    if (a->size != b->size) {
        return 0;
    }
    for (size_t i = 0; i < a->size; i++) {
        if (a->data[i] != b->data[i]) {
            return 0;
        }
        if (i + 1 >= length && a->size - i > time && memcmp(a->data + i + 1 - length, key, length) == 0) {
            i += time;
        }
    }
    return 1;
}

static void *work(void *unused)
{
    intptr_t different = 0;

    (void) unused;
    for (size_t i = 0; i < times; i++) {
        struct bytes out;
        int verdict = call(used->context, &out);
        different |= verdict != reference_verdict || !are_same(&out, &reference);
        drop(verdict, &out);
    }
    return (void *) different;
}

static int work_in_threads(int count)
{
    pthread_t threads[64];
    int different = 0;

    drop(call(used->context, &reference), &reference);
    reference_verdict = call(used->context, &reference);
    for (int i = 0; i < count; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
    }
    for (int i = 0; i < count; i++) {
        void *answer;
        pthread_join(threads[i], &answer);
        different |= answer != NULL;
    }
    drop(reference_verdict, &reference);
    return different ? DIFFERENT : 0;
}

/* Some 2 KB of stack are the kernel's, for the registers. */
static void handle(int signal)
{
    volatile unsigned char used[6 << 10];

    (void) signal;
    for (size_t i = 0; i < sizeof(used); i++) {
        used[i] = 0xff;
    }
}

static atomic_int signals_go_on;

static void *send_signals(void *unused)
{
    (void) unused;
    while (signals_go_on) {
        DIR *threads = opendir("/proc/self/task");
        struct dirent *entry;
        signal(SIGHUP, handle); /* as flb_signal_init does: without SA_ONSTACK */
        while (threads != NULL && (entry = readdir(threads)) != NULL) {
            pid_t thread = atoi(entry->d_name);
            if (thread > 0 && thread != gettid()) {
                syscall(SYS_tgkill, getpid(), thread, SIGHUP);
            }
        }
        if (threads != NULL) {
            closedir(threads);
        }
    }
    return NULL;
}

static struct bytes read_all(FILE *file)
{
    struct bytes b = {NULL, 0};
    size_t room = 0;
    size_t n;

    do {
        if (b.size == room) {
            room = room ? 2 * room : 1 << 16;
            b.data = realloc(b.data, room);
        }
        n = fread(b.data + b.size, 1, room - b.size, file);
        b.size += n;
    } while (n > 0);
    return b;
}

static int load(char *path)
{
    char symbol[256];
    char *name = basename(path);
    size_t length = strlen(name);
    void *so = dlopen(path, RTLD_LAZY);

    if (so == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    if (length < 8 || strncmp(name, "flb-", 4) != 0 || strcmp(name + length - 3, ".so") != 0) {
        fprintf(stderr, "%s: not named flb-NAME.so\n", name);
        return -1;
    }
    snprintf(symbol, sizeof(symbol), "%.*s_plugin", (int) length - 7, name + 4);
    void *registration = dlsym(so, symbol);
    if (registration == NULL) {
        fprintf(stderr, "no symbol %s\n", symbol);
        return -1;
    }
    memcpy(&plugin, registration, sizeof(plugin));
    snprintf(symbol, sizeof(symbol), "in_%s", strchr(name, '_') + 1);
    snprintf(strrchr(symbol, '.'), sizeof("_plugin"), "_plugin");
    registration = dlsym(so, symbol);
    if (registration == NULL) {
        fprintf(stderr, "no symbol %s\n", symbol);
        return -1;
    }
    memcpy(&input_plugin, registration, sizeof(input_plugin));
    return 0;
}

static void set_property(char *text)
{
    char *equals = strchr(text, '=');

    if (equals == NULL || property_count == MAX_PROPERTIES) {
        fprintf(stderr, "-p takes KEY=VALUE, at most %d times\n", MAX_PROPERTIES);
        exit(2);
    }
    *equals = '\0';
    keys[property_count] = text;
    values[property_count++] = equals + 1;
}

static int in_child(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        return 1;
    }
    waitpid(child, &status, 0);
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
    int option, help = 0, daemon = 0, out_of_order = 0, threads = 0, count = 1, status = 0;
    int frames = 0, in_spite = 0, inputs = 0;
    const struct layout *layout = own_layout();

    if (layout == NULL || layout->registration != sizeof(struct plugin) ||
        layout->pre_run != (HOST_VERSION >= 20200) || layout->notification != (HOST_VERSION >= 30200)) {
        fprintf(stderr, "layouts.h has no layout of this host, or another one\n");
        return 2;
    }
    state_size = layout->entry - sizeof(struct entry);
    while ((option = getopt(argc, argv, "p:s:HLn:j:mdi:xyt:SFIA:C:R:T")) != -1) {
        switch (option) {
        case 'p': set_property(optarg); break;
        case 's': state_size = strtoul(optarg, NULL, 10); break;
        case 'H': help = 1; break;
        case 'L': print_layouts(); return 0;
        case 'n': times = strtoul(optarg, NULL, 10); break;
        case 'j': threads = atoi(optarg); break;
        case 'm': fail_malloc = 1; break;
        case 'd': daemon = 1; break;
        case 'i': count = atoi(optarg); break;
        case 'x': out_of_order = 1; break;
        case 'y': in_spite = 1; break;
        case 't': tag = optarg; break;
        case 'S': signals_go_on = 1; break;
        case 'F': frames = 1; break;
        case 'I': inputs++; break;
        case 'A': appended_to = optarg; break;
        case 'C': counted_in = optarg; break;
        case 'R': appends_taken = atol(optarg); break;
        case 'T': has_timers = 1; break;
        default: return 2;
        }
    }
    if (optind != argc - 1 || threads > 64 || count < 1 || count > MAX_INSTANCES) {
        fprintf(stderr, "usage: testhost [options] flb-filter_NAME.so <chunk >chunk\n");
        return 2;
    }
    if (load(argv[optind]) != 0) {
        return NOT_LOADED;
    }
    if (help) {
        print_properties();
        return 0;
    }
    if (daemon) {
        in_child();
    }
    if (out_of_order) {
        plugin.cb_exit(NULL, NULL);
    }
    for (; inputs > 0; inputs--) {
        if (input_plugin.cb_init(&alerts_input, &config, NULL) != 0) {
            return REFUSED;
        }
    }
    for (int i = 0; i < count; i++) {
        used = &instances[i];
        if (start(used, i) != 0 && !in_spite) {
            return REFUSED;
        }
    }
    if (frames) {
        return work_on_frames();
    }
    input = read_all(stdin);
    pthread_t sender;
    int sent = signals_go_on && pthread_create(&sender, NULL, send_signals, NULL) == 0;
    if (threads > 0) {
        status = work_in_threads(threads);
    }
    if (sent) {
        signals_go_on = 0;
        pthread_join(sender, NULL);
    }
    struct bytes out = input;
    int verdict = 0;
    for (size_t i = 0; i < times; i++) {
        drop(verdict, &out);
        verdict = call(out_of_order ? NULL : used->context, &out);
    }
    fprintf(stderr, "verdict: %s\n", verdict == FILTER_MODIFIED ? "modified" : "notouch");
    fwrite(out.data, 1, out.size, stdout);
    drop(verdict, &out);
    if (has_timers) {
        fprintf(stderr, "timers: %d\n", fire_timers());
    }
    for (int i = 0; i < count; i++) {
        plugin.cb_exit(instances[i].context, &config);
    }
    return fire_timers() > 0 ? TIMER_LEFT : status;
}
