#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace baton::log {

/// One JSON object a line, valid whatever the text holds: `time` (RFC 3339, UTC, milliseconds),
/// `level`, `msg`, and `contact` and `transfer` where the line is about a call (log/about.hpp).
[[nodiscard]] std::unique_ptr<spdlog::formatter> json_lines();

/// The same for people: "<time> <level> <text> contact=<id> transfer=<id>".
[[nodiscard]] std::unique_ptr<spdlog::formatter> text_lines();

}  // namespace baton::log
