/*
 * The tables of properties, laid out for the host that has loaded us.
 *
 * An entry begins the same in every version of Fluent Bit and ends in state of
 * the host's, whose size has changed (layouts.h has the sizes that are known).
 * The host walks a table in steps of that size. So does everything here: the
 * step is found by handing the host a table of two entries at each possible
 * distance and counting how many it finds. The bytes between them and
 * after them are zero, which ends the host's walk at any step.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "layouts.h"
#include "properties.h"

enum {
    SMALLEST_STEP = sizeof(struct property_entry) + 4 * sizeof(void *),
    LARGEST_STEP = sizeof(struct property_entry) + 16 * sizeof(void *),
};

#define ENTRIES(list) (sizeof(list) / sizeof((list)[0]))

/* A table has one entry more than there are: the zero entry that ends it. */
#define TABLE(name, entries)                                \
    static union {                                          \
        unsigned char bytes[((entries) + 1) * LARGEST_STEP]; \
        void *aligned;                                      \
    } name

TABLE(probe_table, 2);
TABLE(filter_table, ENTRIES(common_properties) + ENTRIES(filter_properties));
TABLE(output_table, ENTRIES(common_properties) + ENTRIES(output_properties));

/* Returns where the entry after the last one goes. */
static unsigned char *lay_out(void *at, size_t step, const struct property_entry *entries, size_t count)
{
    unsigned char *next = at;
    size_t i;

    for (i = 0; i < count; i++, next += step) {
        memcpy(next, &entries[i], sizeof(entries[i]));
    }
    return next;
}

static size_t count_entries(void *table)
{
    size_t n = 0;
    struct list_head *entry;
    struct list_head *list;

    list = flb_config_map_create(NULL, table);
    if (list == NULL) {
        return 0;
    }
    for (entry = list->next; entry != list; entry = entry->next) {
        n++;
    }
    flb_config_map_destroy(list);
    return n;
}

static int is_step_of_host(size_t step)
{
    /* Nothing but names: at the wrong step, anything else that is not zero
     * could be taken for one. */
    static const struct property_entry probe[2] = {
        { .type = PROPERTY_STR, .name = "a" },
        { .type = PROPERTY_STR, .name = "b" },
    };

    memset(&probe_table, 0, sizeof(probe_table));
    lay_out(&probe_table, step, probe, 2);
    return count_entries(&probe_table) == 2;
}

static size_t step_of_host;

/* Returns the step at which the host walks tables, zero if none is found. It tries
 * the known sizes first, from the newest on, then those that a later version could
 * have. */
static size_t find_step(void)
{
    size_t step;
    int i;

    for (i = LAYOUTS - 1; i >= 0; i--) {
        if (is_step_of_host(trailwire_layouts[i].entry)) {
            return trailwire_layouts[i].entry;
        }
    }
    for (step = SMALLEST_STEP; step <= LARGEST_STEP; step += sizeof(void *)) {
        if (is_step_of_host(step)) {
            return step;
        }
    }
    return 0;
}

/* The host loads us on one thread, which measures the step. */
void *trailwire_filter_properties(void)
{
    unsigned char *next;

    step_of_host = find_step();
    if (step_of_host == 0) {
        return NULL;
    }
    memset(&filter_table, 0, sizeof(filter_table));
    next = lay_out(&filter_table, step_of_host, common_properties, ENTRIES(common_properties));
    lay_out(next, step_of_host, filter_properties, ENTRIES(filter_properties));
    return &filter_table;
}

void *trailwire_output_properties(void)
{
    unsigned char *next;

    if (step_of_host == 0) {
        return NULL;
    }
    memset(&output_table, 0, sizeof(output_table));
    next = lay_out(&output_table, step_of_host, output_properties, ENTRIES(output_properties));
    lay_out(next, step_of_host, common_properties, ENTRIES(common_properties));
    return &output_table;
}
