#pragma once

#include "core/center.hpp"

namespace baton::core {

/// The state behind a ContactCenter, for the simulation (docs/simulation.md), which checks it after
/// every input and copies it to try what else might have happened. Nothing of the server includes
/// this.
struct Inspection {
  using State = ContactCenter::Impl;

  [[nodiscard]] static const State& of(const ContactCenter& center) { return *center.impl_; }
  [[nodiscard]] static State& of(ContactCenter& center) { return *center.impl_; }
};

}  // namespace baton::core
