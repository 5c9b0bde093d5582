/*
 * How the filter finds the input of its own configuration.
 */
#ifndef TRAILWIRE_INPUT_REGISTRY_H
#define TRAILWIRE_INPUT_REGISTRY_H

struct flb_config;
struct flb_input_instance;

/* trailwire_input_register remembers the input of a configuration, for the
 * calling thread. It returns -1 if the configuration has one already. */
int trailwire_input_register(struct flb_config *, struct flb_input_instance *);

/* trailwire_input_here returns the input of a configuration if it belongs to
 * the calling thread, else NULL. Append only to what it returns, and only on
 * this thread. */
struct flb_input_instance *trailwire_input_here(struct flb_config *);

/* trailwire_input_reloads reports whether a configuration before this one had an
 * input. */
int trailwire_input_reloads(struct flb_config *);

/* trailwire_input_exists reports whether a configuration has an input, on any
 * thread. */
int trailwire_input_exists(struct flb_config *);

/* trailwire_input_forget forgets a configuration. Call it when a filter of the
 * configuration ends: the next configuration may have the same address. */
void trailwire_input_forget(struct flb_config *);

#endif
