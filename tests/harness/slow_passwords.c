/* Passwords that take half a second each to hash, and those that begin with "slow" five, while the file that
 * BATON_TEST_HASHES names exists: a directory of hundreds takes minutes. Each hash adds a byte to the file, so that a test knows when they have begun.
 *
 * Loaded into the server by import_test.py with LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int argon2id_hash_encoded(uint32_t passes, uint32_t memory_kib, uint32_t lanes, const void *password,
                          size_t password_size, const void *salt, size_t salt_size, size_t hash_size,
                          char *encoded, size_t encoded_size);

int argon2id_hash_encoded(uint32_t passes, uint32_t memory_kib, uint32_t lanes, const void *password,
                          size_t password_size, const void *salt, size_t salt_size, size_t hash_size,
                          char *encoded, size_t encoded_size) {
  const struct timespec half = {0, 500000000}, five = {5, 0};
  const int is_slow = password_size >= 4 && memcmp(password, "slow", 4) == 0;
  const char *flag = getenv("BATON_TEST_HASHES");
  const int fd = flag == NULL ? -1 : open(flag, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd >= 0) {
    if (write(fd, ".", 1) != 1) abort();
    close(fd);
    nanosleep(is_slow ? &five : &half, NULL);
  }
  return ((__typeof__(&argon2id_hash_encoded))dlsym(RTLD_NEXT, "argon2id_hash_encoded"))(
      passes, memory_kib, lanes, password, password_size, salt, salt_size, hash_size, encoded, encoded_size);
}
