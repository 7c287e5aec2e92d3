#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "store/sqlite.hpp"

namespace baton::store {

/// Copies a database's write-ahead log into the file beside the commits, not within them: a
/// commit that did it waited for the disk twice more, some times a second under load
/// (https://www.sqlite.org/wal.html, "Avoiding Excessively Large WAL Files"). Has a connection and
/// a thread of its own.
class Checkpointer {
 public:
  /// In pages of the log, 4 KiB each.
  struct Limits {
    /// Of these, new in it, a copy is made beside the writer, who never waits for it: some 8 MiB,
    /// in which the pages that change most are there many times.
    int copied_at_once = 2048;
    /// From so many on a commit copies what is left itself, so that the log begins anew and stays
    /// bounded: little, where the thread keeps up.
    int most = 16384;
  };

  /// `writer` outlives it. `failed` is told why a copy was not made, on the checkpointer's thread
  /// or the writer's; nothing is lost then, the log grows, and it is tried again. Throws
  /// StoreError.
  Checkpointer(Database& writer, Limits limits, std::function<void(const std::string&)> failed);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  /// Waits for a copy under way. The writer's thread must have ended, or be this one.
  ~Checkpointer();

 private:
  void committed(int pages);
  void loop();
  /// With the mutex held: whether it is the thread's turn.
  [[nodiscard]] bool due() const;
  // Passed in.
  Database& writer_;
  Limits limits_;
  std::function<void(const std::string&)> failed_;
  // Owned.
  Database database_;
  // State.
  std::mutex mutex_;
  std::condition_variable wake_;
  int pages_ = 0;   ///< In the log.
  int copied_ = 0;  ///< Of those, when the last copy was made.
  int tried_ = 0;   ///< Likewise, by a commit itself. The writer's thread only.
  bool stopping_ = false;
  std::thread thread_;  ///< The last: it uses the others.
};

}  // namespace baton::store
