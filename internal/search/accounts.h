/*
 * Ids of AWS accounts that the search looks for beside its needles. They come and go
 * while other threads search.
 */
#ifndef TRAILWIRE_ACCOUNTS_H
#define TRAILWIRE_ACCOUNTS_H

#include <stddef.h>
#include <stdint.h>

struct trailwire_accounts;

/*
 * A set without ids, with one share in it; NULL if there is no memory. The seeds are
 * random, so that nobody can choose ids that collide.
 */
struct trailwire_accounts *trailwire_accounts_new(uint64_t seed, uint64_t other_seed);

/* Takes a share. The set lives as long as there is one. Safe for any number of threads. */
void trailwire_accounts_share(struct trailwire_accounts *);
void trailwire_accounts_release(struct trailwire_accounts *);

/*
 * Adds an id below 10^12. Returns 0, or -1 if there is no memory: the set is then as it
 * was. Takes a time that does not depend on how many ids there are. One thread at a time
 * adds or removes; any number of others search.
 */
int trailwire_accounts_add(struct trailwire_accounts *, uint64_t id);
void trailwire_accounts_remove(struct trailwire_accounts *, uint64_t id);
size_t trailwire_accounts_count(const struct trailwire_accounts *);

/* How many ids there is room for before there is a larger table. */
size_t trailwire_accounts_room(const struct trailwire_accounts *);

#endif
