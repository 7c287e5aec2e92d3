#pragma once

#include <stdexcept>
#include <string>

#include "app/config.hpp"

namespace baton::app {

/// Thrown where the operating system keeps this process from a file of Baton's: whose the file is,
/// who this process is, and what to do.
struct FileAccessError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a command does with the store.
enum class StoreUse { read, write };

/// Throws FileAccessError where the store, a file beside it or the folder of these may not be used
/// so. What is not there is no fault: SQLite and the store tell of that. Any thread.
void require_store(const std::string& given, StoreUse use);

/// Throws FileAccessError where a file that is there may not be read: a secret, a key. An empty
/// path is none. Any thread.
void require_readable(const std::string& path);

/// Both, for all files of Baton's own that a server of this configuration needs to start.
void require_server_files(const AppConfig& config);

}  // namespace baton::app
