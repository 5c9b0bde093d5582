/*
 * The part of Fluent Bit's input interface that Trailwire uses, declared anew
 * from the ABI of versions 2.2 to 5.1.
 */
#ifndef TRAILWIRE_INPUT_HOST_H
#define TRAILWIRE_INPUT_HOST_H

#include <stddef.h>

enum { LOG_ERROR = 1, LOG_INFO = 3 };

struct flb_config;
struct flb_input_instance;

/* The members that are the same from 2.2 to 5.1, and room for those that are
 * not: 5.1.1 has 312 bytes in all. */
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

/* Functions of the host that it need not have: weak. */
#define HOST __attribute__((weak))
HOST const char *flb_input_name(struct flb_input_instance *);
HOST void flb_log_print(int type, const char *file, int line, const char *format, ...);

/* plugin/filter/shim.c: why this process cannot run the plugin, or NULL. */
const char *trailwire_unusable(void);

#endif
