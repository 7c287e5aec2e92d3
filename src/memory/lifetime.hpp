#pragma once

/// What lives for seconds and what lives as long as a call come from different pages: else the few
/// objects of a held call would each keep a page alive that is empty but for them
/// (docs/performance.md). Here a thread says what it is about to allocate; the program's allocator
/// (src/app/allocator.cpp) goes by it, and tests and tools, which have the usual one, do not. Only
/// a hint: any memory is freed in the usual way, by any thread.
namespace baton::memory {

/// What the C library's malloc() gives on this thread is gone again within a minute.
inline constinit thread_local bool short_lived_malloc = false;
/// The same of operator new.
inline constinit thread_local bool short_lived_new = false;

/// Sets one of the two, of this thread, to `value` within its life. May stand in another's life.
class Hint {
 public:
  Hint(bool& which, bool value) : which_(which), before_(which) { which_ = value; }
  ~Hint() { which_ = before_; }
  Hint(const Hint&) = delete;
  Hint& operator=(const Hint&) = delete;

 private:
  bool& which_;
  bool before_;
};

}  // namespace baton::memory
