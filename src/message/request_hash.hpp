#pragma once

#include <cstdint>

#include "message/request.hpp"

namespace baton::message {

/// FNV-1a 64 of what the request asks for: its canonical names and everything read from contactId,
/// data and options. Not of `id`, and not of `source` and `agent`, which say who asks: another tab
/// of the same agent that repeats a request repeats the same content.
[[nodiscard]] std::uint64_t hash_content(const Request& request);

}  // namespace baton::message
