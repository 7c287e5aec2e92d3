#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "world.hpp"

namespace baton::simulation {

/// What an exhaustive walk saw.
struct Coverage {
  int depth = 0;             ///< Every order of so many inputs was tried.
  std::uint64_t states = 0;  ///< Different states seen, by World::fingerprint().
  std::uint64_t inputs = 0;  ///< Inputs that led from one to another.
  std::optional<Violation> violation;
  std::string trace;  ///< What happened, where a rule broke.
};

/// Tries every order of the inputs that may come around one blind transfer, from the request on: to
/// a number, a queue and an agent, with each moment of release. Two orders that lead to the same
/// state are gone on with once. From each state that is new it also checks that the world comes to
/// rest when nobody does anything more.
///
/// Goes to `depth` inputs, one deeper each time, or until `seconds` of wall clock are over.
[[nodiscard]] Coverage walk_exhaustively(int depth, double seconds);

}  // namespace baton::simulation
