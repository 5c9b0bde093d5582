/*
 * What of the shared object stays in memory.
 */
#ifndef TRAILWIRE_RESIDENT_H
#define TRAILWIRE_RESIDENT_H

/*
 * trailwire_leave_file takes the parts of the shared object that nothing has written
 * to, code and constants, out of the process's memory. They come back from the file,
 * page by page, when they are used.
 *
 * Call it when an instance has started. The dynamic linker has read a relocation for
 * each pointer in Go's tables, Go has initialised every package, and rules have been
 * compiled: little of what that touched is used again. Linux maps 64 KB for each page
 * that is touched, so that without this nearly the whole file stays.
 */
void trailwire_leave_file(void);

#endif
