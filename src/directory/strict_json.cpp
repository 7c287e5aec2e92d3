#include "directory/strict_json.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include "directory/json_reader.hpp"

namespace baton::directory {

namespace {

namespace json = boost::json;

/// Follows a document and notes each key that its object has already. Builds no tree.
class DuplicateFinder {
 public:
  explicit DuplicateFinder(std::size_t max_faults) : faults_(max_faults) {}

  // What boost::json::basic_parser asks of its handler.
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  // No key of a directory is nearly as long, and a fault's place has all keys above it.
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return enter(true); }
  bool on_object_end(std::size_t, json::error_code&) { return leave(); }
  bool on_array_begin(json::error_code&) { return enter(false); }
  bool on_array_end(std::size_t, json::error_code&) { return leave(); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    Level& level = levels_.back();
    level.key = std::move(key_);
    key_.clear();
    if (level.keys.insert(level.key).second) return true;
    if (faults_.full()) {
      faults_.add({}, {});
    } else {
      faults_.add(place(), "the key \"" + level.key + "\" is given twice; remove one");
    }
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return value(); }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return value(); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return value(); }
  bool on_double(double, json::string_view, json::error_code&) { return value(); }
  bool on_bool(bool, json::error_code&) { return value(); }
  bool on_null(json::error_code&) { return value(); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  [[nodiscard]] Faults take_faults() { return faults_.take(); }

 private:
  struct Level {
    bool object = false;
    std::size_t index = 0;  ///< Of an array's current element.
    std::string key;        ///< Of an object's current member.
    std::set<std::string, std::less<>> keys;
  };

  bool enter(bool object) {
    levels_.emplace_back().object = object;
    return true;
  }
  bool leave() {
    levels_.pop_back();
    return value();
  }
  bool value() {
    if (!levels_.empty() && !levels_.back().object) ++levels_.back().index;
    return true;
  }
  [[nodiscard]] std::string place() const {
    std::string pointer;
    for (const Level& level : levels_) {
      pointer = level.object ? pointer_to(pointer, level.key) : pointer_to(pointer, level.index);
    }
    return pointer;
  }

  std::vector<Level> levels_;
  std::string key_;
  FaultList faults_;
};

std::string where(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n');
  const std::size_t column =
      line_start == std::string_view::npos ? before.size() + 1 : before.size() - line_start;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace

std::string pointer_to(std::string_view place, std::string_view key) {
  std::string pointer(place);
  pointer += '/';
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

std::string pointer_to(std::string_view place, std::size_t index) {
  return std::string(place) + '/' + std::to_string(index);
}

std::variant<json::value, Faults> parse_strict_json(std::string_view text, std::size_t max_faults) {
  json::basic_parser<DuplicateFinder> finder{json::parse_options(), max_faults};
  json::error_code error;
  const std::size_t used = finder.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) {
    return Faults{{"", "text after the end of the JSON document at " + where(text, used)}};
  }
  if (error) {
    return Faults{{"", "not valid JSON at " + where(text, used) + ": " + error.message()}};
  }
  Faults duplicates = finder.handler().take_faults();
  if (!duplicates.empty()) return duplicates;

  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return Faults{{"", "not valid JSON: " + error.message()}};
  return value;
}

}  // namespace baton::directory
