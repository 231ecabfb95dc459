/* SPDX-License-Identifier: Apache-2.0 */
#include "gate_cache.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 4

int gate_cache_open(struct gate_cache *cache, size_t entries)
{
	cache->sets = 1;
	while (cache->sets * WAYS < entries)
		cache->sets *= 2;
	cache->entries = calloc(cache->sets * WAYS, sizeof(*cache->entries));
	return cache->entries ? 0 : -ENOMEM;
}

void gate_cache_close(struct gate_cache *cache)
{
	free(cache->entries);
	cache->entries = NULL;
}

void gate_cache_forget(struct gate_cache *cache)
{
	memset(cache->entries, 0, cache->sets * WAYS * sizeof(*cache->entries));
}

struct gate_key gate_key_of(const struct stat *stat)
{
	return (struct gate_key){
		.device = stat->st_dev,
		.inode = stat->st_ino,
		.size = (uint64_t)stat->st_size,
		.modified = stat->st_mtim.tv_sec * 1000000000LL + stat->st_mtim.tv_nsec,
		.changed = stat->st_ctim.tv_sec * 1000000000LL + stat->st_ctim.tv_nsec,
	};
}

bool gate_key_same(const struct gate_key *one, const struct gate_key *other)
{
	return one->device == other->device && one->inode == other->inode && one->size == other->size &&
	       one->modified == other->modified && one->changed == other->changed;
}

static struct gate_entry *set_of(struct gate_cache *cache, const struct gate_key *key)
{
	/* Fibonacci hashing; inodes and devices are small numbers in a row. */
	uint64_t hash = (key->inode ^ key->device << 40) * 0x9e3779b97f4a7c15ULL;
	return &cache->entries[((hash >> 32) & (cache->sets - 1)) * WAYS];
}

enum gate_verdict gate_cache_find(struct gate_cache *cache, const struct gate_key *key)
{
	struct gate_entry *set = set_of(cache, key);
	for (int i = 0; i < WAYS; i++) {
		if (set[i].verdict == VERDICT_NONE || !gate_key_same(&set[i].key, key))
			continue;
		set[i].used = ++cache->clock;
		return set[i].verdict;
	}
	return VERDICT_NONE;
}

void gate_cache_put(struct gate_cache *cache, const struct gate_key *key, enum gate_verdict verdict)
{
	struct gate_entry *set = set_of(cache, key), *slot = &set[0];
	for (int i = 0; i < WAYS; i++) {
		/* An older state of the same file is of no use any more. */
		if (set[i].verdict != VERDICT_NONE && set[i].key.inode == key->inode &&
		    set[i].key.device == key->device) {
			slot = &set[i];
			break;
		}
		if (set[i].verdict == VERDICT_NONE) {
			slot = &set[i];
		} else if (slot->verdict != VERDICT_NONE &&
			   (int32_t)(set[i].used - slot->used) < 0) {
			slot = &set[i];
		}
	}
	if (slot->verdict != VERDICT_NONE && slot->key.inode != key->inode)
		cache->evicted++;
	*slot = (struct gate_entry){ .key = *key, .used = ++cache->clock, .verdict = (uint8_t)verdict };
}
