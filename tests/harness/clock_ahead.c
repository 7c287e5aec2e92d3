/* A wall clock that is an hour ahead while the file that BATON_TEST_CLOCK names exists, and is set back when it goes.
 *
 * Loaded into the server by clock_test.py with LD_PRELOAD. The steady clock is left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (real == NULL) real = (__typeof__(real))dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(clock, now);
  const char *flag = clock == CLOCK_REALTIME ? getenv("BATON_TEST_CLOCK") : NULL;
  if (result == 0 && flag != NULL && access(flag, F_OK) == 0) now->tv_sec += 3600;
  return result;
}
