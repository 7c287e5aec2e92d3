/* A store that forgets: a statement that begins with what BATON_TEST_FORGETS says is never carried
 * out, and whoever asked for it is told that it was.
 *
 * Loaded into the server with LD_PRELOAD by tests that show that another test would find it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define SQLITE_DONE 101 /* sqlite3.h */

typedef struct sqlite3_stmt sqlite3_stmt;
const char *sqlite3_sql(sqlite3_stmt *statement);
int sqlite3_step(sqlite3_stmt *statement);

int sqlite3_step(sqlite3_stmt *statement) {
  const char *forgotten = getenv("BATON_TEST_FORGETS");
  const char *text = sqlite3_sql(statement);
  if (forgotten != NULL && text != NULL && strncmp(text, forgotten, strlen(forgotten)) == 0)
    return SQLITE_DONE;
  return ((__typeof__(&sqlite3_step))dlsym(RTLD_NEXT, "sqlite3_step"))(statement);
}
