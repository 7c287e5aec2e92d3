/* A disk that fails: while the file that BATON_TEST_DISK names exists, what it says is so.
 *
 *   full       every write to a file and every sync fails with ENOSPC
 *   readonly   the same with EROFS, and no file can be opened for writing
 *   slow       every sync takes five seconds longer
 *   unreadable every query of SQLite's fails with an I/O error, whether or not it has the page in its cache
 *   behind     the same once a new directory has been committed, and on the thread that committed it
 *
 * Loaded into the server by bad_disk_test.py with LD_PRELOAD. Sockets and pipes are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The first letter of what it says, or 0 while all is well. */
static char mode(void) {
  const char *flag = getenv("BATON_TEST_DISK");
  char said = 0;
  if (flag == NULL) return 0;
  const int kept = errno;
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, flag, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    if (read(fd, &said, 1) != 1) said = 0;
    close(fd);
  }
  errno = kept;
  return said;
}

static int fails(int fd) {
  struct stat status;
  const char said = mode();
  if (said != 'f' && said != 'r') return 0;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  errno = said == 'f' ? ENOSPC : EROFS;
  return 1;
}

static void wait_for_disk(void) {
  const struct timespec five = {5, 0};
  if (mode() == 's') nanosleep(&five, NULL);
}

static int may_not_open(int flags) {
  if ((flags & O_ACCMODE) == O_RDONLY || mode() != 'r') return 0;
  errno = EROFS;
  return 1;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return fails(fd) ? -1 : REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return fails(fd) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
int fsync(int fd) {
  wait_for_disk();
  return fails(fd) ? -1 : REAL(fsync)(fd);
}
int fdatasync(int fd) {
  wait_for_disk();
  return fails(fd) ? -1 : REAL(fdatasync)(fd);
}
int ftruncate(int fd, off_t size) { return fails(fd) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails(fd) ? -1 : REAL(ftruncate64)(fd, size); }

/* SQLite's, without its header: a statement, its text, and SQLITE_IOERR_READ. */
struct sqlite3_stmt;
int sqlite3_step(struct sqlite3_stmt *statement);
const char *sqlite3_sql(struct sqlite3_stmt *statement);
int sqlite3_step(struct sqlite3_stmt *statement) {
  static _Thread_local int directories, behind;
  const char said = mode();
  const char *text = sqlite3_sql(statement);
  if (text == NULL) text = "";  /* SQLite's own, of its schema. */
  if (strncmp(text, "INSERT INTO directory", 21) == 0) directories = 1;
  if (strcmp(text, "COMMIT") == 0 && directories) directories = 0, behind = 1;
  if ((said == 'u' || (said == 'b' && behind)) && strncmp(text, "SELECT", 6) == 0) return 10 | (1 << 8);
  return REAL(sqlite3_step)(statement);
}

#define OPEN(name)                                                  \
  int name(const char *path, int flags, ...) {                      \
    va_list rest;                                                   \
    va_start(rest, flags);                                          \
    const mode_t bits = (flags & O_CREAT) ? va_arg(rest, int) : 0;  \
    va_end(rest);                                                   \
    return may_not_open(flags) ? -1 : REAL(name)(path, flags, bits); \
  }
OPEN(open)
OPEN(open64)
