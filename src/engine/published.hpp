#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/input.hpp"

namespace baton::engine {

/// An event as its agent's desktops get it: printed once.
struct Published {
  std::string agent;
  std::uint64_t sequence = 0;
  core::TimeMs at = 0;
  std::shared_ptr<const std::string> text;
};

}  // namespace baton::engine
