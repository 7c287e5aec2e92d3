#pragma once

#include <cstddef>
#include <string>

#include "message/request_reader.hpp"

namespace baton::message {

/// What `attributes` may have in all, names and values: of one transfer, and of a call with those
/// that its transfers handed on.
inline constexpr std::size_t kMaxAttributeBytes = std::size_t{32} * 1024;

/// Reads `options` of a BlindTransfer; absent and null leave everything to its default. Unknown
/// keys are ignored.
bool read_options(RequestReader& reader, const JsonNode* node, TransferOptions& options);

/// The wire spelling of a fallback step: "return", "originalQueue", "queue:<ARN>", "disconnect".
[[nodiscard]] std::string to_wire(const FallbackStep& step);

}  // namespace baton::message
