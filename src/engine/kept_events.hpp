#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/published.hpp"

namespace baton::engine {

/// The events published since the last snapshot: what a start from the next one can no longer have
/// the core make again. They share their texts with the gateway's. Engine's thread only.
class KeptEvents {
 public:
  /// Beyond `max_bytes` of texts the oldest go, and those that are `max_age_ms` older than the
  /// newest.
  KeptEvents(std::size_t max_bytes, core::TimeMs max_age_ms)
      : max_bytes_(max_bytes), max_age_ms_(max_age_ms) {}

  void add(const Published& event);
  /// All of them, oldest first; nothing is kept then.
  [[nodiscard]] std::deque<Published> take();
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::size_t max_bytes_;
  core::TimeMs max_age_ms_;
  std::size_t bytes_ = 0;
  std::deque<Published> events_;
};

/// Takes events off the front until their texts are `bytes` or more, and gives them as bytes that a
/// newer program can read (core/named_codec.hpp). `newest_at` becomes the last one's time.
[[nodiscard]] std::string encode_events(std::deque<Published>& events, std::size_t bytes,
                                        core::TimeMs& newest_at);
/// Appends what was encoded; false where the bytes are not that.
[[nodiscard]] bool decode_events(std::string_view bytes, std::vector<Published>& events);

}  // namespace baton::engine
