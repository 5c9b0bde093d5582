/*
 * The symbol and the callbacks that Fluent Bit sees. See doc.go for the contract.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../host/host.h"
#include "registry.h"

/* plugin/filter/shim.c: why this process cannot run the plugin, or NULL. */
const char *trailwire_unusable(void);

static void say(struct flb_input_instance *ins, int level, const char *text)
{
    if (flb_log_print == NULL) {
        fprintf(stderr, "[input:trailwire] %s\n", text);
        return;
    }
    flb_log_print(level, NULL, 0, "[input:trailwire:%s] %s",
                  flb_input_name == NULL ? "trailwire" : flb_input_name(ins), text);
}

/* An input that is threaded starts on a thread of its own, which Fluent Bit names
 * flb-in-NAME (2.2 to 5.1). */
static int is_threaded(void)
{
    static const char prefix[] = "flb-in-";
    char name[16] = "";

    return pthread_getname_np(pthread_self(), name, sizeof(name)) == 0 &&
           strncmp(name, prefix, sizeof(prefix) - 1) == 0;
}

/* Logs what is wrong with the configuration and stops the start. A hot reload goes on
 * without this input: a wrong configuration must not end the host. */
static int refuse(struct flb_input_instance *ins, struct flb_config *config, const char *why)
{
    say(ins, LOG_ERROR, why);
    return trailwire_input_reloads(config) ? 0 : -1;
}

static int init(struct flb_input_instance *ins, struct flb_config *config, void *data)
{
    (void) data;

    if (trailwire_unusable() != NULL) {
        say(ins, LOG_ERROR, trailwire_unusable());
        return -1;
    }
    if (is_threaded()) {
        return refuse(ins, config, "property \"threaded\": the filter trailwire cannot reach an input on "
                      "another thread: leave it out");
    }
    if (trailwire_input_register(config, ins) != 0) {
        return refuse(ins, config, "there is an input trailwire already, and all alerts come in there: "
                      "leave this one out");
    }
    return 0;
}

/* Nobody calls it, since init starts no collector. */
static int collect(struct flb_input_instance *ins, struct flb_config *config, void *data)
{
    (void) ins;
    (void) config;
    (void) data;
    return 0;
}

/* A table without an entry: the host refuses every property that is not its own. */
static const void *no_properties[64];

__attribute__((visibility("default")))
struct flb_input_plugin in_trailwire_plugin = {
    .name = "trailwire",
    .description = "Where the alerts of the filter trailwire come in",
    .config_map = no_properties,
    .cb_init = init,
    .cb_collect = collect,
};
