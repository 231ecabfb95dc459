/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "tree.h"

void text_add(struct text *text, const void *bytes, size_t length)
{
	if (text->length + length > text->room) {
		size_t room = (text->length + length) * 2 + 4096;
		char *larger = text->failed ? NULL : realloc(text->bytes, room);
		if (!larger) {
			text->failed = true;
			return;
		}
		text->bytes = larger;
		text->room = room;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

void text_format(struct text *text, const char *format, ...)
{
	char line[512];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length > 0)
		text_add(text, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

/* Length of the well-formed UTF-8 sequence at a place (RFC 3629, section 4); 0 when there is none. */
static size_t sequence_at(const unsigned char *at, size_t left)
{
	if (at[0] < 0x80)
		return 1;
	size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	if (at[0] < 0xc2 || at[0] > 0xf4 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
	    (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

bool is_plain(const char *name, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t sequence = name[at] == '\\' ? 0 : sequence_at((const unsigned char *)name + at, length - at);
		if (!sequence)
			return false;
		at += sequence;
	}
	return true;
}

void text_escape(struct text *text, const char *name, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)name;
	size_t plain = 0;
	for (size_t at = 0; at < length;) {
		size_t sequence = bytes[at] == '\\' ? 0 : sequence_at(bytes + at, length - at);
		if (sequence) {
			at += sequence;
			continue;
		}
		text_add(text, bytes + plain, at - plain);
		if (bytes[at] == '\\')
			text_add(text, "\\\\", 2);
		else
			text_format(text, "\\x%02x", bytes[at]);
		plain = ++at;
	}
	text_add(text, bytes + plain, length - plain);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t unescape(char *name, size_t length)
{
	size_t to = 0;
	for (size_t at = 0; at < length;) {
		if (name[at] == '\\' && at + 1 < length && name[at + 1] == '\\') {
			name[to++] = '\\';
			at += 2;
		} else if (name[at] == '\\' && at + 3 < length && name[at + 1] == 'x' && digit(name[at + 2]) >= 0 &&
			   digit(name[at + 3]) >= 0) {
			name[to++] = (char)(digit(name[at + 2]) * 16 + digit(name[at + 3]));
			at += 4;
		} else {
			name[to++] = name[at++];
		}
	}
	return to;
}

static char type_letter(mode_t mode)
{
	return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISCHR(mode) ? 'c'
	     : S_ISBLK(mode) ? 'b' : S_ISFIFO(mode) ? 'p' : S_ISSOCK(mode) ? 's' : '?';
}

static char *put_number(char *at, uint64_t value)
{
	char digits[20];
	int count = 0;
	do
		digits[count++] = (char)('0' + value % 10);
	while (value /= 10);
	while (count)
		*at++ = digits[--count];
	return at;
}

static char *put_time(char *at, struct timespec time)
{
	if (time.tv_sec < 0)
		*at++ = '-';
	at = put_number(at, time.tv_sec < 0 ? -(uint64_t)time.tv_sec : (uint64_t)time.tv_sec);
	*at++ = '.';
	for (long unit = 100000000; unit; unit /= 10)
		*at++ = (char)('0' + time.tv_nsec / unit % 10);
	return at;
}

void text_stat(struct text *text, const struct stat *status)
{
	/* By hand: printf would be a third of the cost of an incremental check. */
	char line[256], *at = line;
	mode_t mode = status->st_mode & 07777;
	bool device = S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode);
	*at++ = type_letter(status->st_mode);
	*at++ = ' ';
	for (int shift = 9; shift >= 0; shift -= 3)
		*at++ = (char)('0' + (mode >> shift & 7));
	uint64_t numbers[] = { status->st_uid, status->st_gid, status->st_nlink,
			       device ? status->st_rdev : (uint64_t)status->st_size, status->st_dev, status->st_ino };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		*at++ = ' ';
		at = put_number(at, numbers[i]);
	}
	*at++ = ' ';
	at = put_time(at, status->st_mtim);
	*at++ = ' ';
	at = put_time(at, status->st_ctim);
	*at++ = 0;
	text_add(text, line, (size_t)(at - line));
}

static int open_piece(int folder, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
	if ((flags & O_PATH) == O_PATH)
		how.resolve = RESOLVE_BENEATH; /* the last component may be a link that is looked at, see below */
	for (;;) {
		long fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno == EAGAIN)
			continue; /* a rename elsewhere; openat2(2) says to try again */
		if (errno == EPERM && (how.flags & O_NOATIME)) {
			how.flags &= ~(uint64_t)O_NOATIME; /* not ours */
			continue;
		}
		return -errno;
	}
}

int open_below(int root, const char *path, int flags)
{
	size_t length = strlen(path);
	const size_t longest = 4000; /* below PATH_MAX; longer paths go piece by piece */
	int folder = root;
	if (length == 0)
		return open_piece(root, ".", flags);
	/* A link in front of the last component is refused for O_PATH, too: its folder is opened first. */
	while (length > longest || ((flags & O_PATH) == O_PATH && memchr(path, '/', length))) {
		char piece[4096];
		size_t end = length > longest ? longest : length;
		while (end > 0 && path[end - 1] != '/')
			end--;
		if (end < 2)
			break;
		memcpy(piece, path, end - 1);
		piece[end - 1] = 0;
		int next = open_piece(folder, piece, O_RDONLY | O_DIRECTORY);
		if (folder != root)
			close(folder);
		if (next < 0)
			return next;
		folder = next;
		path += end;
		length -= end;
	}
	int fd = open_piece(folder, path, flags);
	if (folder != root)
		close(folder);
	return fd;
}
