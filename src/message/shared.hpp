#pragma once

#include <memory>
#include <utility>

namespace baton::message {

/// A value that is copied often and changed hardly ever: copies share it until one of them is
/// written to. Reads like a pointer that is never null. Any thread, each its own copy.
template <class T>
class Shared {
 public:
  Shared() = default;
  explicit Shared(T value) : value_(std::make_shared<T>(std::move(value))) {}

  const T& operator*() const {
    static const T kDefault{};
    return value_ ? *value_ : kDefault;
  }
  const T* operator->() const { return &**this; }
  /// To write to: this copy's own from then on. Not once another thread has a copy.
  T& own() {
    if (!value_) {
      value_ = std::make_shared<T>();
    } else if (value_.use_count() > 1) {
      value_ = std::make_shared<T>(*value_);
    }
    return *value_;
  }

 private:
  std::shared_ptr<T> value_;
};

}  // namespace baton::message
