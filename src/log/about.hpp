#pragma once

#include <optional>

#include "message/uuid.hpp"

namespace baton::log {

/// The call that lines of the log are about: its contact id and that of the transfer, where it is
/// one.
struct Call {
  std::optional<message::Uuid> contact{};
  std::optional<message::Uuid> transfer{};
};

/// While it lives, every line that this thread logs carries the ids of this call, as `contact` and
/// `transfer` (a mapped diagnostic context). May be nested: the inner one counts. A log that
/// formats on another thread would lose them.
class About {
 public:
  explicit About(const Call& call);
  About(const About&) = delete;
  About& operator=(const About&) = delete;
  ~About();

 private:
  Call before_;
};

/// What the lines of this thread are about now.
[[nodiscard]] const Call& about();

}  // namespace baton::log
