#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::message {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// One value of a JSON text. The views live as long as the tree that holds the node.
struct JsonNode {
  JsonKind kind = JsonKind::null;
  bool boolean = false;
  std::string_view key;   ///< In an object: the member's name.
  std::string_view text;  ///< Of a string, decoded.
  double number = 0;
  std::uint32_t parent = 0;
  std::uint32_t next =
      0;  ///< The next sibling, 0 for none (0 is the root, which is nobody's sibling).
  std::uint32_t first = 0;  ///< The first child, 0 for none.
  std::uint32_t last = 0;   ///< The last child, 0 for none.
};

/// A JSON text read strictly into a flat tree (RFC 8259, UTF-8). Unlike Boost.JSON's own value it
/// keeps repeated keys apart, so that they can be refused instead of the last silently winning. One
/// thread.
class JsonTree {
 public:
  /// A text deeper or larger than this is refused.
  static constexpr std::size_t kMaxDepth = 32;
  static constexpr std::size_t kMaxNodes = 16'384;

  /// Reads the text. What makes it no JSON at all, or too large to be a message, is in error()
  /// afterwards; what is JSON but is not taken (a repeated key, a number that is not finite) is in
  /// fault(), and the tree is whole.
  explicit JsonTree(std::string_view text);
  JsonTree(const JsonTree&) = delete;
  JsonTree& operator=(const JsonTree&) = delete;

  /// Empty, or why the text could not be read. The tree then holds what came before.
  [[nodiscard]] const std::string& error() const { return error_; }
  /// True if the text was JSON as far as it was read, but too deep or too large.
  [[nodiscard]] bool over_limit() const { return over_limit_; }
  /// Empty, or the first thing in the text that is not taken, with its key.
  [[nodiscard]] const std::string& fault() const { return fault_; }

  /// The outermost value, or nullptr where there is none.
  [[nodiscard]] const JsonNode* root() const { return nodes_.empty() ? nullptr : nodes_.data(); }
  [[nodiscard]] const JsonNode* first_child(const JsonNode& node) const { return at(node.first); }
  [[nodiscard]] const JsonNode* next_sibling(const JsonNode& node) const { return at(node.next); }

 private:
  friend struct JsonTreeHandler;

  [[nodiscard]] const JsonNode* at(std::uint32_t index) const {
    return index == 0 ? nullptr : &nodes_[index];
  }

  // Decoded keys and strings. Reserved once for the whole text, which is never shorter than what it
  // decodes to, so the views into it stay valid.
  std::string characters_;
  std::vector<JsonNode> nodes_;
  std::string error_;
  std::string fault_;
  bool over_limit_ = false;
};

}  // namespace baton::message
