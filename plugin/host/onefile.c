#define _GNU_SOURCE
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "onefile.h"

/*
 * Each name of the plugin has to be one file. A copy of it is a library of its own to
 * the dynamic linker, with a Go runtime and a registry of its own.
 */
static const char *const names[] = {
    "flb-filter_trailwire.so", "flb-in_trailwire.so", "out_trailwire.so"
};

/* The files that are loaded under such a name: how many, and the paths of two. */
struct libraries {
    int count;
    const char *path[2];
};

static const char *second; /* what to say of two, NULL for one */

static int note_library(struct dl_phdr_info *info, size_t size, void *opaque)
{
    struct libraries *loaded = opaque;
    const char *name = strrchr(info->dlpi_name, '/');
    size_t i;

    (void) size;
    name = name == NULL ? info->dlpi_name : name + 1;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            if (loaded->count < 2) {
                loaded->path[loaded->count] = info->dlpi_name;
            }
            loaded->count++;
        }
    }
    return 0;
}

/* Which of two files a host uses is a matter of chance, and after an upgrade it may be
 * the old one. */
const char *trailwire_look_for_files(void)
{
    static char text[1024];
    struct libraries loaded = { .count = 0 };

    dl_iterate_phdr(note_library, &loaded);
    if (loaded.count > 1) {
        snprintf(text, sizeof(text),
                 "the plugin is loaded from two files, %.300s and %.300s: flb-filter_trailwire.so, "
                 "flb-in_trailwire.so and out_trailwire.so have to be links to one file, and "
                 "another version of it needs a restart", loaded.path[0], loaded.path[1]);
        second = text;
    }
    return second;
}

const char *trailwire_second_file(void)
{
    static atomic_int looked;

    if (second == NULL && !atomic_exchange(&looked, 1)) {
        trailwire_look_for_files();
    }
    return second;
}

const char *trailwire_known_second_file(void)
{
    return second;
}
