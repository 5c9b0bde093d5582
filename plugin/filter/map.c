/*
 * The table of properties, laid out for the host that has loaded us.
 *
 * An entry begins the same in every version of Fluent Bit and ends in state of
 * the host's, whose size has changed (layouts.h has the sizes that are known).
 * The host walks the table in steps of that size. So does everything here: the
 * step is found by handing the host a table of two entries at each possible
 * distance and counting how many it finds. The bytes between and behind are
 * zero, which ends the host's walk wherever it lands.
 */
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "layouts.h"
#include "properties.h"

enum {
    SMALLEST_STEP = sizeof(struct property_entry) + 4 * sizeof(void *),
    LARGEST_STEP = sizeof(struct property_entry) + 16 * sizeof(void *),
    ENTRIES = sizeof(trailwire_properties) / sizeof(trailwire_properties[0]),
};

/* One entry more than there are: the zero entry that ends the table. */
static union {
    unsigned char bytes[(ENTRIES + 1) * LARGEST_STEP];
    void *aligned;
} table;

static void lay_out(size_t step, const struct property_entry *entries, size_t count)
{
    size_t i;

    memset(table.bytes, 0, sizeof(table.bytes));
    for (i = 0; i < count; i++) {
        memcpy(table.bytes + i * step, &entries[i], sizeof(entries[i]));
    }
}

static size_t count_entries(void)
{
    size_t n = 0;
    struct list_head *entry;
    struct list_head *list;

    list = flb_config_map_create(NULL, table.bytes);
    if (list == NULL) {
        return 0;
    }
    for (entry = list->next; entry != list; entry = entry->next) {
        n++;
    }
    flb_config_map_destroy(list);
    return n;
}

static size_t step_of_host;

/* trailwire_property_step returns the step at which the host walks tables, for
 * plugin/output; zero where it is not known. */
size_t trailwire_property_step(void)
{
    return step_of_host;
}

static int is_step_of_host(size_t step)
{
    /* Nothing but names: whatever else is not zero could be taken for one at
     * the wrong step. */
    static const struct property_entry probe[2] = {
        { .type = PROPERTY_STR, .name = "a" },
        { .type = PROPERTY_STR, .name = "b" },
    };

    lay_out(step, probe, 2);
    return count_entries() == 2;
}

/* The sizes that are known first, from the newest on; then those that a later
 * version could have. */
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

/* trailwire_property_table returns the table, or NULL where the host's step is
 * none that we know how to serve. */
void *trailwire_property_table(void)
{
    step_of_host = find_step();
    if (step_of_host == 0) {
        return NULL;
    }
    lay_out(step_of_host, trailwire_properties, ENTRIES);
    return table.bytes;
}
