#include <array>
#include <initializer_list>
#include <utility>

#include "message/json_tree.hpp"
#include "message/request.hpp"
#include "message/request_destination.hpp"
#include "message/request_hash.hpp"
#include "message/request_options.hpp"
#include "message/request_reader.hpp"
#include "message/request_table.hpp"
#include "message/text.hpp"
#include "message/uuid.hpp"

namespace baton::message {
namespace {

constexpr std::size_t kMaxIdBytes = 128;
constexpr std::size_t kMaxDtmfDigits = 32;

// The members of the envelope, found whatever their case.
struct Envelope {
  const JsonNode* channel = nullptr;
  const JsonNode* topic = nullptr;
  const JsonNode* subtopic = nullptr;
  const JsonNode* source = nullptr;
  const JsonNode* subject = nullptr;
  const JsonNode* data = nullptr;
  const JsonNode* id = nullptr;
  const JsonNode* contact_id = nullptr;
  const JsonNode* agent = nullptr;
  const JsonNode* options = nullptr;
  std::string_view repeated_name;     // A name that decides which request it is, given twice.
  std::string_view repeated_content;  // Another known key that was given twice.
};

Envelope find_envelope(const JsonTree& tree) {
  Envelope found;
  const auto slots = std::to_array<std::pair<std::string_view, const JsonNode**>>({
      {"channel", &found.channel},
      {"topic", &found.topic},
      {"subtopic", &found.subtopic},
      {"source", &found.source},
      {"data", &found.data},
      {"id", &found.id},
      {"contactId", &found.contact_id},
      {"agent", &found.agent},
      {"options", &found.options},
      {"subject", &found.subject},
  });
  constexpr std::size_t kNames = 3;
  const JsonNode& root = *tree.root();
  for (const JsonNode* member = tree.first_child(root); member != nullptr;
       member = tree.next_sibling(*member)) {
    const std::string_view key = text::trim(member->key);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (!text::equals_folded(key, slots[i].first)) continue;
      if (*slots[i].second != nullptr) {
        (i < kNames ? found.repeated_name : found.repeated_content) = slots[i].first;
      } else {
        *slots[i].second = member;
      }
      break;
    }
  }
  return found;
}

// Recognises the request; the text of the error where it is none.
std::variant<const RequestRow*, std::string> recognise(const Envelope& envelope) {
  if (!envelope.repeated_name.empty()) {
    return std::string(envelope.repeated_name) + ": the key was given twice, once is expected";
  }
  for (const auto& [name, node] :
       {std::pair{"channel", envelope.channel}, std::pair{"topic", envelope.topic},
        std::pair{"subtopic", envelope.subtopic}}) {
    if (node == nullptr || node->kind != JsonKind::string) {
      return std::string(name) + ": " + describe(node) + " was seen, a string is expected";
    }
  }
  if (!text::equals_folded(text::trim(envelope.channel->text), kChannel)) {
    return "channel: " + text::shown(envelope.channel->text) + " was seen, \"Amazon\" is expected";
  }
  if (find_topic(envelope.topic->text).empty()) {
    return "topic: " + text::shown(envelope.topic->text) +
           " was seen, \"App\", \"Agent\", \"InboundCall\" or \"OutboundCall\" is expected";
  }
  const RequestRow* row = find_row(envelope.topic->text, envelope.subtopic->text);
  if (row == nullptr) {
    return "subtopic: " + text::shown(envelope.subtopic->text) +
           " was seen, a request of the topic " + std::string(find_topic(envelope.topic->text)) +
           " is expected, such as \"" +
           (find_topic(envelope.topic->text) == "InboundCall" ? "BlindTransfer" : "StateSync") +
           "\"";
  }
  return row;
}

// Reads what belongs to the recognised request. False and reader.fault() where it is refused.
class ContentReader {
 public:
  ContentReader(RequestReader& reader, const Envelope& envelope, Request& request)
      : reader_(reader), envelope_(envelope), request_(request) {}

  bool read() { return read_envelope() && read_data(); }

 private:
  bool read_envelope() {
    if (!envelope_.repeated_content.empty()) {
      return reader_.refuse(
          Reason::invalidMessage,
          std::string(envelope_.repeated_content) + ": the key was given twice, once is expected");
    }
    if (!reader_.tree().fault().empty())
      return reader_.refuse(Reason::invalidMessage, reader_.tree().fault());
    return read_source() && reader_.read_id("id", envelope_.id, kMaxIdBytes, request_.id) &&
           reader_.read_id("contactId", envelope_.contact_id, kMaxIdBytes, request_.contact_id) &&
           reader_.read_id("agent", envelope_.agent, kMaxIdBytes, request_.agent);
  }

  bool read_source() {
    // `subject` is what some published pages call it; it counts only where `source` is absent.
    const bool by_subject = is_absent(envelope_.source) && !is_absent(envelope_.subject);
    std::optional<std::string> source;
    if (!reader_.read_id(by_subject ? "subject" : "source",
                         by_subject ? envelope_.subject : envelope_.source, kMaxIdBytes, source)) {
      return false;
    }
    if (!source) {
      return reader_.refuse(Reason::invalidMessage,
                            "source: " + describe(envelope_.source) +
                                " was seen, the name of your application is expected");
    }
    request_.source = std::move(*source);
    return true;
  }

  bool read_data() {
    switch (request_.kind) {
      case RequestKind::answer:
      case RequestKind::reject:
      case RequestKind::hold:
      case RequestKind::resume:
      case RequestKind::disconnect:
        return read_call_id();
      case RequestKind::send_dtmf:
        return read_digits();
      case RequestKind::update_state:
        return read_state();
      case RequestKind::set_not_ready:
        return read_reason_code();
      case RequestKind::make_call:
        return read_destination(reader_, "data", envelope_.data, request_.destination);
      case RequestKind::blind_transfer:
        return read_destination(reader_, "data", envelope_.data, request_.destination) &&
               read_options(reader_, envelope_.options, request_.options);
      case RequestKind::cancel_transfer:
        return read_transfer_id();
      case RequestKind::move_contact:
        return read_move();
      case RequestKind::app_state_sync:
      case RequestKind::agent_state_sync:
      case RequestKind::get_states:
      case RequestKind::login:
      case RequestKind::logout:
      case RequestKind::mute:
      case RequestKind::unmute:
      case RequestKind::call_state_sync:
      case RequestKind::clear_contact:
      case RequestKind::bridge_hello:
      case RequestKind::bridge_snapshot:
      case RequestKind::bridge_endpoints:
      case RequestKind::bridge_result:
      case RequestKind::not_supported:
        return true;
    }
    return true;
  }

  // The published pages call it now a contact id, now a connection id; the core takes either.
  bool read_call_id() {
    const JsonNode* data = envelope_.data;
    if (is_absent(data) || (data->kind == JsonKind::string && text::trim(data->text).empty()))
      return true;
    if (data->kind == JsonKind::object && reader_.tree().first_child(*data) == nullptr) return true;
    std::optional<std::string> id;
    if (!reader_.read_id("data", data, kMaxIdBytes, id)) return false;
    if (request_.contact_id && *request_.contact_id != *id) {
      return reader_.refuse(Reason::invalidMessage, "data: " + text::shown(*id) +
                                                        " was seen, the same as contactId (" +
                                                        text::shown(*request_.contact_id) +
                                                        ") is expected, or one of them alone");
    }
    request_.contact_id = std::move(id);
    return true;
  }

  bool read_digits() {
    const JsonNode* data = envelope_.data;
    constexpr std::string_view kDigits = "0123456789ABCD*#";
    if (data == nullptr || data->kind != JsonKind::string || data->text.empty() ||
        data->text.size() > kMaxDtmfDigits ||
        data->text.find_first_not_of(kDigits) != std::string_view::npos) {
      return reader_.refuse(Reason::invalidMessage,
                            "data: " + describe(data) +
                                " was seen, a string of 1 to 32 of 0-9, A-D, * and # is expected");
    }
    request_.digits = data->text;
    return true;
  }

  bool read_state() {
    FoldedObject data(reader_);
    if (!data.read("data", envelope_.data, "an object {label, code, type}")) return false;
    AgentStateRef state;
    for (const auto& [name, field] :
         {std::pair<std::string_view, std::string*>{"label", &state.label},
          std::pair<std::string_view, std::string*>{"code", &state.code},
          std::pair<std::string_view, std::string*>{"type", &state.type}}) {
      std::optional<std::string> value;
      if (!reader_.read_text("data." + std::string(name), data.find(name), kMaxIdBytes,
                             Reason::invalidMessage, value)) {
        return false;
      }
      if (value) *field = std::move(*value);
    }
    if (state.label.empty() && state.code.empty()) {
      return reader_.refuse(Reason::invalidMessage,
                            "data: neither label nor code was seen, a state's {label, code, type} "
                            "as in GetStates is expected");
    }
    if (!state.type.empty() && state.type != "routable" && state.type != "not_routable" &&
        state.type != "offline") {
      return reader_.refuse(Reason::invalidMessage,
                            "data.type: " + text::shown(state.type) +
                                " was seen, routable, not_routable or offline is expected");
    }
    request_.state = std::move(state);
    return true;
  }

  bool read_reason_code() {
    FoldedObject data(reader_);
    if (!data.read("data", envelope_.data, "an object {ReasonCodeId}")) return false;
    std::optional<std::string> code;
    const JsonNode* node = data.find("ReasonCodeId");
    if (!reader_.read_text("data.ReasonCodeId", node, kMaxIdBytes, Reason::invalidMessage, code))
      return false;
    if (!code) {
      return reader_.refuse(Reason::invalidMessage,
                            "data.ReasonCodeId: " + describe(node) +
                                " was seen, the code of a not-ready state is expected");
    }
    request_.reason_code = std::move(*code);
    return true;
  }

  bool read_transfer_id() {
    const JsonNode* node = envelope_.data;
    std::string_view field = "data";
    FoldedObject data(reader_);
    if (node != nullptr && node->kind == JsonKind::object) {
      if (!data.read("data", node, "")) return false;
      node = data.find("transferId");
      field = "data.transferId";
    }
    std::optional<std::string> id;
    if (!reader_.read_text(field, node, kMaxIdBytes, Reason::invalidMessage, id)) return false;
    if (!id) return true;
    const std::optional<Uuid> uuid = parse_uuid(*id);
    if (!uuid) {
      return reader_.refuse(Reason::invalidMessage,
                            std::string(field) + ": " + text::shown(*id) +
                                " was seen, the transferId (a UUID) of a transfer is expected");
    }
    request_.transfer_id = to_string(*uuid);
    return true;
  }

  bool read_move() {
    FoldedObject data(reader_);
    if (!data.read("data", envelope_.data, "an object {contactId, destination}")) return false;
    std::optional<std::string> contact;
    const JsonNode* node = data.find("contactId");
    if (!reader_.read_text("data.contactId", node, kMaxIdBytes, Reason::invalidMessage, contact))
      return false;
    if (!contact) contact = request_.contact_id;
    if (!contact) {
      return reader_.refuse(Reason::invalidMessage,
                            "data.contactId: " + describe(node) +
                                " was seen, the contactId of a waiting customer is expected");
    }
    if (request_.contact_id && *request_.contact_id != *contact) {
      return reader_.refuse(Reason::invalidMessage, "data.contactId: " + text::shown(*contact) +
                                                        " was seen, the same as contactId (" +
                                                        text::shown(*request_.contact_id) +
                                                        ") is expected");
    }
    request_.contact_id = std::move(contact);
    return read_destination(reader_, "data.destination", data.find("destination"),
                            request_.destination);
  }

  RequestReader& reader_;
  const Envelope& envelope_;
  Request& request_;
};

// The id as far as it can be echoed on a refusal.
std::optional<std::string> id_to_echo(const Envelope& envelope) {
  const JsonNode* id = envelope.id;
  if (id == nullptr || id->kind != JsonKind::string || id->text.empty() ||
      id->text.size() > kMaxIdBytes) {
    return std::nullopt;
  }
  return std::string(id->text);
}

}  // namespace

std::variant<Request, Refusal> parse_request(std::string_view json) {
  Refusal refusal;
  refusal.error_type = kInvalidMessage;

  const JsonTree tree(json);
  const JsonNode* root = tree.root();
  // What is no JSON is no message, but a message that is only too deep or too large may still say
  // what it was.
  if ((!tree.error().empty() && !tree.over_limit()) || root == nullptr) {
    refusal.msg = tree.error();
    return refusal;
  }
  if (root->kind != JsonKind::object) {
    refusal.msg = "the message: " + describe(root) + " was seen, one JSON object is expected";
    return refusal;
  }

  const Envelope envelope = find_envelope(tree);
  refusal.id = id_to_echo(envelope);
  const std::variant<const RequestRow*, std::string> recognised = recognise(envelope);
  if (const auto* msg = std::get_if<std::string>(&recognised)) {
    refusal.msg = tree.error().empty() ? *msg : tree.error();
    return refusal;
  }
  const RequestRow& row = *std::get<const RequestRow*>(recognised);
  refusal.error_type = row.error_type;
  refusal.topic = row.topic;
  refusal.subtopic = row.subtopic;
  if (!tree.error().empty()) {
    refusal.msg = tree.error();
    return refusal;
  }

  Request request;
  request.kind = row.kind;
  request.topic = row.topic;
  request.subtopic = row.subtopic;
  RequestReader reader(tree);
  if (!ContentReader(reader, envelope, request).read()) {
    refusal.reason = reader.fault().reason;
    refusal.msg = reader.fault().msg;
    return refusal;
  }
  request.content_hash = hash_content(request);
  return request;
}

}  // namespace baton::message
