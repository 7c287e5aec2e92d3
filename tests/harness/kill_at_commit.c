/* A process that dies, as by kill -9, at a chosen commit of its journal.
 *
 * While the file that BATON_TEST_KILL_AT names exists, its text says where, counted from the moment
 * at which it is first seen (without the file nothing happens):
 *
 *   after 3    at the third sync of the write-ahead log, when the commit is in the file (the system
 *              has it, so that a process which dies loses nothing) and nothing has come of it yet
 *   before 3   at the first write to the log after the second sync: all has come of what was
 *              committed before, and nothing of the third commit is there
 *
 * Loaded into the server by tests with LD_PRELOAD. The journal's thread is the only one that
 * commits. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int armed;
static int before;
static int left; /* Syncs until the end, once armed. */

/* Whether the file is the store's write-ahead log. */
static int is_log(int fd) {
  char link[64];
  char path[4096];
  const char end[] = "-wal";
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path);
  return size >= (ssize_t)(sizeof end - 1) &&
         memcmp(path + size - (sizeof end - 1), end, sizeof end - 1) == 0;
}

static void look(void) {
  char text[64] = {0};
  char when[16];
  const char *path = getenv("BATON_TEST_KILL_AT");
  const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) armed = 0;
  if (armed || fd < 0) {
    if (fd >= 0) close(fd);
    return;
  }
  if (read(fd, text, sizeof text - 1) > 0 && sscanf(text, "%15s %d", when, &left) == 2) {
    before = strcmp(when, "before") == 0;
    armed = 1;
  }
  close(fd);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void about_to_sync(int fd) {
  const int kept = errno;
  if (is_log(fd)) {
    look();
    if (armed && --left == 0) die();
  }
  errno = kept;
}

static void about_to_write(int fd) {
  const int kept = errno;
  if (is_log(fd)) {
    look();
    if (armed && before && left == 1) die();
  }
  errno = kept;
}

int fsync(int fd) {
  about_to_sync(fd);
  return REAL(fsync)(fd);
}
int fdatasync(int fd) {
  about_to_sync(fd);
  return REAL(fdatasync)(fd);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  about_to_write(fd);
  return REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  about_to_write(fd);
  return REAL(pwrite64)(fd, data, size, at);
}
