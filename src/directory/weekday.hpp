#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace baton::directory {

/// English names of the days as the import file has them; ISO 8601 counts them from 1, Monday.
inline constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

[[nodiscard]] constexpr std::string_view weekday_name(int weekday) {
  return weekday >= 1 && weekday <= 7 ? kWeekdays[static_cast<std::size_t>(weekday - 1)]
                                      : std::string_view();
}

[[nodiscard]] constexpr std::optional<int> parse_weekday(std::string_view name) {
  for (int weekday = 1; weekday <= 7; ++weekday) {
    if (weekday_name(weekday) == name) return weekday;
  }
  return std::nullopt;
}

}  // namespace baton::directory
