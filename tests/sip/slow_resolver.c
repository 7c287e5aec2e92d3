/* A name server that does not answer: every look-up of a name takes ten seconds and fails. Loaded into the server by
 * host_names_test.py with LD_PRELOAD; numeric addresses are looked up as always. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stddef.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  unsigned char address[16];
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (node == NULL || inet_pton(AF_INET, node, address) == 1 || inet_pton(AF_INET6, node, address) == 1 ||
      (hints != NULL && (hints->ai_flags & AI_NUMERICHOST) != 0)) {
    return real(node, service, hints, res);
  }
  sleep(10);
  return EAI_AGAIN;
}
