#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace baton::telephony::sip {

/// Responses of one direction by class: element 1 counts 1xx, element 6 counts 6xx. Any thread.
class ResponseFigures {
 public:
  /// `status` as it stands in the response; what is no SIP status (RFC 3261 section 21) is not
  /// counted.
  void count(int status) {
    const auto hundreds = static_cast<std::size_t>(status / 100);
    if (status >= 100 && hundreds < classes_.size())
      classes_[hundreds].fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t of_class(std::size_t hundreds) const {
    return classes_.at(hundreds).load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, 7> classes_{};
};

/// Those that this process gave, without what the stack answers by itself (400 to what it cannot
/// parse, 100 to a repeated INVITE).
inline ResponseFigures responses_sent;
/// Those that requests of this process got, with what the stack made up (408 for silence, 503 for a
/// transport that failed).
inline ResponseFigures responses_received;

}  // namespace baton::telephony::sip
