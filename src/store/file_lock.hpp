#pragma once

#include <string>

namespace baton::store {

/// An advisory lock (flock) that one process at a time can hold, released when the process ends
/// however it ends.
class FileLock {
 public:
  /// Takes the lock on `path`, which is made where missing and stays. Throws StoreError where
  /// another process has it (naming `what` and that process) or the file cannot be made.
  FileLock(const std::string& path, const std::string& what);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  int file_ = -1;
};

}  // namespace baton::store
