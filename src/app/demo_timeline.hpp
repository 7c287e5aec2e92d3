#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/demo_desktops.hpp"
#include "app/demo_peers.hpp"
#include "app/palette.hpp"

namespace baton::app {

/// What happened between one message and its outcome, from several witnesses, in the order of time.
class DemoTimeline {
 public:
  /// `start_us` is when the message went out: its zero.
  explicit DemoTimeline(std::int64_t start_us) : start_us_(start_us) {}

  void message(std::string_view desktop, std::string_view text);
  void event(const SeenEvent& seen);
  /// What a peer's own trace has from `start_us` on.
  void trace(std::string_view party, const std::vector<TracedMessage>& messages);

  /// The lines, oldest first: milliseconds, who, what, and who holds the customer from then on.
  [[nodiscard]] std::string print(const Palette& palette) const;

 private:
  struct Line {
    std::int64_t at_us = 0;
    enum class Kind { message, event, outcome, sip, error } kind = Kind::event;
    std::string who;
    std::string what;
    std::string custody;
  };

  std::int64_t start_us_;
  std::vector<Line> lines_;
};

}  // namespace baton::app
