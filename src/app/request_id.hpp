#pragma once

#include <string>

namespace baton::app {

/// A random request id of the command line's own ("cli-5f2c..."), 128 bits. Any thread.
[[nodiscard]] std::string make_request_id();

}  // namespace baton::app
