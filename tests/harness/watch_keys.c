/* Tells on standard error who deletes the first key that was made: the allocator's, which is nobody else's to delete.
 *
 * Loaded with LD_PRELOAD into a program that ends. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

int pthread_key_delete(pthread_key_t key) {
  static const char text[] = "key 0 is deleted\n";
  if (key == 0 && write(STDERR_FILENO, text, sizeof text - 1) < 0) return -1;
  return ((__typeof__(&pthread_key_delete))dlsym(RTLD_NEXT, "pthread_key_delete"))(key);
}
