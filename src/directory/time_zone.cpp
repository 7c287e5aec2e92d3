#include "directory/time_zone.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <fstream>
#include <iterator>

namespace baton::directory {

namespace {

constexpr std::int64_t kDay = 86400;
/// RFC 9636 allows offsets up to a little over a day; anything above is a damaged file.
constexpr int kMaxOffset = 26 * 3600;

/// Days since 1970-01-01 of a civil date (proleptic Gregorian), by Howard Hinnant's published
/// algorithm.
constexpr std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

constexpr bool is_leap(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// The year that a number of days since 1970-01-01 falls into.
constexpr std::int64_t year_of(std::int64_t days) {
  std::int64_t year = 1970 + floor_div(days * 400, 146097);
  while (days_from_civil(year, 1, 1) > days) --year;
  while (days_from_civil(year + 1, 1, 1) <= days) ++year;
  return year;
}

/// The start of `date` in that year, in seconds of local time counted like Unix seconds.
std::int64_t local_seconds(const PosixRule::Date& date, std::int64_t year) {
  std::int64_t days = 0;
  switch (date.form) {
    case PosixRule::Date::Form::julian_without_leap:
      // Day 1 to 365; 29 February is never counted.
      days = days_from_civil(year, 1, 1) + date.day - 1 + (is_leap(year) && date.day >= 60 ? 1 : 0);
      break;
    case PosixRule::Date::Form::day_of_year:
      days = days_from_civil(year, 1, 1) + date.day;
      break;
    case PosixRule::Date::Form::month_week_day: {
      const std::int64_t first = days_from_civil(year, date.month, 1);
      const int first_weekday =
          static_cast<int>((first % 7 + 11) % 7);  // 1970-01-01: Thursday (4).
      days = first + (date.day - first_weekday + 7) % 7 + 7 * (date.week - 1);
      const std::int64_t next_month = date.month == 12 ? days_from_civil(year + 1, 1, 1)
                                                       : days_from_civil(year, date.month + 1, 1);
      while (days >= next_month) days -= 7;
      break;
    }
  }
  return days * kDay + date.seconds;
}

int rule_offset_at(const PosixRule& rule, std::int64_t at) {
  if (!rule.has_daylight) return rule.standard_offset;
  const std::int64_t year = year_of(floor_div(at + rule.standard_offset, kDay));
  const std::int64_t from = local_seconds(rule.daylight_from, year) - rule.standard_offset;
  const std::int64_t to = local_seconds(rule.daylight_to, year) - rule.daylight_offset;
  const bool daylight = from < to ? at >= from && at < to : at >= from || at < to;
  return daylight ? rule.daylight_offset : rule.standard_offset;
}

/// Reads a POSIX TZ string piece by piece; any failure makes the whole one invalid.
class PosixReader {
 public:
  explicit PosixReader(std::string_view text) : text_(text) {}

  std::optional<PosixRule> read() {
    PosixRule rule;
    const bool head = skip_name() && read_offset(rule.standard_offset);
    if (!head) return std::nullopt;
    rule.standard_offset = -rule.standard_offset;  // POSIX counts west of Greenwich.
    if (text_.empty()) return rule;
    rule.has_daylight = true;
    if (!skip_name()) return std::nullopt;
    rule.daylight_offset = rule.standard_offset + 3600;
    if (!text_.empty() && text_.front() != ',') {
      if (!read_offset(rule.daylight_offset)) return std::nullopt;
      rule.daylight_offset = -rule.daylight_offset;
    }
    const bool dates = take(',') && read_date(rule.daylight_from) && take(',') &&
                       read_date(rule.daylight_to) && text_.empty();
    if (!dates) return std::nullopt;
    return rule;
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool skip_name() {
    const bool quoted = take('<');
    std::size_t length = 0;
    while (length < text_.size()) {
      const char c = text_[length];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      const bool sign_or_digit = c == '+' || c == '-' || (c >= '0' && c <= '9');
      if (!letter && !(quoted && sign_or_digit)) break;
      ++length;
    }
    text_.remove_prefix(length);
    return length >= 3 && (!quoted || take('>'));
  }

  bool read_number(int& value, int min, int max) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || text_.front() == '-') return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value >= min && value <= max;
  }

  /// [+-]hh[:mm[:ss]], in seconds.
  bool read_offset(int& seconds) {
    const bool negative = take('-');
    if (!negative) take('+');
    int hours = 0;
    int minutes = 0;
    int rest = 0;
    if (text_.empty() || !read_number(hours, 0, 167)) return false;
    if (take(':') && (text_.empty() || !read_number(minutes, 0, 59))) return false;
    if (take(':') && (text_.empty() || !read_number(rest, 0, 59))) return false;
    seconds = (hours * 3600 + minutes * 60 + rest) * (negative ? -1 : 1);
    return true;
  }

  bool read_date(PosixRule::Date& date) {
    using Form = PosixRule::Date::Form;
    if (text_.empty()) return false;
    bool good = false;
    if (take('M')) {
      date.form = Form::month_week_day;
      good = !text_.empty() && read_number(date.month, 1, 12) && take('.') && !text_.empty() &&
             read_number(date.week, 1, 5) && take('.') && !text_.empty() &&
             read_number(date.day, 0, 6);
    } else if (take('J')) {
      date.form = Form::julian_without_leap;
      good = !text_.empty() && read_number(date.day, 1, 365);
    } else {
      date.form = Form::day_of_year;
      good = read_number(date.day, 0, 365);
    }
    if (good && take('/')) good = read_offset(date.seconds);
    return good;
  }

  std::string_view text_;
};

/// A TZif header's counts (RFC 9636, section 3.1).
struct Header {
  std::uint32_t ut_local = 0;
  std::uint32_t std_wall = 0;
  std::uint32_t leap = 0;
  std::uint32_t times = 0;
  std::uint32_t types = 0;
  std::uint32_t chars = 0;
  char version = 0;

  [[nodiscard]] std::size_t body_size(std::size_t time_size) const {
    return std::size_t{times} * time_size + times + std::size_t{types} * 6 + chars +
           std::size_t{leap} * (time_size + 4) + std_wall + ut_local;
  }
};

constexpr std::size_t kHeaderSize = 44;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.size() < kHeaderSize || !bytes.starts_with("TZif")) return std::nullopt;
  const auto count = [&](std::size_t i) {
    return static_cast<std::uint32_t>(big_endian(bytes.substr(20 + i * 4, 4)));
  };
  return Header{count(0), count(1), count(2), count(3), count(4), count(5), bytes[4]};
}

/// Names are letters, digits and a few signs, in parts separated by '/': no way out of the folder.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/') return false;
  char before = '/';
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '+' || c == '-' || (c == '/' && before != '/');
    if (!good) return false;
    before = c;
  }
  return true;
}

}  // namespace

std::optional<TimeZone> TimeZone::load(std::string_view name) {
  if (name == "UTC") return TimeZone();
  if (!is_zone_name(name)) return std::nullopt;
  std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
  if (!file) return std::nullopt;
  std::string bytes;
  constexpr std::size_t kMaxFile = 1 << 20;
  char part[4096];
  while (file.read(part, sizeof part) || file.gcount() > 0) {
    bytes.append(part, static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > kMaxFile) return std::nullopt;
  }
  return parse(bytes);
}

std::optional<TimeZone> TimeZone::parse(std::string_view bytes) {
  // The first block has 32-bit times and is skipped; the second one has 64-bit times, and then the
  // footer follows.
  const auto first = read_header(bytes);
  if (!first || first->version < '2') return std::nullopt;
  const std::size_t skipped = kHeaderSize + first->body_size(4);
  if (bytes.size() < skipped) return std::nullopt;
  bytes.remove_prefix(skipped);
  const auto header = read_header(bytes);
  if (!header || header->types == 0 || header->leap != 0) return std::nullopt;
  const std::size_t size = kHeaderSize + header->body_size(8);
  if (bytes.size() < size + 2 || bytes[size] != '\n') return std::nullopt;

  const std::string_view times = bytes.substr(kHeaderSize, std::size_t{header->times} * 8);
  const std::string_view indices = bytes.substr(kHeaderSize + times.size(), header->times);
  const std::string_view types = bytes.substr(kHeaderSize + times.size() + indices.size());
  const auto offset_of = [&](std::size_t type) -> std::optional<int> {
    if (type >= header->types) return std::nullopt;
    const auto offset = static_cast<std::int32_t>(big_endian(types.substr(type * 6, 4)));
    if (offset < -kMaxOffset || offset > kMaxOffset) return std::nullopt;
    return offset;
  };

  TimeZone zone;
  const auto before = offset_of(0);
  if (!before) return std::nullopt;
  zone.first_offset_ = *before;
  zone.transitions_.reserve(header->times);
  for (std::size_t i = 0; i < header->times; ++i) {
    const auto at = static_cast<std::int64_t>(big_endian(times.substr(i * 8, 8)));
    const auto offset = offset_of(static_cast<unsigned char>(indices[i]));
    if (!offset) return std::nullopt;
    if (!zone.transitions_.empty() && zone.transitions_.back().at >= at) return std::nullopt;
    zone.transitions_.push_back({at, *offset});
  }

  std::string_view footer = bytes.substr(size + 1);
  const std::size_t end = footer.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  footer = footer.substr(0, end);
  if (!footer.empty()) {
    zone.rule_ = PosixReader(footer).read();
    if (!zone.rule_) return std::nullopt;
  }
  return zone;
}

int TimeZone::offset_at(std::int64_t unix_seconds) const {
  if (transitions_.empty() || unix_seconds >= transitions_.back().at) {
    if (rule_) return rule_offset_at(*rule_, unix_seconds);
    return transitions_.empty() ? first_offset_ : transitions_.back().offset;
  }
  const auto after =
      std::upper_bound(transitions_.begin(), transitions_.end(), unix_seconds,
                       [](std::int64_t at, const Transition& t) { return at < t.at; });
  return after == transitions_.begin() ? first_offset_ : std::prev(after)->offset;
}

bool time_zone_known(std::string_view name) { return TimeZone::load(name).has_value(); }

}  // namespace baton::directory
