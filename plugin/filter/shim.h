/*
 * What shim.c and the Go code of this package share.
 */
#ifndef TRAILWIRE_FILTER_SHIM_H
#define TRAILWIRE_FILTER_SHIM_H

#include <stddef.h>
#include <stdint.h>

#include "../host/host.h"

/* What they pass to each other when an instance starts. */
struct trailwire_started {
    int input;        /* in: the configuration has an input trailwire */
    uintptr_t config; /* in: which configuration it is; a hot reload has two */
    void *search;     /* which chunks are suspects; NULL if all are */
    int sees_all;     /* every chunk is to be counted */
    int raises;       /* alerts are to be raised, not only tagged */
    int timer;        /* milliseconds from a call of trailwireFilterTick to the next; 0 for none */
    int tags_records; /* the record gets its alert too, although it is raised */
};

/* Records under one tag, which are appended at once. */
struct trailwire_batch {
    char *tag;
    size_t tag_len;
    void *records;
    size_t size;
    size_t count;
};

/* The alerts of a chunk on their way from Go to the input trailwire. All of it is
 * from malloc; trailwire_alerts_free gives it back. */
struct trailwire_alerts {
    struct trailwire_batch *batches;
    size_t count;
    size_t room;
    /* How each alert was judged: what a second evaluation of the chunk needs. */
    unsigned char *verdicts;
    size_t verdict_count;
    size_t incomplete; /* how many there was no memory for */
};

/* Why alerts are in their records although alert_tag is set. */
enum trailwire_reason {
    TAKEN = 0,        /* they are not: the input has them */
    NOT_TAKEN = 1,    /* the input is paused or has no room */
    OTHER_THREAD = 2, /* the input belongs to another thread */
    NO_INPUT = 3,     /* there is none */
    NO_MEMORY = 4,    /* there was none to collect them in */
};

void trailwire_alerts_free(struct trailwire_alerts *);

void trailwire_log(struct flb_filter_instance *, int level, const char *message);
const char *trailwire_property(struct flb_filter_instance *, const char *name);
const char *trailwire_name(struct flb_filter_instance *);
void *trailwire_malloc(size_t size);
void *trailwire_realloc(void *memory, size_t size);

#endif
