/*
 * The part of Fluent Bit's filter interface that Trailwire uses, declared anew
 * from the documentation and the ABI of versions 2.2 to 5.1. Structs of the
 * host that are only passed through stay incomplete.
 */
#ifndef TRAILWIRE_HOST_H
#define TRAILWIRE_HOST_H

#include <stddef.h>
#include <stdint.h>

enum { FILTER_MODIFIED = 1, FILTER_NOTOUCH = 2 };
enum { EVENT_LOGS = 1 };
enum { LOG_ERROR = 1, LOG_WARN = 2, LOG_INFO = 3, LOG_DEBUG = 4 };

/* Types of properties, as fluent-bit -h shows them. */
enum {
    PROPERTY_STR = 0,
    PROPERTY_INT = 2,
    PROPERTY_BOOL = 3,
    PROPERTY_TIME = 6,
    PROPERTY_CLIST = 30,
};

struct list_head {
    struct list_head *prev;
    struct list_head *next;
};

struct flb_config;
struct flb_input_instance;

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

/* What stands at the start of an entry of the property table in every version;
 * the host's own state follows. */
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
 * Functions of the host. They are weak, so that a host which lacks one can be
 * told apart instead of failing with the dynamic linker's words.
 */
#define HOST __attribute__((weak))
HOST const char *flb_filter_get_property(const char *key, struct flb_filter_instance *);
HOST void flb_filter_set_context(struct flb_filter_instance *, void *context);
HOST const char *flb_filter_name(struct flb_filter_instance *);
HOST void flb_log_print(int type, const char *file, int line, const char *format, ...);
HOST struct list_head *flb_config_map_create(struct flb_config *, void *map);
HOST void flb_config_map_destroy(struct list_head *);
HOST int flb_input_log_append(struct flb_input_instance *, const char *tag, size_t tag_len,
                              const void *records, size_t size);
/* Only there to be recognised: it came with 2.2, as cb_pre_run did. */
HOST void flb_output_enable_multi_threading(void);

/* What shim.c and filter.go tell each other when an instance starts. */
struct trailwire_started {
    int input;        /* in: the configuration has an input trailwire */
    void *search;     /* which chunks are suspects; NULL where all are */
    int sees_all;     /* every chunk is to be counted */
    int raises;       /* alerts are to be raised, not only tagged */
    int tags_records; /* the record gets its alert even where it is raised */
};

/* map.c */
void *trailwire_property_table(void);
size_t trailwire_property_step(void);

/* shim.c, called from Go */
void trailwire_log(struct flb_filter_instance *, int level, const char *message);
const char *trailwire_property(struct flb_filter_instance *, const char *name);
const char *trailwire_name(struct flb_filter_instance *);
void *trailwire_malloc(size_t size);
void *trailwire_realloc(void *memory, size_t size);

#endif
