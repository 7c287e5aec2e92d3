#include "message/bridge.hpp"

#include <boost/describe/enum_to_string.hpp>
#include <cmath>
#include <utility>

#include "message/event.hpp"
#include "message/json_tree.hpp"
#include "message/json_writer.hpp"
#include "message/request_reader.hpp"
#include "message/request_table.hpp"
#include "message/text.hpp"

namespace baton::message {
namespace {

constexpr std::size_t kUsualFrameBytes = 768;
constexpr std::size_t kMaxBridgeIdBytes = 128;
constexpr std::size_t kMaxBridgeNameBytes = 512;
constexpr std::size_t kMaxTextBytes = 2048;
constexpr double kMaxNumber = 9'007'199'254'740'991;  // What JavaScript counts to exactly.

/// The members of one object, by their exact names: the bridge is ours, and spells them right.
class Members {
 public:
  Members(RequestReader& reader, std::string field, const JsonNode* object)
      : reader_(reader), field_(std::move(field)), object_(object) {}

  [[nodiscard]] bool is_object() const {
    if (object_ != nullptr && object_->kind == JsonKind::object) return true;
    return reader_.refuse(Reason::invalidMessage,
                          field_ + ": " + describe(object_) + " was seen, an object is expected");
  }
  [[nodiscard]] const JsonNode* find(std::string_view name) const {
    for (const JsonNode* member = reader_.tree().first_child(*object_); member != nullptr;
         member = reader_.tree().next_sibling(*member)) {
      if (member->key == name) return member;
    }
    return nullptr;
  }
  /// Null and a missing key leave the value empty, which only an optional one may be.
  [[nodiscard]] bool text(std::string_view name, std::size_t max_bytes, bool optional,
                          std::string& value) const {
    const JsonNode* node = find(name);
    std::optional<std::string> read;
    if (!reader_.read_text(path(name), node, max_bytes, Reason::invalidMessage, read)) return false;
    if (!read && !optional) return expected(name, node, "a string");
    if (read) value = std::move(*read);
    return true;
  }
  [[nodiscard]] bool flag(std::string_view name, bool& value) const {
    const JsonNode* node = find(name);
    if (is_absent(node)) return true;
    if (node->kind != JsonKind::boolean) return expected(name, node, "true or false");
    value = node->boolean;
    return true;
  }
  [[nodiscard]] bool number(std::string_view name, bool optional, std::uint64_t& value) const {
    const JsonNode* node = find(name);
    if (is_absent(node) && optional) return true;
    if (is_absent(node) || node->kind != JsonKind::number || node->number < 0 ||
        node->number > kMaxNumber || std::floor(node->number) != node->number) {
      return expected(name, node, "a whole number from 0");
    }
    value = static_cast<std::uint64_t>(node->number);
    return true;
  }
  /// Reads each element of an array, which may be missing.
  template <class Read>
  [[nodiscard]] bool each(std::string_view name, std::size_t most, const Read& read) const {
    const JsonNode* array = find(name);
    if (is_absent(array)) return true;
    if (array->kind != JsonKind::array) return expected(name, array, "an array");
    std::size_t count = 0;
    for (const JsonNode* node = reader_.tree().first_child(*array); node != nullptr;
         node = reader_.tree().next_sibling(*node)) {
      if (++count > most) {
        return reader_.refuse(Reason::invalidMessage, path(name) + ": more than " +
                                                          std::to_string(most) +
                                                          " were seen; no agent has so many");
      }
      if (!read(path(name), node)) return false;
    }
    return true;
  }

 private:
  [[nodiscard]] std::string path(std::string_view name) const {
    return field_ + "." + std::string(name);
  }
  [[nodiscard]] bool expected(std::string_view name, const JsonNode* node,
                              std::string_view what) const {
    return reader_.refuse(
        Reason::invalidMessage,
        path(name) + ": " + describe(node) + " was seen, " + std::string(what) + " is expected");
  }

  RequestReader& reader_;
  std::string field_;
  const JsonNode* object_;
};

bool read(RequestReader& reader, const JsonNode* data, BridgeHello& hello) {
  const Members in(reader, "data", data);
  return in.is_object() && in.text("tab", kMaxBridgeIdBytes, false, hello.tab) &&
         in.text("instance", kMaxBridgeNameBytes, true, hello.instance) &&
         in.text("agentArn", kMaxArnBytes, true, hello.agent_arn) &&
         in.text("username", kMaxBridgeNameBytes, true, hello.username) &&
         in.text("library", kMaxBridgeIdBytes, true, hello.library) &&
         in.flag("coldTransfer", hello.cold_transfer);
}

bool read(RequestReader& reader, const std::string& field, const JsonNode* node,
          BridgeConnection& connection) {
  const Members in(reader, field, node);
  return in.is_object() && in.text("connectionId", kMaxBridgeIdBytes, false, connection.id) &&
         in.text("type", kMaxBridgeIdBytes, false, connection.type) &&
         in.text("state", kMaxBridgeIdBytes, false, connection.state) &&
         in.flag("initial", connection.initial) &&
         in.text("phoneNumber", kMaxBridgeNameBytes, true, connection.number) &&
         in.text("quickConnect", kMaxBridgeNameBytes, true, connection.quick_connect);
}

bool read(RequestReader& reader, const std::string& field, const JsonNode* node,
          BridgeContact& contact) {
  const Members in(reader, field, node);
  return in.is_object() && in.text("contactId", kMaxBridgeIdBytes, false, contact.id) &&
         in.text("type", kMaxBridgeIdBytes, false, contact.type) &&
         in.text("state", kMaxBridgeIdBytes, false, contact.state) &&
         in.text("queueARN", kMaxArnBytes, true, contact.queue_arn) &&
         in.text("queueName", kMaxBridgeNameBytes, true, contact.queue_name) &&
         in.each("connections", kMaxBridgeConnections,
                 [&](const std::string& path, const JsonNode* one) {
                   return read(reader, path, one, contact.connections.emplace_back());
                 });
}

bool read(RequestReader& reader, const JsonNode* data, BridgeSnapshot& snapshot) {
  const Members in(reader, "data", data);
  if (!in.is_object() || !in.number("epoch", false, snapshot.epoch) ||
      !in.flag("alive", snapshot.alive) || !in.number("takenAtMs", true, snapshot.taken_at)) {
    return false;
  }
  const Members agent(reader, "data.agent", in.find("agent"));
  return agent.is_object() && agent.text("state", kMaxBridgeNameBytes, false, snapshot.state) &&
         agent.text("type", kMaxBridgeIdBytes, true, snapshot.state_type) &&
         agent.flag("muted", snapshot.muted) &&
         in.each("contacts", kMaxBridgeContacts, [&](const std::string& path, const JsonNode* one) {
           return read(reader, path, one, snapshot.contacts.emplace_back());
         });
}

bool read(RequestReader& reader, const JsonNode* data, BridgeEndpoints& list) {
  const Members in(reader, "data", data);
  if (!in.is_object()) return false;
  list.known = !is_absent(in.find("arns"));
  bool more = false;
  if (!in.number("epoch", false, list.epoch) ||
      !in.text("digest", kMaxBridgeIdBytes, true, list.digest) ||
      !in.number("part", true, list.part) || !in.flag("more", more)) {
    return false;
  }
  list.last = !more;
  return in.each(
      "arns", kMaxBridgeEndpointsOfPart, [&](const std::string& path, const JsonNode* one) {
        std::optional<std::string> arn;
        if (!reader.read_text(path, one, kMaxArnBytes, Reason::invalidMessage, arn)) return false;
        if (!arn)
          return reader.refuse(Reason::invalidMessage,
                               path + ": " + describe(one) + " was seen, a string is expected");
        list.arns.push_back(std::move(*arn));
        return true;
      });
}

bool read(RequestReader& reader, const JsonNode* data, BridgeResult& result) {
  const Members in(reader, "data", data);
  std::uint64_t status = 0;
  if (!in.is_object() || !in.number("command", false, result.command) ||
      !in.number("epoch", false, result.epoch) || !in.flag("ok", result.ok)) {
    return false;
  }
  const JsonNode* error = in.find("error");
  if (is_absent(error)) return true;
  const Members of(reader, "data.error", error);
  constexpr std::uint64_t kMaxStatus = 999;
  if (!of.is_object() || !of.text("name", kMaxBridgeIdBytes, true, result.error) ||
      !of.text("message", kMaxTextBytes, true, result.text) || !of.number("status", true, status)) {
    return false;
  }
  result.status = static_cast<int>(status > kMaxStatus ? 0 : status);
  return true;
}

const JsonNode* data_of(const JsonTree& tree) {
  for (const JsonNode* member = tree.first_child(*tree.root()); member != nullptr;
       member = tree.next_sibling(*member)) {
    if (text::equals_folded(text::trim(member->key), "data")) return member;
  }
  return nullptr;
}

}  // namespace

std::variant<BridgeFrame, Refusal> parse_bridge(RequestKind kind, std::string_view text) {
  Refusal refusal;
  refusal.error_type = kNotPermitted;
  refusal.topic = "Bridge";
  const JsonTree tree(text);
  if (!tree.error().empty() || tree.root() == nullptr || tree.root()->kind != JsonKind::object) {
    refusal.msg = tree.error().empty() ? "an object is expected" : tree.error();
    return refusal;
  }
  RequestReader reader(tree);
  const JsonNode* data = data_of(tree);
  BridgeFrame frame;
  bool good = false;
  if (kind == RequestKind::bridge_snapshot) {
    refusal.subtopic = "Snapshot";
    good = read(reader, data, frame.emplace<BridgeSnapshot>());
  } else if (kind == RequestKind::bridge_endpoints) {
    refusal.subtopic = "Endpoints";
    good = read(reader, data, frame.emplace<BridgeEndpoints>());
  } else if (kind == RequestKind::bridge_result) {
    refusal.subtopic = "Result";
    good = read(reader, data, frame.emplace<BridgeResult>());
  } else {
    refusal.subtopic = "Hello";
    good = read(reader, data, frame.emplace<BridgeHello>());
  }
  if (good) return frame;
  refusal.reason = reader.fault().reason;
  refusal.msg = reader.fault().msg;
  return refusal;
}

std::string print(const BridgeOrder& order, std::uint64_t command, std::string_view agent) {
  JsonWriter json(kUsualFrameBytes);
  json.begin_object();
  json.key("channel").string(kChannel);
  json.key("topic").string("Bridge");
  json.key("subtopic").string("Command");
  json.key("message").begin_object();
  json.key("command").number(command);
  json.key("epoch").number(order.epoch);
  json.key("action").string(boost::describe::enum_to_string(order.action, ""));
  json.key("at").time(order.at);
  if (order.deadline_ms != 0) json.key("deadlineMs").number(order.deadline_ms);
  if (!order.contact_id.empty()) json.key("contactId").string(order.contact_id);
  if (order.endpoint) {
    // The seven fields of the library's Endpoint. `queue` is never a string: the library would
    // refuse it before anything is sent.
    const BridgeEndpoint& to = *order.endpoint;
    json.key("endpoint").begin_object();
    json.key("endpointARN").string_or_null(std::string_view(to.arn));
    json.key("endpointId").string_or_null(std::string_view(to.arn));
    json.key("type").string(to.type);
    json.key("name").string_or_null(std::string_view(to.name));
    json.key("phoneNumber").string_or_null(std::string_view(to.number));
    json.key("agentLogin").null();
    json.key("queue").null();
    json.end_object();
  }
  if (!order.endpoints.empty()) json.key("endpoints").string(order.endpoints);
  if (!order.digits.empty()) json.key("digits").string(order.digits);
  if (!order.state.empty()) {
    json.key("state").begin_object();
    json.key("name").string(order.state);
    json.key("type").string(order.state_type);
    json.end_object();
  }
  json.end_object();
  json.key("agent").string(agent);
  json.end_object();
  return json.take();
}

Uuid bridge_id(std::string_view text) {
  if (const std::optional<Uuid> id = parse_uuid(text)) return *id;
  // FNV-1a 64, from two beginnings; version 8 of RFC 9562, section 5.8: of one's own making.
  const auto hash = [text](std::uint64_t value) {
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return value;
  };
  return {.high = (hash(0xcbf29ce484222325ULL) & ~0xf000ULL) | 0x8000ULL,
          .low = (hash(0x84222325cbf29ce4ULL) & 0x3fffffffffffffffULL) | 0x8000000000000000ULL};
}

}  // namespace baton::message
