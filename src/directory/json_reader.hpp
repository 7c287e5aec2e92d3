#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enumerators.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include "directory/directory_json.hpp"

namespace baton::directory {

/// Collects faults up to a limit, and counts the rest.
class FaultList {
 public:
  explicit FaultList(std::size_t limit) : limit_(limit) {}

  void add(std::string place, std::string msg);
  [[nodiscard]] bool empty() const { return faults_.empty(); }
  /// What is added from now on is counted only: nobody need write it.
  [[nodiscard]] bool full() const { return faults_.size() >= limit_; }
  /// The list, with one line on how many more there were.
  [[nodiscard]] Faults take();

 private:
  std::size_t limit_;
  std::size_t more_ = 0;
  Faults faults_;
};

/// A text shortened and quoted for a fault's message, control characters escaped.
[[nodiscard]] std::string quoted(std::string_view text);

enum class Need : std::uint8_t { optional, required };

/// Reads the members of one JSON object into types. What is wrong becomes a fault with its place,
/// and the member's default is given, so that one pass finds everything. Call finish() at the end:
/// it reports unknown keys.
class ObjectReader {
 public:
  ObjectReader(FaultList& faults, const boost::json::value& value, std::string place);

  [[nodiscard]] bool is_object() const { return object_ != nullptr; }
  [[nodiscard]] const std::string& place() const { return place_; }
  [[nodiscard]] std::string place_of(std::string_view key) const;

  /// True if the key is there (with whatever value); it counts as known from then on.
  [[nodiscard]] bool has(std::string_view key);
  /// Text of 1 to `max` bytes without control characters or blanks at its ends.
  [[nodiscard]] std::string text(std::string_view key, Need need, std::size_t max);
  /// Any text of `min` to `max` bytes without control characters; blanks count.
  [[nodiscard]] std::string secret(std::string_view key, std::size_t min, std::size_t max);
  [[nodiscard]] bool boolean(std::string_view key, bool otherwise);
  [[nodiscard]] int integer(std::string_view key, int otherwise, int min, int max);
  /// An array of at most `max` elements, or nullptr.
  [[nodiscard]] const boost::json::array* array(std::string_view key, Need need, std::size_t max);
  /// A nested value of whatever type, or nullptr.
  [[nodiscard]] const boost::json::value* value(std::string_view key);
  /// One of a described enumeration's names.
  template <class Enum>
  [[nodiscard]] Enum one_of(std::string_view key, Need need, Enum otherwise);

  void fault(std::string_view key, std::string msg);
  void finish();

 private:
  const boost::json::value* find(std::string_view key, Need need);

  FaultList& faults_;
  const boost::json::object* object_ = nullptr;
  std::string place_;
  std::vector<std::string> known_;
};

template <class Enum>
Enum ObjectReader::one_of(std::string_view key, Need need, Enum otherwise) {
  const boost::json::value* found = find(key, need);
  if (found == nullptr) return otherwise;
  std::string names;
  bool matched = false;
  Enum result = otherwise;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto descriptor) {
    if (!names.empty()) names += ", ";
    names += descriptor.name;
    if (found->is_string() && found->get_string() == descriptor.name) {
      result = descriptor.value;
      matched = true;
    }
  });
  if (!matched) {
    const std::string seen =
        found->is_string() ? quoted(found->get_string()) : std::string("something else");
    fault(key, "expected one of " + names + "; it is " + seen);
  }
  return result;
}

}  // namespace baton::directory
