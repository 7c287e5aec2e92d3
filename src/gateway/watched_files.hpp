#pragma once

#include <string>
#include <vector>

namespace baton::gateway {

/// Tells when files that were read once have changed on disk: by name, since a renewed certificate
/// is usually a new file that a link or a rename puts in the old one's place. Not thread-safe.
class WatchedFiles {
 public:
  /// Empty names are left out. Nothing has been seen yet, so the first changed() is true.
  explicit WatchedFiles(std::vector<std::string> names);

  /// True where a file is another one than at the last call, or has changed, come or gone (by
  /// device, inode, size, and time of change to the nanosecond). Does a stat(2) a file.
  [[nodiscard]] bool changed();

 private:
  std::vector<std::string> names_;
  std::string seen_;  ///< What the files looked like at the last call.
};

}  // namespace baton::gateway
