/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking trees in the order of keys, with one fstatat for each entry and four calls for each folder. Node has neither
 * openat nor a way to stat without an object for each file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "walk.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOATIME)

/* Folders that stay open while what is below them is walked; deeper ones are opened again. */
#define OPEN_FOLDERS 48

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order of keys is that of escaped names. */
static int by_key(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	struct text first = { 0 }, second = { 0 };
	text_escape(&first, x, strlen(x));
	text_escape(&second, y, strlen(y));
	text_add(&first, "", 1);
	text_add(&second, "", 1);
	int order = first.failed || second.failed ? strcmp(x, y) : strcmp(first.bytes, second.bytes);
	free(first.bytes);
	free(second.bytes);
	return order;
}

static void trouble(struct walk *walk, int error)
{
	text_add(&walk->out, walk->key.bytes, walk->key.length);
	text_format(&walk->out, "%c!%s", 0, strerrorname_np(error) ?: "EIO");
	text_add(&walk->out, "", 1);
}

/* Sets path and key to a name inside a folder. */
static void enter_name(struct walk *walk, const struct frame *frame, const char *name)
{
	walk->path.length = frame ? frame->path_length : 0;
	walk->key.length = frame ? frame->key_length : 0;
	if (walk->path.length)
		text_add(&walk->path, "/", 1);
	text_add(&walk->path, name, strlen(name) + 1);
	walk->path.length--;
	text_add(&walk->key, "/", 1);
	text_escape(&walk->key, name, strlen(name));
}

static bool is_pruned(const struct walk *walk)
{
	for (size_t low = 0, high = walk->pruned_count; low < high;) {
		size_t middle = (low + high) / 2;
		int order = strcmp(walk->path.bytes, walk->pruned[middle]);
		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Opens the folder at `path` and reads its names; `name` is its name in the folder on top, NULL for none. */
static void push(struct walk *walk, const char *name)
{
	if (walk->depth == walk->room) {
		size_t room = walk->room * 2 + 16;
		struct frame *larger = realloc(walk->frames, room * sizeof(*larger));
		if (!larger) {
			walk->out.failed = true;
			return;
		}
		walk->frames = larger;
		walk->room = room;
	}
	/* Below its parent where that is open: the kernel then looks up one name, not the whole path. */
	int above = name && walk->depth ? walk->frames[walk->depth - 1].fd : -1;
	int fd = open_below(above >= 0 ? above : walk->root, above >= 0 ? name : walk->path.bytes, FOLDER_FLAGS);
	if (fd < 0) {
		if (fd != -ENOENT)
			trouble(walk, -fd);
		return;
	}
	struct frame *frame = &walk->frames[walk->depth++];
	memset(frame, 0, sizeof(*frame));
	frame->fd = fd;
	frame->path_length = walk->path.length;
	frame->key_length = walk->key.length;
	bool plain = true;
	ssize_t got;
	while ((got = getdents64(fd, walk->piece, NAMES_PIECE)) > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *entry = (const struct dirent64 *)(walk->piece + at);
			at += entry->d_reclen;
			if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
				continue;
			size_t length = strlen(entry->d_name);
			text_add(&frame->names, entry->d_name, length + 1);
			plain = plain && is_plain(entry->d_name, length);
			frame->count++;
		}
	}
	if (got < 0)
		trouble(walk, errno);
	frame->sorted = malloc((frame->count + 1) * sizeof(char *));
	if (!frame->sorted || frame->names.failed) {
		walk->out.failed = true;
		frame->count = 0;
		return;
	}
	char *each = frame->names.bytes;
	for (size_t i = 0; i < frame->count; i++, each += strlen(each) + 1)
		frame->sorted[i] = each;
	qsort(frame->sorted, frame->count, sizeof(char *), plain ? by_bytes : by_key);
	if (walk->depth > OPEN_FOLDERS) {
		close(frame->fd);
		frame->fd = -1;
	}
}

static void pop(struct walk *walk)
{
	struct frame *frame = &walk->frames[--walk->depth];
	if (frame->fd >= 0)
		close(frame->fd);
	free(frame->names.bytes);
	free(frame->sorted);
}

static void add_entry(struct walk *walk, const struct stat *status)
{
	text_add(&walk->out, walk->key.bytes, walk->key.length);
	text_add(&walk->out, "", 1);
	text_stat(&walk->out, status);
}

/* Where a key stands to the one that the walk begins after. */
enum place { BEFORE, ABOVE /* it, or a folder above it */, AFTER };

/* In the order of keys a slash comes before everything, see compareKeys in packages/baseline/src/state/key.ts. */
static enum place place_of(struct walk *walk)
{
	if (!walk->after)
		return AFTER;
	size_t length = walk->key.length, at = 0;
	const char *key = walk->key.bytes, *after = walk->after;
	while (at < length && key[at] == after[at])
		at++;
	if (at == length && (after[at] == 0 || after[at] == '/' || length == 1))
		return ABOVE;
	int mine = at == length ? -1 : key[at] == '/' ? 0 : (unsigned char)key[at];
	int other = after[at] == 0 ? -1 : after[at] == '/' ? 0 : (unsigned char)after[at];
	if (mine < other)
		return BEFORE;
	free(walk->after); /* so are all that follow */
	walk->after = NULL;
	return AFTER;
}

/* One name of the folder on top. */
static bool step_in(struct walk *walk)
{
	struct frame *frame = &walk->frames[walk->depth - 1];
	if (frame->next == frame->count) {
		pop(walk);
		return false;
	}
	const char *name = frame->sorted[frame->next++];
	if (frame->fd < 0) {
		walk->path.length = frame->path_length;
		text_add(&walk->path, "", 1);
		walk->path.length--;
		frame->fd = open_below(walk->root, walk->path.bytes, FOLDER_FLAGS);
	}
	enter_name(walk, frame, name);
	enum place place = place_of(walk);
	if (place == BEFORE || is_pruned(walk) || walk->out.failed || walk->path.failed || walk->key.failed)
		return false;
	struct stat status;
	if (frame->fd < 0 || fstatat(frame->fd, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) {
		if (frame->fd >= 0 && errno != ENOENT)
			trouble(walk, errno);
		return false; /* it has vanished since its folder was read */
	}
	if (place == AFTER)
		add_entry(walk, &status);
	if (S_ISDIR(status.st_mode))
		push(walk, name);
	return place == AFTER;
}

static bool step_start(struct walk *walk)
{
	const char *start = walk->starts[walk->start_next++];
	struct stat status;
	walk->path.length = walk->key.length = 0;
	text_add(&walk->path, start, strlen(start) + 1);
	walk->path.length--;
	text_add(&walk->key, "/", 1);
	text_escape(&walk->key, start, strlen(start));
	enum place place = place_of(walk);
	int fd = place == BEFORE ? -ENOENT : open_below(walk->root, walk->path.bytes, O_PATH);
	if (fd < 0) {
		if (fd != -ENOENT && fd != -ENOTDIR)
			trouble(walk, -fd);
		return false;
	}
	fstat(fd, &status);
	close(fd);
	if (place == AFTER)
		add_entry(walk, &status);
	if (*start == 0)
		walk->key.length = 0; /* what is below the root has one slash in front */
	if (S_ISDIR(status.st_mode))
		push(walk, NULL);
	return place == AFTER;
}

void walk_batch(struct walk *walk)
{
	walk->out.length = 0;
	for (size_t done = 0; done < walk->wanted && !walk->out.failed;) {
		if (!walk->depth && walk->start_next == walk->start_count)
			break;
		done += walk->depth ? step_in(walk) : step_start(walk);
	}
}

void walk_free(struct walk *walk)
{
	while (walk->depth)
		pop(walk);
	if (walk->root >= 0)
		close(walk->root);
	walk->root = -1;
	free(walk->frames);
	free(walk->after);
	free(walk->piece);
	free(walk->path.bytes);
	free(walk->key.bytes);
	free(walk->out.bytes);
	for (size_t i = 0; i < walk->start_count; i++)
		free(walk->starts[i]);
	for (size_t i = 0; i < walk->pruned_count; i++)
		free(walk->pruned[i]);
	free(walk->starts);
	free(walk->pruned);
	free(walk);
}
