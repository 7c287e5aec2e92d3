/* A full disk: while the file that BATON_TEST_DISK_FULL names exists, every write to a file and every sync fails with
 * ENOSPC. Loaded into the server by full_disk_test.py with LD_PRELOAD. Sockets and pipes are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int full(int fd) {
  const char *flag = getenv("BATON_TEST_DISK_FULL");
  struct stat status;
  if (flag == NULL || access(flag, F_OK) != 0) return 0;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  errno = ENOSPC;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return full(fd) ? -1 : REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return full(fd) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
int fsync(int fd) { return full(fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return full(fd) ? -1 : REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return full(fd) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return full(fd) ? -1 : REAL(ftruncate64)(fd, size); }
