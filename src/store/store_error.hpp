#pragma once

#include <stdexcept>

namespace baton::store {

/// Thrown where a store cannot be opened or read as what it is: names the file, what was seen and
/// the remedy.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace baton::store
