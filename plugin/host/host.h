/*
 * The parts of Fluent Bit's interfaces that Trailwire uses, declared anew from the
 * documentation and the ABI of versions 2.2 to 5.1. Structs of the host that are
 * only passed through stay incomplete.
 */
#ifndef TRAILWIRE_HOST_H
#define TRAILWIRE_HOST_H

#include <stddef.h>
#include <stdint.h>

enum { LOG_ERROR = 1, LOG_WARN = 2, LOG_INFO = 3, LOG_DEBUG = 4 };
/* Of an instance whose configuration is only checked, before a hot reload. */
enum { NO_LOG_LEVEL = -1 };

struct list_head {
    struct list_head *prev;
    struct list_head *next;
};

struct flb_config;
struct flb_input_instance;
struct flb_output_instance;
struct flb_sched;
struct flb_sched_timer;

/* Filters. */

enum { FILTER_MODIFIED = 1, FILTER_NOTOUCH = 2 };
enum { EVENT_LOGS = 1 };

/* The first members of an instance: the same from 2.1 to 5.1. */
struct flb_filter_instance {
    int event_type;
    int id;
    int log_level;
};

struct flb_filter_plugin {
    int event_type;
    int flags;
    char *name;
    char *description;
    void *config_map;
    int (*cb_pre_run)(struct flb_filter_instance *, struct flb_config *, void *);
    int (*cb_init)(struct flb_filter_instance *, struct flb_config *, void *);
    int (*cb_filter)(const void *data, size_t size, const char *tag, int tag_len,
                     void **out_data, size_t *out_size,
                     struct flb_filter_instance *, struct flb_input_instance *,
                     void *context, struct flb_config *);
    int (*cb_exit)(void *context, struct flb_config *);
    int (*cb_notification)(struct flb_filter_instance *, struct flb_config *, void *);
    struct list_head _head;
};

/* Inputs: the members that are the same from 2.2 to 5.1, and room for those that
 * are not: 5.1.1 has 312 bytes in all. */
struct flb_input_plugin {
    int type;
    void *proxy;
    int flags;
    char *name;
    char *description;
    void *config_map;
    int (*cb_init)(struct flb_input_instance *, struct flb_config *, void *);
    int (*cb_pre_run)(struct flb_input_instance *, struct flb_config *, void *);
    int (*cb_collect)(struct flb_input_instance *, struct flb_config *, void *);
    void *reserved[256];
};

/* Outputs written in Go, as of fluent-bit-go and the ABI of versions 1.4 to 5.1. */

enum { FLUSH_ERROR = 0, FLUSH_OK = 1, FLUSH_RETRY = 2 };

/* Only the first member is used. */
struct proxy_api {
    const char *(*output_get_property)(const char *key, struct flb_output_instance *);
};

struct proxy_context {
    void *remote_context; /* what FLBPluginFlushCtx and FLBPluginExitCtx get */
};

/* What FLBPluginInit gets. */
struct proxy_instance {
    char *name;
    struct proxy_api *api;
    struct flb_output_instance *ins;
    struct proxy_context *context;
};

/* What FLBPluginRegister gets. Hosts before 5.1 end it after event_type. */
struct proxy_definition {
    int type;
    int proxy;
    int flags;
    char *name;
    char *description;
    int event_type;
    void *config_map;
};

/* Properties. */

/* Their types, as fluent-bit -h shows them. */
enum {
    PROPERTY_STR = 0,
    PROPERTY_INT = 2,
    PROPERTY_BOOL = 3,
    PROPERTY_TIME = 6,
    PROPERTY_CLIST = 30,
};

/* What is at the start of an entry of the property table in every version. The
 * host's own state follows. */
struct property_entry {
    int type;
    const char *name;
    const char *default_value;
    int flags;
    int set_property;
    uintptr_t offset;
    const char *description;
};

/*
 * Functions of the host. They are weak: a host that lacks one is recognised and
 * refused by us, not by the dynamic linker.
 */
#define HOST __attribute__((weak))
HOST void flb_log_print(int type, const char *file, int line, const char *format, ...);

HOST const char *flb_filter_name(struct flb_filter_instance *);
HOST const char *flb_filter_get_property(const char *key, struct flb_filter_instance *);
HOST void flb_filter_set_context(struct flb_filter_instance *, void *context);

HOST const char *flb_input_name(struct flb_input_instance *);
HOST int flb_input_log_append_records(struct flb_input_instance *, size_t count, const char *tag, size_t tag_len,
                                      const void *records, size_t size);

HOST const char *flb_output_name(struct flb_output_instance *);
HOST int flb_output_log_check(struct flb_output_instance *, int level);
HOST int flb_output_set_property(struct flb_output_instance *, const char *name, const char *value);
/* Only there to be recognised: it came with 2.2, as cb_pre_run did. */
HOST void flb_output_enable_multi_threading(void);

HOST struct list_head *flb_config_map_create(struct flb_config *, void *map);
HOST void flb_config_map_destroy(struct list_head *);
/* Timers, for which a plugin can do without. The scheduler is the calling thread's. */
enum { TIMER_PERMANENT = 4 };
HOST struct flb_sched *flb_sched_ctx_get(void);
HOST int flb_sched_timer_cb_create(struct flb_sched *, int type, int milliseconds,
                                   void (*fire)(struct flb_config *, void *), void *data,
                                   struct flb_sched_timer **);
HOST int flb_sched_timer_cb_destroy(struct flb_sched_timer *);

/* Only there to be recognised: it came with 5.1, as config_map of outputs did. */
HOST int flb_config_map_translate_dynamic(void);

/* map.c: the tables of properties, laid out for this host, or NULL if its layout
 * is not known. Ask for the filter's first: that measures the layout. */
void *trailwire_filter_properties(void);
void *trailwire_output_properties(void);

#endif
