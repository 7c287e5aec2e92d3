#pragma once

#include <cstdint>

#include "core/contact_center.hpp"

namespace baton::simulation {

/// A check sum of what happens: each input, what the core put out for it, and its whole state
/// afterwards. A change of the code that is to change nothing leaves it as it is. Of the records
/// that one input stores, only the last of each key counts, as for the store. One thread.
class Digest {
 public:
  void add(const core::Input& input, const core::Outputs& outputs,
           const core::ContactCenter& center);
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void add(std::string_view bytes);

  std::uint64_t value_ = 1469598103934665603ULL;  // FNV-1a 64.
};

}  // namespace baton::simulation
