/*
 * Whether the plugin is loaded from one file.
 */
#ifndef TRAILWIRE_ONEFILE_H
#define TRAILWIRE_ONEFILE_H

/*
 * trailwire_look_for_files returns a line that names two files from which the plugin is
 * loaded, NULL if there is one. The constructor calls it: a file that is loaded second
 * refuses every start.
 */
const char *trailwire_look_for_files(void);

/*
 * trailwire_second_file returns the same. Every start asks for it, and the first one looks
 * again: all plugins are loaded by then, a second file as well. What is loaded later is
 * another configuration's: it refuses its own starts, and this file goes on.
 */
const char *trailwire_second_file(void);

/* trailwire_known_second_file returns the same, of what was found so far. */
const char *trailwire_known_second_file(void);

#endif
