#include "gateway/watched_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

namespace baton::gateway {

WatchedFiles::WatchedFiles(std::vector<std::string> names) : names_(std::move(names)) {
  std::erase(names_, std::string());
}

bool WatchedFiles::changed() {
  std::string now;
  for (const std::string& name : names_) {
    struct stat status{};
    if (::stat(name.c_str(), &status) != 0) {
      now += "none;";
      continue;
    }
    now += fmt::format("{}.{}.{}.{}.{};", status.st_dev, status.st_ino, status.st_size,
                       status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  if (now == seen_) return false;
  seen_ = std::move(now);
  return true;
}

}  // namespace baton::gateway
