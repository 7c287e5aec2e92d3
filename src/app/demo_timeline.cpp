#include "app/demo_timeline.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::app {

void DemoTimeline::message(std::string_view desktop, std::string_view text) {
  lines_.push_back(
      {start_us_, Line::Kind::message, std::string(desktop), std::string(text), "agent"});
}

void DemoTimeline::event(const SeenEvent& seen) {
  if (seen.at_us < start_us_) return;
  Line line{seen.at_us, Line::Kind::event, seen.desktop, seen.event.summary, ""};
  if (seen.event.is_transfer()) {
    line.custody = seen.event.custody;
    if (seen.event.is_outcome()) line.kind = Line::Kind::outcome;
  }
  if (seen.event.is_error()) line.kind = Line::Kind::error;
  lines_.push_back(std::move(line));
}

void DemoTimeline::trace(std::string_view party, const std::vector<TracedMessage>& messages) {
  for (const TracedMessage& message : messages) {
    if (message.at_us < start_us_) continue;
    const bool response = !message.what.empty() && message.what[0] >= '1' && message.what[0] <= '6';
    lines_.push_back({message.at_us, Line::Kind::sip, message.from_server ? "SIP ->" : "SIP <-",
                      fmt::format("{:<10} {}{}", party, message.what,
                                  response ? fmt::format(" ({})", message.method) : std::string()),
                      ""});
  }
}

std::string DemoTimeline::print(const Palette& palette) const {
  std::vector<Line> lines = lines_;
  std::ranges::stable_sort(lines, {}, &Line::at_us);
  std::string out;
  std::string custody;
  for (const Line& line : lines) {
    const std::string time =
        fmt::format("{:>8.1f} ms", static_cast<double>(line.at_us - start_us_) / 1000.0);
    const std::string who = fmt::format("{:<7}", line.who);
    const std::string what = fmt::format("{:<66}", line.what);
    std::string painted;
    switch (line.kind) {
      case Line::Kind::message:
        painted = palette.accent(who + "  " + what);
        break;
      case Line::Kind::outcome:
        painted = who + "  " + palette.good(what);
        break;
      case Line::Kind::error:
        painted = who + "  " + palette.bad(what);
        break;
      case Line::Kind::event:
        painted = who + "  " + palette.strong(what);
        break;
      case Line::Kind::sip:
        painted = palette.dim(who + "  " + what);
        break;
    }
    // Told only when it changes, so that the change is what one sees.
    const bool changed = !line.custody.empty() && line.custody != custody;
    if (changed) custody = line.custody;
    std::string row =
        fmt::format("  {}  {}{}", palette.dim(time), painted,
                    changed ? fmt::format("  customer: {}", palette.strong(line.custody)) : "");
    if (!changed && row.ends_with(' ')) row.erase(row.find_last_not_of(' ') + 1);
    out += row + "\n";
  }
  return out;
}

}  // namespace baton::app
