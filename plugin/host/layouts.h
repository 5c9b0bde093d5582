/*
 * What Fluent Bit and a filter share in memory, on 64 bit hosts, by the releases
 * in which it is the same: 1.9.3 to 5.1.1, compared with the headers of each.
 *
 * No host says its version. A row is therefore recognised by what came with it:
 * a function that is exported, or the step at which the host walks a table of
 * properties. cb_notification need not be recognised: it comes after all that
 * we use, and is NULL. map.c reads the table; the tests build the test host
 * with each of its rows.
 */
#ifndef TRAILWIRE_LAYOUTS_H
#define TRAILWIRE_LAYOUTS_H

#include <stddef.h>

struct layout {
    const char *versions;
    int since;           /* 20200 is 2.2.0 */
    size_t registration; /* the size of struct flb_filter_plugin */
    int pre_run;         /* it has cb_pre_run, before cb_init */
    int notification;    /* it has cb_notification, after cb_exit */
    size_t entry;        /* the size of an entry of the property table */
    const char *known_by;
};

static const struct layout trailwire_layouts[] = {
    { "1.9.3 to 2.1", 10903, 72, 0, 0, 96, "no flb_output_enable_multi_threading: refused" },
    { "2.2 to 3.1", 20200, 80, 1, 0, 96, "flb_output_enable_multi_threading" },
    { "3.2 to 5.0.2", 30200, 88, 1, 1, 96, "as 2.2 is" },
    { "5.0.3 to 5.1", 50003, 88, 1, 1, 104, "the step of the table" },
};

enum { LAYOUTS = sizeof(trailwire_layouts) / sizeof(trailwire_layouts[0]) };

#endif
