#pragma once

#include <string>
#include <utility>

namespace baton::store {

/// What became of an operation: nothing to say, or an error text for people that names what failed
/// and the remedy. Plain value; any thread.
struct [[nodiscard]] Status {
  std::string error;  ///< Empty: it worked.

  [[nodiscard]] bool ok() const { return error.empty(); }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] static Status failure(std::string text) { return Status{std::move(text)}; }
};

}  // namespace baton::store
