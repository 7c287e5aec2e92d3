#pragma once

#include "core/contact_center.hpp"

namespace baton::simulation {

/// A ContactCenter that is copied as a value: the simulation goes back to a state in order to try
/// what else might have happened from there. Copies share the directory, which is immutable.
class CopiedCenter {
 public:
  CopiedCenter() = default;
  CopiedCenter(const CopiedCenter& other);
  CopiedCenter& operator=(const CopiedCenter& other);
  ~CopiedCenter() = default;

  core::ContactCenter center;
};

}  // namespace baton::simulation
