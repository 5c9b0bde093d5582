/*
 * The alerts of a chunk on their way from Go to the input trailwire. All of it is
 * from malloc; trailwire_alerts_free gives it back.
 */
#ifndef TRAILWIRE_FILTER_ALERTS_H
#define TRAILWIRE_FILTER_ALERTS_H

#include <stddef.h>

/* Records under one tag, which are appended at once. */
struct trailwire_batch {
    char *tag;
    size_t tag_len;
    void *records;
    size_t size;
    size_t count;
};

struct trailwire_alerts {
    struct trailwire_batch *batches;
    size_t count;
    size_t room;
    /* How each alert was judged: what a second evaluation of the chunk needs. */
    unsigned char *verdicts;
    size_t verdict_count;
    size_t incomplete; /* how many there was no memory for */
};

/* Why alerts stand in their records although alert_tag is set. */
enum trailwire_reason {
    TAKEN = 0,        /* they do not: the input has them */
    NOT_TAKEN = 1,    /* the input is paused or has no room */
    OTHER_THREAD = 2, /* the input belongs to another thread */
    NO_INPUT = 3,     /* there is none */
    NO_MEMORY = 4,    /* there was none to collect them in */
};

void trailwire_alerts_free(struct trailwire_alerts *);

#endif
