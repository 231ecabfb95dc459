/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by the OpenSSL inside Node, which uses the processor's SHA instructions. */
#ifndef REDOUBT_DIGEST_H
#define REDOUBT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

/* OpenSSL's functions that Node exports (openssl/evp.h); its headers come with options of Node's own build. */
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_md_st EVP_MD;
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *);
EVP_MD *EVP_MD_fetch(void *, const char *, const char *);
void EVP_MD_free(EVP_MD *);
int EVP_DigestInit_ex(EVP_MD_CTX *, const EVP_MD *, void *);
int EVP_DigestUpdate(EVP_MD_CTX *, const void *, size_t);
int EVP_DigestFinal_ex(EVP_MD_CTX *, unsigned char *, unsigned int *);
int EVP_Q_digest(void *, const char *, const char *, const void *, size_t, unsigned char *, size_t *);

/* A digest as lower-case hexadecimal. */
static inline void hex_of(const unsigned char sum[32], char hex[65])
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < 32; i++) {
		hex[i * 2] = digits[sum[i] >> 4];
		hex[i * 2 + 1] = digits[sum[i] & 15];
	}
	hex[64] = 0;
}

/* SHA-256 of bytes; false when OpenSSL has none. */
static inline bool sha256_hex(const void *bytes, size_t length, char hex[65])
{
	unsigned char sum[64];
	size_t size;
	if (EVP_Q_digest(NULL, "SHA256", NULL, bytes ? bytes : "", length, sum, &size) != 1)
		return false;
	hex_of(sum, hex);
	return true;
}

#endif
