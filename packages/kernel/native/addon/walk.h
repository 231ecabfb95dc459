/* SPDX-License-Identifier: Apache-2.0 */
/* A walk through trees, batch by batch; see walk.c. */
#ifndef REDOUBT_WALK_H
#define REDOUBT_WALK_H

#include <node_api.h>
#include "tree.h"

/* Bytes of names that are read from a folder at a time. */
#define NAMES_PIECE (32 << 10)

struct frame {
	int fd;             /* -1: to be opened again */
	size_t path_length; /* of the folder's path, as bytes */
	size_t key_length;  /* of its key, as text */
	struct text names;  /* each with its NUL */
	char **sorted;
	size_t count, next;
};

struct walk {
	int root;
	struct text path, key; /* path has no slash in front, key has one */
	struct frame *frames;
	size_t depth, room;
	char **starts, **pruned;
	size_t start_count, start_next, pruned_count;
	char *after;  /* what is not after this key is passed over; NULL once it is passed */
	char *piece;  /* of NAMES_PIECE bytes */
	size_t wanted;
	struct text out;
	bool busy, closed;
	napi_async_work work;
	napi_deferred deferred;
};

/* Walks one batch into `out`. */
void walk_batch(struct walk *walk);
/* Frees a walk and what it holds. */
void walk_free(struct walk *walk);

#endif
