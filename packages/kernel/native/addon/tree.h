/* SPDX-License-Identifier: Apache-2.0 */
/* What walking and measuring files share: growing text, names as text, opening below a root without links. */
#ifndef REDOUBT_TREE_H
#define REDOUBT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Bytes that grow; `failed` once memory was refused. */
struct text {
	char *bytes;
	size_t length, room;
	bool failed;
};

void text_add(struct text *text, const void *bytes, size_t length);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a name: UTF-8 as it is, \xHH for other bytes, \\ for a backslash (packages/baseline/src/state/key.ts). */
void text_escape(struct text *text, const char *name, size_t length);
/* Whether a name is its own escaped form. */
bool is_plain(const char *name, size_t length);
/* The bytes of an escaped name, in place; returns their number. */
size_t unescape(char *name, size_t length);
/* Type, mode, uid, gid, links, size, device, inode, mtime, ctime; a NUL at the end. */
void text_stat(struct text *text, const struct stat *status);
/* Opens `path` (relative to the root, of any length) without following a link anywhere; negative errno. */
int open_below(int root, const char *path, int flags);

#endif
