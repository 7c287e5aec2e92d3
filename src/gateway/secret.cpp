#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "gateway/crypto.hpp"
#include "gateway/jwt.hpp"

namespace baton::gateway {
namespace {

constexpr std::size_t kMinSecretBytes = 32;  // RFC 7518, 3.2: at least the size of the hash.
constexpr std::size_t kMaxSecretBytes = 4096;

/// A file descriptor that closes itself.
class File {
 public:
  File(const std::string& path, int flags, mode_t mode)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  throw std::runtime_error(
      fmt::format("auth.jwt_secret_file \"{}\": {}: {}. Name a file in a directory that Baton may "
                  "write, or make it yourself: openssl rand -hex 32 > FILE && chmod 600 FILE",
                  path, what, std::generic_category().message(error)));
}

/// The whole new file appears under its name at once, so that another process never reads half of
/// it.
void create(const std::string& path) {
  const std::string unfinished = fmt::format("{}.{}.new", path, random_hex(8));
  const std::string text = random_hex(32) + "\n";
  {
    const File file(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (!file.is_open()) fail(path, "cannot be made", errno);
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0) {
      const int error = errno;
      ::unlink(unfinished.c_str());
      fail(path, "cannot be written", error);
    }
  }
  const int linked = ::link(unfinished.c_str(), path.c_str());
  const int error = errno;
  ::unlink(unfinished.c_str());
  if (linked != 0 && error != EEXIST) fail(path, "cannot be made", error);
}

std::string read(const std::string& path, int descriptor) {
  std::string text;
  std::array<char, 1024> chunk{};
  for (;;) {
    const ssize_t size = ::read(descriptor, chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail(path, "cannot be read", errno);
    if (size == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(size));
    if (text.size() > kMaxSecretBytes) {
      throw std::runtime_error(
          fmt::format("auth.jwt_secret_file \"{}\": longer than {} bytes, which is no secret. "
                      "Remove the file and Baton makes a good one at its next start",
                      path, kMaxSecretBytes));
    }
  }
  return text;
}

}  // namespace

std::string load_or_create_secret(const std::string& path) {
  if (path.empty()) {
    throw std::runtime_error(
        "auth.jwt_secret_file is empty: name the file that holds, or shall hold, the token secret");
  }
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) fail(path, "cannot be read", errno);
    create(path);
  }
  const File file(path, O_RDONLY, 0);
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) fail(path, "cannot be read", errno);
  if (!S_ISREG(status.st_mode)) fail(path, "is not a regular file", EINVAL);
  constexpr mode_t kForbidden = S_IWGRP | S_IROTH | S_IWOTH;
  if ((status.st_mode & kForbidden) != 0) {
    throw std::runtime_error(fmt::format(
        "auth.jwt_secret_file \"{}\": its mode is {:04o}, so others can read or change it and "
        "could "
        "sign in as anyone. Make it private (chmod 600 {}), or remove it if it was ever exposed: "
        "Baton makes a new one at its next start",
        path, static_cast<unsigned>(status.st_mode & 07777U), path));
  }
  std::string text = read(path, file.get());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  text = first == std::string::npos ? std::string() : text.substr(first, last - first + 1);
  if (text.size() < kMinSecretBytes) {
    throw std::runtime_error(fmt::format(
        "auth.jwt_secret_file \"{}\": holds {} bytes, at least {} are needed. Remove the file and "
        "Baton makes a good one at its next start",
        path, text.size(), kMinSecretBytes));
  }
  return text;
}

}  // namespace baton::gateway
