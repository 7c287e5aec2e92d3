#pragma once

#include <stdexcept>

namespace baton::amazon {

/// What Amazon Connect could not be asked, or answered with an error: which request, what came, and
/// what to do about it.
struct AmazonError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace baton::amazon
