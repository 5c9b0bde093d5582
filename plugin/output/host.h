/*
 * The part of Fluent Bit's Go proxy interface that Trailwire uses, declared
 * anew from fluent-bit-go and the ABI of versions 1.4 to 5.1, and what shim.c
 * and output.go know of each other.
 */
#ifndef TRAILWIRE_OUTPUT_HOST_H
#define TRAILWIRE_OUTPUT_HOST_H

#include <stddef.h>
#include <stdint.h>

enum { FLUSH_ERROR = 0, FLUSH_OK = 1, FLUSH_RETRY = 2 };
enum { LOG_ERROR = 1, LOG_WARN = 2, LOG_INFO = 3 };

enum {
    PROPERTY_STR = 0,
    PROPERTY_INT = 2,
    PROPERTY_BOOL = 3,
    PROPERTY_TIME = 6,
    PROPERTY_CLIST = 30,
};

struct flb_output_instance;

/* Functions of the host. Only the first member is used. */
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

/* What stands at the start of an entry of the property table in every version;
 * the host's own state follows (plugin/filter/map.c). */
struct property_entry {
    int type;
    const char *name;
    const char *default_value;
    int flags;
    int set_property;
    uintptr_t offset;
    const char *description;
};

/* Functions of the host that it need not have: weak. */
#define HOST __attribute__((weak))
HOST const char *flb_output_name(struct flb_output_instance *);
HOST int flb_output_log_check(struct flb_output_instance *, int level);
HOST int flb_output_set_property(struct flb_output_instance *, const char *name, const char *value);
HOST void flb_log_print(int type, const char *file, int line, const char *format, ...);
HOST int flb_config_map_translate_dynamic(void);

/* Lines for the log, in order. */
enum { MAX_LINES = 16 };
struct lines {
    int count;
    struct {
        int level;
        char *text;
    } line[MAX_LINES];
};

/* plugin/filter/map.c */
size_t trailwire_property_step(void);

/* shim.c, called from Go */
const char *trailwire_output_name(struct flb_output_instance *);
const char *trailwire_output_property(struct proxy_instance *, const char *name);
void trailwire_output_line(struct lines *, int level, const char *text);
void trailwire_output_describe(struct proxy_definition *);

#endif
