#include "message/request_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "message/text.hpp"

namespace baton::message {
namespace {

constexpr char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_scalar(const JsonNode& a, const JsonNode& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case JsonKind::null:
      return true;
    case JsonKind::boolean:
      return a.boolean == b.boolean;
    case JsonKind::number:
      return a.number == b.number;
    case JsonKind::string:
      return a.text == b.text;
    case JsonKind::array:
    case JsonKind::object:
      return false;
  }
  return false;
}

}  // namespace

std::string describe(const JsonNode* node) {
  if (node == nullptr) return "nothing";
  switch (node->kind) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return node->boolean ? "true" : "false";
    case JsonKind::number: {
      constexpr std::size_t kLongestDouble = 32;
      std::array<char, kLongestDouble> digits{};
      const auto end =
          std::to_chars(digits.data(), digits.data() + digits.size(), node->number).ptr;
      return "the number " + std::string(digits.data(), end);
    }
    case JsonKind::string:
      return text::shown(node->text);
    case JsonKind::array:
      return "an array";
    case JsonKind::object:
      return "an object";
  }
  return "nothing";
}

bool RequestReader::read_id(std::string_view field, const JsonNode* node, std::size_t max_bytes,
                            std::optional<std::string>& value) {
  if (is_absent(node)) return true;
  if (node->kind != JsonKind::string || text::trim(node->text).empty()) {
    return refuse(Reason::invalidMessage, std::string(field) + ": " + describe(node) +
                                              " was seen, a non-empty string is expected");
  }
  return read_text(field, node, max_bytes, Reason::invalidMessage, value);
}

bool RequestReader::read_text(std::string_view field, const JsonNode* node, std::size_t max_bytes,
                              Reason reason, std::optional<std::string>& value) {
  if (is_absent(node)) return true;
  if (node->kind != JsonKind::string) {
    return refuse(reason,
                  std::string(field) + ": " + describe(node) + " was seen, a string is expected");
  }
  if (node->text.size() > max_bytes) {
    return refuse(reason, std::string(field) + ": " + text::shown(node->text) + " of " +
                              std::to_string(node->text.size()) + " bytes was seen, at most " +
                              std::to_string(max_bytes) + " bytes are expected");
  }
  if (!text::trim(node->text).empty()) value = node->text;
  return true;
}

bool FoldedObject::read(std::string_view field, const JsonNode* node, std::string_view expected,
                        Reason reason) {
  if (node == nullptr || node->kind != JsonKind::object) {
    return reader_.refuse(reason, std::string(field) + ": " + describe(node) + " was seen, " +
                                      std::string(expected) + " is expected");
  }
  object_ = node;
  const JsonTree& tree = reader_.tree();
  // Sorted by the folded key, so that an object of many keys costs no more than a message of its
  // length should.
  std::vector<std::pair<std::string, const JsonNode*>> members;
  for (const JsonNode* member = tree.first_child(*node); member != nullptr;
       member = tree.next_sibling(*member)) {
    std::string key(text::trim(member->key));
    std::ranges::transform(key, key.begin(), fold);
    members.emplace_back(std::move(key), member);
  }
  std::ranges::sort(members);
  for (std::size_t i = 1; i < members.size(); ++i) {
    if (members[i].first != members[i - 1].first ||
        same_scalar(*members[i].second, *members[i - 1].second))
      continue;
    return reader_.refuse(reason, std::string(field) + ": the keys " +
                                      text::shown(members[i - 1].second->key) + " and " +
                                      text::shown(members[i].second->key) +
                                      " were seen with different values, one of them is expected");
  }
  return true;
}

const JsonNode* FoldedObject::find(std::string_view name) const {
  const JsonTree& tree = reader_.tree();
  for (const JsonNode* member = tree.first_child(*object_); member != nullptr;
       member = tree.next_sibling(*member)) {
    if (text::equals_folded(text::trim(member->key), name)) return member;
  }
  return nullptr;
}

}  // namespace baton::message
