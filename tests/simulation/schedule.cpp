#include "schedule.hpp"

#include <charconv>

namespace baton::simulation {

namespace {

void put_byte(std::string& text, std::uint8_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text += kDigits[value >> 4U];
  text += kDigits[value & 15U];
}

std::optional<std::uint8_t> take_byte(std::string_view& text) {
  if (text.size() < 2) return {};
  std::uint8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 2, value, 16);
  if (error != std::errc{} || end != text.data() + 2) return {};
  text.remove_prefix(2);
  return value;
}

}  // namespace

std::string Schedule::encode() const {
  std::string text;
  put_byte(text, start);
  put_byte(text, recorded ? 1 : 0);
  for (const Step& step : steps) {
    put_byte(text, static_cast<std::uint8_t>(step.act));
    put_byte(text, step.who);
    put_byte(text, step.how);
  }
  return text;
}

std::optional<Schedule> Schedule::decode(std::string_view text) {
  Schedule schedule;
  const auto start = take_byte(text);
  const auto recorded = take_byte(text);
  if (!start || !recorded) return {};
  schedule.start = *start;
  schedule.recorded = *recorded != 0;
  while (!text.empty()) {
    const auto act = take_byte(text);
    const auto who = take_byte(text);
    const auto how = take_byte(text);
    if (!act || !who || !how || *act >= kActs) return {};
    schedule.steps.push_back({.act = static_cast<Act>(*act), .who = *who, .how = *how});
  }
  return schedule;
}

}  // namespace baton::simulation
