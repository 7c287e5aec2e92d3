// The allocator as `baton` is linked with it: the only test program that has it.

#include <gtest/gtest.h>
#include <jemalloc/jemalloc.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <thread>

#include "memory/lifetime.hpp"

namespace baton::memory {
namespace {

unsigned arena_of(const void* memory) {
  unsigned arena = 0;
  std::size_t size = sizeof arena;
  void* address = const_cast<void*>(memory);
  EXPECT_EQ(mallctl("arenas.lookup", &arena, &size, static_cast<void*>(&address), sizeof address),
            0);
  return arena;
}

std::string text() { return std::string(1000, 'x'); }

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

TEST(Allocator, KeepsShortLivedObjectsApart) {
  const std::string lasting = text();
  std::string passing;
  {
    const Hint hint(short_lived_new, true);
    passing = text();
  }
  const std::string again = text();
  EXPECT_NE(arena_of(passing.data()), arena_of(lasting.data()));
  EXPECT_EQ(arena_of(again.data()), arena_of(lasting.data()));
}

TEST(Allocator, KeepsShortLivedMemoryOfLibrariesApart) {
  const Owned<char> lasting(strdup("libc has it of malloc()"));
  const Hint passes(short_lived_malloc, true);
  const Owned<char> passing(strdup("libc has it of malloc()"));
  EXPECT_NE(arena_of(passing.get()), arena_of(lasting.get())) << "is malloc exported?";
  const std::string object = text();
  EXPECT_EQ(arena_of(object.data()), arena_of(lasting.get())) << "objects come by operator new";

  const Hint lasts(short_lived_malloc, false);
  const Owned<void> kept(std::calloc(10, 10));
  EXPECT_EQ(arena_of(kept.get()), arena_of(lasting.get()));
}

TEST(Allocator, GivesEachThreadItsOwn) {
  const Hint hint(short_lived_new, true);
  const std::string here = text();
  std::string there;
  std::thread([&there] {
    EXPECT_FALSE(short_lived_new) << "a hint is one thread's";
    const Hint its_own(short_lived_new, true);
    there = text();
  }).join();
  EXPECT_NE(arena_of(here.data()), arena_of(there.data()));
}

TEST(Allocator, DoesWhatTheCLibrarysDoes) {
  for (const bool short_lived : {false, true}) {
    const Hint hint(short_lived_malloc, short_lived);
    Owned<char> grown(static_cast<char*>(std::malloc(10)));
    std::memcpy(grown.get(), "123456789", 10);
    grown.reset(static_cast<char*>(std::realloc(grown.release(), 100'000)));
    EXPECT_STREQ(grown.get(), "123456789");
    const Owned<char> zeroed(static_cast<char*>(std::calloc(100, 100)));
    EXPECT_EQ(std::string(zeroed.get(), 10'000), std::string(10'000, '\0'));
    const Owned<void> nothing(std::malloc(0));
    EXPECT_NE(nothing.get(), nullptr);
    std::free(nullptr);
    volatile std::size_t too_many = std::numeric_limits<std::size_t>::max();
    errno = 0;
    EXPECT_EQ(std::calloc(too_many, 2), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(std::malloc(too_many), nullptr);
    EXPECT_EQ(std::realloc(std::malloc(1), 0), nullptr);
  }
  EXPECT_THROW((void)::operator new(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
}

}  // namespace
}  // namespace baton::memory
