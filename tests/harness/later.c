/* A wall clock that is set forward: by the seconds (a 64-bit number) in the file that BATON_TEST_LATER names, which may change
 * at any time. The steady clock is left alone, as by a real setting of the clock.
 *
 * Loaded into the server with LD_PRELOAD, by later.py. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *later;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("BATON_TEST_LATER");
  const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  void *file = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *later, PROT_READ, MAP_SHARED, fd, 0);
  if (file == MAP_FAILED) abort(); /* The test would see an hour that never passes. */
  close(fd);
  later = file;
}

/* The system's own, past the library: whoever asks may be the allocator, before anything is loaded. */
int clock_gettime(clockid_t clock, struct timespec *now) {
  const int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && clock == CLOCK_REALTIME && later != NULL) now->tv_sec += *later;
  return result;
}

time_t time(time_t *told) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  if (told != NULL) *told = now.tv_sec;
  return now.tv_sec;
}
