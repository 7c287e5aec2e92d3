#include "store/file_lock.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/store_error.hpp"

namespace baton::store {

namespace {

/// The process id that the lock's holder wrote, for the message; empty where it is not one.
std::string holder(int file) {
  std::array<char, 16> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  std::string digits;
  for (ssize_t i = 0; i < size; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') break;
    digits += c;
  }
  return digits.empty() ? std::string() : " (process " + digits + ")";
}

}  // namespace

FileLock::FileLock(const std::string& path, const std::string& what)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (file_ < 0) {
    throw StoreError("store \"" + what + "\": cannot make its lock file \"" + path +
                     "\": " + std::generic_category().message(errno) +
                     "; check that its folder exists and can be written by this user");
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    std::string text = "store \"" + what + "\": ";
    if (error == EWOULDBLOCK) {
      text += "is in use by another Baton" + holder(file_) +
              "; stop that one, or give this one another store.path";
    } else {
      text += "cannot lock \"" + path + "\": " + std::generic_category().message(error);
    }
    ::close(file_);
    throw StoreError(text);
  }
  // The number is for messages alone; a failure to write it changes nothing.
  const std::string id = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(file_, id.data(), id.size(), 0);
  }
}

FileLock::~FileLock() { ::close(file_); }

}  // namespace baton::store
