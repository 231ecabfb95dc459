/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one open of a file tells: SHA-256, link target, extended attributes, and the status of exactly the object that
 * was read. The digest is computed by the OpenSSL inside Node, which uses the processor's SHA instructions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include "bindings.h"
#include "digest.h"
#include "tree.h"

#define PIECE (256 << 10)
/* How often a file is read again that changes while it is read. */
#define ATTEMPTS 3
#define XATTR_LIMIT (64 << 10)

struct measuring {
	char root[4096];
	char *requests;
	size_t length;
	double limit; /* bytes a second; 0: none */
	struct text out;
	napi_async_work work;
	napi_deferred deferred;
	/* while it runs */
	EVP_MD_CTX *digest;
	EVP_MD *sha256;
	unsigned char *piece;
	double read_bytes;
	struct timespec start;
};

static double since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Rests until what has been read fits the limit. */
static void keep_limit(struct measuring *m, size_t bytes)
{
	m->read_bytes += (double)bytes;
	if (m->limit <= 0)
		return;
	double ahead = m->read_bytes / m->limit - since(&m->start);
	if (ahead > 0.001) {
		struct timespec rest = { .tv_sec = (time_t)ahead, .tv_nsec = (long)((ahead - (double)(time_t)ahead) * 1e9) };
		nanosleep(&rest, NULL);
	}
}

/* SHA-256 of what is open, or of its first `prefix` bytes; 0 or an errno. */
static int hash(struct measuring *m, int fd, uint64_t prefix, char hex[65])
{
	unsigned char sum[64];
	unsigned int size = 0;
	uint64_t left = prefix ? prefix : UINT64_MAX;
	if (!EVP_DigestInit_ex(m->digest, m->sha256, NULL))
		return EIO;
	for (off_t at = 0; left > 0;) {
		ssize_t got = pread(fd, m->piece, left < PIECE ? (size_t)left : PIECE, at);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			return errno;
		}
		if (got == 0)
			break;
		EVP_DigestUpdate(m->digest, m->piece, (size_t)got);
		at += got;
		left -= (uint64_t)got;
		keep_limit(m, (size_t)got);
	}
	EVP_DigestFinal_ex(m->digest, sum, &size);
	hex_of(sum, hex);
	return 0;
}

/* name=hex;… of every extended attribute: ACLs, capabilities, labels and users' own. */
static void add_attributes(struct measuring *m, int fd, bool path_only)
{
	static const char digits[] = "0123456789abcdef";
	char place[64], names[8192];
	snprintf(place, sizeof(place), "/proc/self/fd/%d", fd);
	ssize_t length = path_only ? listxattr(place, names, sizeof(names)) : flistxattr(fd, names, sizeof(names));
	for (char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
		unsigned char *value = m->piece;
		ssize_t size = path_only ? getxattr(place, name, value, XATTR_LIMIT) : fgetxattr(fd, name, value, XATTR_LIMIT);
		if (size < 0)
			continue; /* taken away a moment ago, or not for us to read */
		text_escape(&m->out, name, strlen(name));
		text_add(&m->out, "=", 1);
		for (ssize_t i = 0; i < size; i++) {
			char two[2] = { digits[value[i] >> 4], digits[value[i] & 15] };
			text_add(&m->out, two, 2);
		}
		text_add(&m->out, ";", 1);
	}
	text_add(&m->out, "", 1);
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void add_failure(struct measuring *m, int error)
{
	text_format(&m->out, "%c%s%c%c%c%c", 0, error == ENOENT ? "gone" : strerrorname_np(error) ?: "EIO", 0, 0, 0, 0);
}

/* stat NUL status NUL sha256 NUL link NUL xattrs NUL of one path. */
static void measure_one(struct measuring *m, int root, char *path, char type, uint64_t prefix)
{
	struct stat status, after;
	bool regular = type == 'f', folder = type == 'd';
	int fd = -ELOOP;
	if (regular)
		fd = open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME);
	else if (folder)
		fd = open_below(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOATIME);
	bool path_only = false;
	/* Links, devices, pipes and sockets, and what has become one since it was walked, are never opened as such. */
	if (fd < 0 && fd != -ENOENT && fd != -EMFILE && fd != -ENFILE) {
		int error = fd;
		path_only = true;
		fd = open_below(root, path, O_PATH);
		if (fd < 0)
			fd = error == -ELOOP ? fd : error;
	}
	if (fd < 0 || fstat(fd, &status) < 0) {
		add_failure(m, fd < 0 ? -fd : errno);
		if (fd >= 0)
			close(fd);
		return;
	}
	const char *word = "ok";
	char hex[65] = "";
	if (S_ISREG(status.st_mode) && !path_only) {
		if (prefix > (uint64_t)status.st_size)
			prefix = 0;
		for (int attempt = 1;; attempt++) {
			int error = hash(m, fd, prefix, hex);
			if (error) {
				hex[0] = 0;
				word = strerrorname_np(error) ?: "EIO";
				break;
			}
			if (fstat(fd, &after) < 0 || same(&status, &after))
				break;
			bool grown = prefix && after.st_ino == status.st_ino && after.st_size >= (off_t)prefix;
			status = after;
			if (grown)
				break; /* the part that was asked for has been read */
			if (attempt == ATTEMPTS) {
				word = "busy";
				break;
			}
		}
	} else if (S_ISREG(status.st_mode)) {
		word = "EACCES"; /* there, but it cannot be read */
	}
	text_stat(&m->out, &status);
	text_add(&m->out, word, strlen(word) + 1);
	text_add(&m->out, hex, strlen(hex) + 1);
	if (S_ISLNK(status.st_mode)) {
		char target[4096];
		ssize_t length = readlinkat(fd, "", target, sizeof(target));
		text_escape(&m->out, target, length > 0 ? (size_t)length : 0);
	}
	text_add(&m->out, "", 1);
	add_attributes(m, fd, path_only);
	close(fd);
}

static void execute(napi_env env, void *data)
{
	struct measuring *m = data;
	int root = open(m->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m->digest = EVP_MD_CTX_new();
	m->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	m->piece = malloc(PIECE > XATTR_LIMIT ? PIECE : XATTR_LIMIT);
	m->out.failed = root < 0 || !m->digest || !m->sha256 || !m->piece;
	clock_gettime(CLOCK_MONOTONIC, &m->start);
	for (size_t at = 0; at < m->length && !m->out.failed;) {
		char *key = m->requests + at;
		at += strlen(key) + 1;
		char *type = m->requests + at;
		at += at < m->length ? strlen(type) + 1 : 0;
		char *prefix = m->requests + at;
		at += at < m->length ? strlen(prefix) + 1 : 0;
		if (*key == '/')
			key++;
		key[unescape(key, strlen(key))] = 0;
		measure_one(m, root, key, *type, strtoull(prefix, NULL, 10));
	}
	EVP_MD_CTX_free(m->digest);
	EVP_MD_free(m->sha256);
	free(m->piece);
	if (root >= 0)
		close(root);
}

static void complete(napi_env env, napi_status result, void *data)
{
	struct measuring *m = data;
	napi_value value;
	napi_delete_async_work(env, m->work);
	if (m->out.failed || napi_create_buffer_copy(env, m->out.length, m->out.bytes ?: "", NULL, &value) != napi_ok) {
		napi_value message;
		napi_create_string_utf8(env, "files cannot be measured: no memory, no SHA-256, or no root", NAPI_AUTO_LENGTH,
					&message);
		napi_create_error(env, NULL, message, &value);
		napi_reject_deferred(env, m->deferred, value);
	} else {
		napi_resolve_deferred(env, m->deferred, value);
	}
	free(m->out.bytes);
	free(m->requests);
	free(m);
}

/* measure(root: string, requests: Buffer of key NUL type NUL prefix NUL, bytesPerSecond): Promise<Buffer> */
napi_value measure(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], promise, name;
	size_t count = 3, length;
	void *bytes;
	struct measuring *m = calloc(1, sizeof(*m));
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (!m || napi_get_value_string_utf8(env, arguments[0], m->root, sizeof(m->root), &length) != napi_ok ||
	    napi_get_buffer_info(env, arguments[1], &bytes, &m->length) != napi_ok ||
	    napi_get_value_double(env, arguments[2], &m->limit) != napi_ok || !(m->requests = malloc(m->length + 3))) {
		free(m);
		return throw(env, "measure(root, requests, bytesPerSecond) takes a path, a buffer and a number");
	}
	memcpy(m->requests, bytes, m->length);
	memset(m->requests + m->length, 0, 3); /* a torn last record ends here */
	napi_create_promise(env, &m->deferred, &promise);
	napi_create_string_utf8(env, "redoubt-measure", NAPI_AUTO_LENGTH, &name);
	napi_create_async_work(env, NULL, name, execute, complete, m, &m->work);
	napi_queue_async_work(env, m->work);
	return promise;
}
