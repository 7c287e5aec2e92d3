#include "app/file_access.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

namespace baton::app {

namespace {

/// The name of a user, or his number where he has none.
std::string name_of(uid_t user) {
  std::array<char, 4096> text{};
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwuid_r(user, &entry, text.data(), text.size(), &found);
  return error == 0 && found != nullptr ? std::string(found->pw_name) : std::to_string(user);
}

std::string group_of(gid_t group) {
  std::array<char, 4096> text{};
  struct group entry{};
  struct group* found = nullptr;
  const int error = ::getgrgid_r(group, &entry, text.data(), text.size(), &found);
  return error == 0 && found != nullptr ? std::string(found->gr_name) : std::to_string(group);
}

/// The operating system says no to this process, as the user that it acts for.
bool is_denied(const std::string& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) != 0 && errno == EACCES;
}

/// The outermost folder on the way to it that may not be entered, or the path itself.
std::string obstacle(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return path;
  std::filesystem::path way;
  for (const std::filesystem::path& part : absolute.parent_path()) {
    way /= part;
    if (is_denied(way.string(), X_OK)) return way.string();
  }
  return path;
}

/// `mode` in chmod's letters.
std::string letters(int mode) {
  std::string found;
  if ((mode & R_OK) != 0) found += 'r';
  if ((mode & W_OK) != 0) found += 'w';
  if ((mode & X_OK) != 0) found += 'x';
  return found;
}

void require(const std::string& path, int mode) {
  if (path.empty() || !is_denied(path, mode)) return;
  const std::string what = obstacle(path);
  if (what != path) mode = X_OK;
  const std::string us = name_of(::geteuid());
  struct stat status{};
  if (::stat(what.c_str(), &status) != 0) {
    throw FileAccessError(
        fmt::format("\"{}\" cannot be reached, and this process runs as {}", what, us));
  }
  if (status.st_uid == ::geteuid()) {
    throw FileAccessError(
        fmt::format("\"{}\": its mode is {:04o}, which keeps {} out: chmod u+{} {}", what,
                    static_cast<unsigned>(status.st_mode & 07777U), us, letters(mode), what));
  }
  const std::string owner = name_of(status.st_uid);
  std::string remedy = what != path
                           ? fmt::format("let it in (chmod o+x {}), or give another path", what)
                           : fmt::format("chown {} {}, or run this as {}", us, what, owner);
  if (what == path && mode == R_OK) {
    remedy += fmt::format(", or let it read by its group (chgrp {} {}; chmod g+r {})",
                          group_of(::getegid()), what, what);
  }
  throw FileAccessError(fmt::format("\"{}\" belongs to {}, and this process runs as {}: {}", what,
                                    owner, us, remedy));
}

}  // namespace

void require_store(const std::string& given, StoreUse use) {
  if (given.empty()) return;
  // The store follows links first, so that what lies beside it is beside the file itself.
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(given, error);
  const std::string path = error ? given : real.string();
  const int mode = use == StoreUse::write ? R_OK | W_OK : R_OK;
  for (const std::string_view suffix : {"", "-wal", "-shm"}) {
    require(path + std::string(suffix), mode);
  }
  if (use == StoreUse::read) return;
  require(path + ".lock", mode);
  const bool all_there = std::filesystem::exists(path + "-wal", error) &&
                         std::filesystem::exists(path + "-shm", error) &&
                         std::filesystem::exists(path + ".lock", error);
  if (!all_there) require(std::filesystem::path(path).parent_path().string(), R_OK | W_OK | X_OK);
}

void require_readable(const std::string& path) { require(path, R_OK); }

void require_server_files(const AppConfig& config) {
  require_store(config.store.path, StoreUse::write);
  require_readable(config.gateway.jwt_secret_file);
  require_readable(config.gateway.jwks_file);
  require_readable(config.gateway.tls_certificate);
  require_readable(config.gateway.tls_key);
  if (config.sip.tls_certificate_dir.empty()) return;
  require_readable(config.sip.tls_certificate_dir + "/agent.pem");
  require_readable(config.sip.tls_certificate_dir + "/cafile.pem");
}

}  // namespace baton::app
