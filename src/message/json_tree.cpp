#include "message/json_tree.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cmath>
#include <system_error>

#include "message/text.hpp"

namespace baton::message {

namespace json = boost::json;

// Builds the tree from the parser's calls. Boost.JSON fixes the names of its members.
struct JsonTreeHandler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit JsonTreeHandler(JsonTree& target) : tree(target) {}

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code& ec) { return open(JsonKind::object, ec); }
  bool on_object_end(std::size_t count, json::error_code&) {
    find_repeated_key(count);
    close();
    return true;
  }
  bool on_array_begin(json::error_code& ec) { return open(JsonKind::array, ec); }
  bool on_array_end(std::size_t, json::error_code&) {
    close();
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    tree.characters_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t size, json::error_code&) {
    key = finish_text(part, size);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    tree.characters_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t size, json::error_code& ec) {
    const std::string_view text = finish_text(part, size);
    JsonNode* node = add(JsonKind::string, ec);
    if (node == nullptr) return false;
    node->text = text;
    return true;
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code& ec) {
    return add_number(static_cast<double>(value), ec);
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code& ec) {
    return add_number(static_cast<double>(value), ec);
  }
  bool on_double(double value, json::string_view, json::error_code& ec) {
    if (!std::isfinite(value) && tree.fault_.empty()) {
      tree.fault_ = std::string(key.empty() ? std::string_view("the message") : key) +
                    ": a number beyond the range of a double was seen, a finite number is expected";
    }
    return add_number(value, ec);
  }
  bool on_bool(bool value, json::error_code& ec) {
    JsonNode* node = add(JsonKind::boolean, ec);
    if (node == nullptr) return false;
    node->boolean = value;
    return true;
  }
  bool on_null(json::error_code& ec) { return add(JsonKind::null, ec) != nullptr; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  JsonTree& tree;
  std::string_view key;
  std::uint32_t container = 0;

 private:
  std::string_view finish_text(json::string_view part, std::size_t size) {
    tree.characters_.append(part.data(), part.size());
    return std::string_view(tree.characters_).substr(tree.characters_.size() - size);
  }

  JsonNode* add(JsonKind kind, json::error_code& ec) {
    if (tree.nodes_.size() >= JsonTree::kMaxNodes) {
      ec = json::error::object_too_large;
      return nullptr;
    }
    const auto index = static_cast<std::uint32_t>(tree.nodes_.size());
    JsonNode& node = tree.nodes_.emplace_back();
    node.kind = kind;
    if (index == 0) return &node;
    JsonNode& parent = tree.nodes_[container];
    node.parent = container;
    if (parent.kind == JsonKind::object) node.key = key;
    if (parent.first == 0) {
      parent.first = index;
    } else {
      tree.nodes_[parent.last].next = index;
    }
    parent.last = index;
    return &node;
  }

  bool add_number(double value, json::error_code& ec) {
    JsonNode* node = add(JsonKind::number, ec);
    if (node == nullptr) return false;
    node->number = value;
    return true;
  }

  bool open(JsonKind kind, json::error_code& ec) {
    JsonNode* node = add(kind, ec);
    if (node == nullptr) return false;
    container = static_cast<std::uint32_t>(node - tree.nodes_.data());
    return true;
  }
  void close() { container = tree.nodes_[container].parent; }

  void report_repeated(std::string_view repeated) {
    tree.fault_ =
        text::shown(repeated) + ": the key was given twice in one object, once is expected";
  }

  void find_repeated_key(std::size_t count) {
    constexpr std::size_t kQuadraticLimit = 16;
    if (count < 2 || !tree.fault_.empty()) return;
    const JsonNode& object = tree.nodes_[container];
    if (count <= kQuadraticLimit) {
      for (const JsonNode* a = tree.first_child(object); a != nullptr; a = tree.next_sibling(*a)) {
        for (const JsonNode* b = tree.next_sibling(*a); b != nullptr; b = tree.next_sibling(*b)) {
          if (a->key == b->key) return report_repeated(a->key);
        }
      }
      return;
    }
    std::vector<std::string_view> keys;
    keys.reserve(count);
    for (const JsonNode* a = tree.first_child(object); a != nullptr; a = tree.next_sibling(*a)) {
      keys.push_back(a->key);
    }
    std::ranges::sort(keys);
    const auto repeated = std::ranges::adjacent_find(keys);
    if (repeated != keys.end()) report_repeated(*repeated);
  }
};

JsonTree::JsonTree(std::string_view text) {
  constexpr std::size_t kUsualNodes = 24;
  characters_.reserve(text.size());
  nodes_.reserve(kUsualNodes);

  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<JsonTreeHandler> parser(options, *this);
  json::error_code ec;
  std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (ec == json::error::too_deep) {
    over_limit_ = true;
    error_ = "the message: JSON nested deeper than " + std::to_string(kMaxDepth) +
             " levels was seen, fewer are expected";
  } else if (ec == json::error::object_too_large) {
    over_limit_ = true;
    error_ = "the message: more than " + std::to_string(kMaxNodes) +
             " JSON values were seen, fewer are expected";
  } else if (ec == json::error::incomplete) {
    error_ = text::trim(text).empty()
                 ? "the message: nothing was seen, one JSON object is expected"
                 : "the message: the JSON text ends too early, after byte " +
                       std::to_string(text.size()) + "; one whole JSON object is expected";
  } else if (ec) {
    error_ = "the message: no JSON in UTF-8, at byte " + std::to_string(read) +
             "; one JSON object (RFC 8259) is expected";
  } else {
    constexpr std::string_view kJsonSpace = " \t\r\n";
    read = std::min(text.find_first_not_of(kJsonSpace, read), text.size());
    if (read < text.size()) {
      error_ = "the message: more text follows the JSON value at byte " + std::to_string(read) +
               ", one JSON object is expected";
    }
  }
}

}  // namespace baton::message
