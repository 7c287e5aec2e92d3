#include "directory/json_reader.hpp"

#include <algorithm>

#include "directory/strict_json.hpp"
#include "directory/syntax.hpp"

namespace baton::directory {

namespace {

std::string_view kind_name(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "true or false";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return "a number";
    case boost::json::kind::string:
      return "a string";
    case boost::json::kind::array:
      return "an array";
    case boost::json::kind::object:
      break;
  }
  return "an object";
}

std::string wrong_type(std::string_view expected, const boost::json::value& seen) {
  std::string msg = "expected " + std::string(expected) + "; it is " + std::string(kind_name(seen));
  if (seen.is_null()) msg += " (leave the key out instead)";
  return msg;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

}  // namespace

std::string text_fault(std::string_view text, std::size_t max) {
  if (text.empty()) return "is empty; 1 to " + std::to_string(max) + " bytes are expected";
  if (text.size() > max) {
    return "has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(max) +
           " are allowed";
  }
  if (has_control_character(text)) return "has a control character: " + quoted(text);
  if (text.front() == ' ' || text.back() == ' ') {
    return "begins or ends with a blank: " + quoted(text);
  }
  return {};
}

void FaultList::add(std::string place, std::string msg) {
  if (full()) {
    ++more_;
    return;
  }
  faults_.push_back({std::move(place), std::move(msg)});
}

Faults FaultList::take() {
  if (more_ > 0) faults_.push_back({"", std::to_string(more_) + " more faults are not listed"});
  return std::move(faults_);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string shown = "\"";
  std::size_t length = std::min(text.size(), kShown);
  // A cut must not fall into a UTF-8 sequence.
  while (length < text.size() && length > 0 &&
         (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    --length;
  }
  for (const char c : text.substr(0, length)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      shown += "\\x";
      shown += kHex[byte >> 4U];
      shown += kHex[byte & 15U];
    } else {
      shown += c;
    }
  }
  shown += length < text.size() ? "...\"" : "\"";
  return shown;
}

ObjectReader::ObjectReader(FaultList& faults, const boost::json::value& value, std::string place)
    : faults_(faults), object_(value.if_object()), place_(std::move(place)) {
  if (object_ == nullptr) faults_.add(place_, wrong_type("an object", value));
}

std::string ObjectReader::place_of(std::string_view key) const { return pointer_to(place_, key); }

void ObjectReader::fault(std::string_view key, std::string msg) {
  faults_.add(place_of(key), std::move(msg));
}

const boost::json::value* ObjectReader::find(std::string_view key, Need need) {
  if (object_ == nullptr) return nullptr;
  known_.emplace_back(key);
  const boost::json::value* found = object_->if_contains({key.data(), key.size()});
  if (found == nullptr && need == Need::required) fault(key, "is missing");
  return found;
}

bool ObjectReader::has(std::string_view key) { return find(key, Need::optional) != nullptr; }

const boost::json::value* ObjectReader::value(std::string_view key) {
  return find(key, Need::optional);
}

std::string ObjectReader::text(std::string_view key, Need need, std::size_t max) {
  const boost::json::value* found = find(key, need);
  if (found == nullptr) return {};
  if (!found->is_string()) {
    fault(key, wrong_type("a string", *found));
    return {};
  }
  std::string text(found->get_string());
  std::string why = text_fault(text, max);
  if (why.empty()) return text;
  fault(key, std::move(why));
  return {};
}

std::string ObjectReader::secret(std::string_view key, std::size_t min, std::size_t max) {
  const boost::json::value* found = find(key, Need::optional);
  if (found == nullptr) return {};
  // A secret's value is never repeated in a message.
  if (!found->is_string()) {
    fault(key, wrong_type("a string", *found));
    return {};
  }
  std::string text(found->get_string());
  if (text.size() < min || text.size() > max) {
    fault(key, "has " + std::to_string(text.size()) + " bytes; " + std::to_string(min) + " to " +
                   std::to_string(max) + " are expected");
    return {};
  }
  if (has_control_character(text)) {
    fault(key, "has a control character");
    return {};
  }
  return text;
}

bool ObjectReader::boolean(std::string_view key, bool otherwise) {
  const boost::json::value* found = find(key, Need::optional);
  if (found == nullptr) return otherwise;
  if (!found->is_bool()) {
    fault(key, wrong_type("true or false", *found));
    return otherwise;
  }
  return found->get_bool();
}

int ObjectReader::integer(std::string_view key, int otherwise, int min, int max) {
  const boost::json::value* found = find(key, Need::optional);
  if (found == nullptr) return otherwise;
  const std::string range = std::to_string(min) + " to " + std::to_string(max);
  if (!found->is_int64()) {
    const bool whole = found->is_uint64();
    fault(key, whole || found->is_double() ? "expected a whole number of " + range
                                           : wrong_type("a whole number of " + range, *found));
    return otherwise;
  }
  const std::int64_t number = found->get_int64();
  if (number < min || number > max) {
    fault(key, "is " + std::to_string(number) + "; " + range + " is allowed");
    return otherwise;
  }
  return static_cast<int>(number);
}

const boost::json::array* ObjectReader::array(std::string_view key, Need need, std::size_t max) {
  const boost::json::value* found = find(key, need);
  if (found == nullptr) return nullptr;
  const boost::json::array* elements = found->if_array();
  if (elements == nullptr) {
    fault(key, wrong_type("an array", *found));
    return nullptr;
  }
  if (elements->size() > max) {
    fault(key, "has " + std::to_string(elements->size()) + " elements; at most " +
                   std::to_string(max) + " are allowed");
    return nullptr;
  }
  return elements;
}

void ObjectReader::finish() {
  if (object_ == nullptr) return;
  for (const auto& member : *object_) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    std::string known;
    for (const std::string& name : known_) known += (known.empty() ? "" : ", ") + name;
    fault(key, "unknown key; known are " + known);
  }
}

}  // namespace baton::directory
