// The program's allocator: jemalloc, and where short-lived memory comes from (docs/decisions.md).
//
// jemalloc reads malloc_conf before main() runs. Finished SIP transactions stay for half a minute,
// so a burst leaves much memory free behind it: a thread in the background gives what was not used
// for ten seconds back to the kernel, also where nothing is allocated any more. Few arenas, since
// few threads allocate.
//
// malloc() and its like, and operator new, are defined here so that what is short-lived comes from
// arenas of its own (memory/lifetime.hpp).

#include <jemalloc/jemalloc.h>

#include <cerrno>
#include <cstddef>
#include <new>

#include "memory/lifetime.hpp"

namespace {

/// jemalloc's flags for the short-lived memory of this thread: an arena and a cache of its own; 0,
/// the thread's usual memory, where there are none left.
int new_short_lived_memory() {
  unsigned arena = 0;
  unsigned cache = 0;
  std::size_t size = sizeof arena;
  if (mallctl("arenas.create", &arena, &size, nullptr, 0) != 0) return 0;
  size = sizeof cache;
  if (mallctl("tcache.create", &cache, &size, nullptr, 0) != 0) return 0;
  return MALLOCX_ARENA(arena) | MALLOCX_TCACHE(cache);
}

int flags(bool short_lived) {
  if (!short_lived) return 0;
  constexpr int kNone = -1;
  static constinit thread_local int of_thread = kNone;
  if (of_thread == kNone) {
    of_thread = 0;  // Should mallctl() allocate.
    of_thread = new_short_lived_memory();
  }
  return of_thread;
}

int malloc_flags() { return flags(baton::memory::short_lived_malloc); }

void* or_no_memory(void* memory) {
  if (memory == nullptr) errno = ENOMEM;
  return memory;
}

}  // namespace

void* operator new(std::size_t size) {
  const int how = flags(baton::memory::short_lived_new);
  for (;;) {
    if (void* memory = mallocx(size == 0 ? 1 : size, how)) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

// Into the cache of the thread that frees: who has kept a text for long is not who made it.
void operator delete(void* memory) noexcept {
  if (memory != nullptr) dallocx(memory, 0);
}

void operator delete(void* memory, std::size_t size) noexcept {
  if (memory != nullptr) sdallocx(memory, size == 0 ? 1 : size, 0);
}

extern "C" {

__attribute__((visibility("default"))) extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,narenas:4,dirty_decay_ms:10000,muzzy_decay_ms:0";

void* malloc(std::size_t size) noexcept {
  return or_no_memory(mallocx(size == 0 ? 1 : size, malloc_flags()));
}

void* calloc(std::size_t count, std::size_t each) noexcept {
  std::size_t size = 0;
  if (__builtin_mul_overflow(count, each, &size)) return or_no_memory(nullptr);
  return or_no_memory(mallocx(size == 0 ? 1 : size, malloc_flags() | MALLOCX_ZERO));
}

void free(void* memory) noexcept {
  if (memory != nullptr) dallocx(memory, malloc_flags());
}

void* realloc(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return malloc(size);
  if (size == 0) {  // As glibc has it.
    free(memory);
    return nullptr;
  }
  return or_no_memory(rallocx(memory, size, malloc_flags()));
}

}  // extern "C"
