/* Passwords that are hashed with the least memory and time that argon2id allows. A hash says how it was made, so
 * checking a password takes no longer.
 *
 * Loaded with LD_PRELOAD into servers built with the thread sanitizer, which follows every page of the 19 MiB that
 * each hash takes otherwise: that was a large part of each start. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

int argon2id_hash_encoded(uint32_t passes, uint32_t memory_kib, uint32_t lanes, const void *password,
                          size_t password_size, const void *salt, size_t salt_size, size_t hash_size,
                          char *encoded, size_t encoded_size);

int argon2id_hash_encoded(uint32_t passes, uint32_t memory_kib, uint32_t lanes, const void *password,
                          size_t password_size, const void *salt, size_t salt_size, size_t hash_size,
                          char *encoded, size_t encoded_size) {
  (void)passes;
  (void)memory_kib;
  return ((__typeof__(&argon2id_hash_encoded))dlsym(RTLD_NEXT, "argon2id_hash_encoded"))(
      1, 8 * lanes, lanes, password, password_size, salt, salt_size, hash_size, encoded, encoded_size);
}
