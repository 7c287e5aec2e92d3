#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "message/json_tree.hpp"
#include "message/request.hpp"

namespace baton::message {

/// The longest ARN that is taken, in bytes: more than any that Amazon Connect gives.
inline constexpr std::size_t kMaxArnBytes = 512;

/// What was seen, for an error: `"text"`, `42`, `null`, `an object`, or `nothing` where the key is
/// missing.
[[nodiscard]] std::string describe(const JsonNode* node);

/// True for a key that is missing or null, which are the same in this API.
[[nodiscard]] inline bool is_absent(const JsonNode* node) {
  return node == nullptr || node->kind == JsonKind::null;
}

/// Why a request is refused.
struct RequestFault {
  Reason reason = Reason::invalidMessage;
  std::string msg;
};

/// The tree of a request, and the first fault found in it. Every read_ returns false once there is
/// one. One thread.
class RequestReader {
 public:
  explicit RequestReader(const JsonTree& tree) : tree_(tree) {}

  [[nodiscard]] const JsonTree& tree() const { return tree_; }
  [[nodiscard]] const RequestFault& fault() const { return fault_; }

  /// Notes the fault; always false, so that a reader can return it.
  bool refuse(Reason reason, std::string msg) {
    fault_ = {reason, std::move(msg)};
    return false;
  }

  /// An optional string as it stands, of 1 to max_bytes bytes and not blank; null is absent.
  bool read_id(std::string_view field, const JsonNode* node, std::size_t max_bytes,
               std::optional<std::string>& value);
  /// An optional string of at most max_bytes bytes; null and blank are absent.
  bool read_text(std::string_view field, const JsonNode* node, std::size_t max_bytes, Reason reason,
                 std::optional<std::string>& value);

 private:
  const JsonTree& tree_;
  RequestFault fault_;
};

/// The members of an object, matched without regard to case. Keys that fold to one are taken if
/// their values are the same scalar, else refused: it is never guessed which was meant.
class FoldedObject {
 public:
  explicit FoldedObject(RequestReader& reader) : reader_(reader) {}

  /// False where the node is no object (`expected` says what it should be) or has such keys.
  bool read(std::string_view field, const JsonNode* node, std::string_view expected,
            Reason reason = Reason::invalidMessage);
  /// The member of that name, or nullptr.
  [[nodiscard]] const JsonNode* find(std::string_view name) const;

 private:
  RequestReader& reader_;
  const JsonNode* object_ = nullptr;
};

}  // namespace baton::message
