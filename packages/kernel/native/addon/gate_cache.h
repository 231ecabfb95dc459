/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts by the identity of a file's content. */
#ifndef REDOUBT_GATE_CACHE_H
#define REDOUBT_GATE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Changes whenever the content does: ctime cannot be set by anybody. Times in nanoseconds. */
struct gate_key {
	uint64_t device, inode, size;
	int64_t modified, changed;
};

enum gate_verdict { VERDICT_NONE, VERDICT_ALLOW, VERDICT_DENY };

struct gate_entry {
	struct gate_key key;
	uint32_t used;          /* clock of the last use */
	uint8_t verdict;
};

/* Sets of four; the least recently used of a set goes. */
struct gate_cache {
	struct gate_entry *entries;
	size_t sets;
	uint32_t clock;
	uint64_t evicted;
};

int gate_cache_open(struct gate_cache *cache, size_t entries);
void gate_cache_close(struct gate_cache *cache);
void gate_cache_forget(struct gate_cache *cache);
struct gate_key gate_key_of(const struct stat *stat);
bool gate_key_same(const struct gate_key *one, const struct gate_key *other);
enum gate_verdict gate_cache_find(struct gate_cache *cache, const struct gate_key *key);
void gate_cache_put(struct gate_cache *cache, const struct gate_key *key, enum gate_verdict verdict);

#endif
