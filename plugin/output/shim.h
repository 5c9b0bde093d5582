/*
 * What shim.c and the Go code of this package share.
 */
#ifndef TRAILWIRE_OUTPUT_SHIM_H
#define TRAILWIRE_OUTPUT_SHIM_H

#include "../host/host.h"

/* Lines for the log, in order. */
enum { MAX_LINES = 16 };
struct lines {
    int count;
    struct {
        int level;
        char *text;
    } line[MAX_LINES];
};

const char *trailwire_output_name(struct flb_output_instance *);
const char *trailwire_output_property(struct proxy_instance *, const char *name);
void trailwire_output_line(struct lines *, int level, const char *text);
void trailwire_output_describe(struct proxy_definition *);

#endif
