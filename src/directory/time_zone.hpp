#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::directory {

/// The daylight-saving rule of a POSIX TZ string ("CET-1CEST,M3.5.0,M10.5.0/3"), as a TZif footer
/// has it.
struct PosixRule {
  /// One change a year, in RFC 9636's (and POSIX's) three forms.
  struct Date {
    enum class Form : std::uint8_t { month_week_day, julian_without_leap, day_of_year };
    Form form = Form::month_week_day;
    int month = 1;
    int week = 1;        ///< 5: the last.
    int day = 0;         ///< Weekday (0 Sunday), or the day of the year.
    int seconds = 7200;  ///< Local time of day; may be negative or above 24 hours.
  };
  int standard_offset = 0;  ///< Seconds east of UTC.
  bool has_daylight = false;
  int daylight_offset = 0;
  Date daylight_from;
  Date daylight_to;
};

/// An IANA time zone read from a TZif file (RFC 9636), without the C library's process-wide TZ.
/// Immutable value; any thread.
class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;

  /// The system's zone of that name ("Europe/Berlin"), or nothing where the name is not one or
  /// cannot be read. "UTC" always works, even without a zoneinfo folder.
  [[nodiscard]] static std::optional<TimeZone> load(std::string_view name);
  /// A zone from a TZif file's bytes, version 2 or later; nothing where they are not one.
  [[nodiscard]] static std::optional<TimeZone> parse(std::string_view bytes);

  /// Seconds east of UTC at a moment (Unix seconds).
  [[nodiscard]] int offset_at(std::int64_t unix_seconds) const;

 private:
  struct Transition {
    std::int64_t at = 0;
    int offset = 0;  ///< From then on.
  };
  int first_offset_ = 0;
  std::vector<Transition> transitions_;
  std::optional<PosixRule> rule_;  ///< For what comes after the last transition.
};

/// True if the system knows an IANA zone of that name.
[[nodiscard]] bool time_zone_known(std::string_view name);

}  // namespace baton::directory
