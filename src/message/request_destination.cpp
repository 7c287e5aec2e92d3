#include "message/request_destination.hpp"

#include <array>
#include <string>
#include <utility>

#include "message/text.hpp"

namespace baton::message {
namespace {

// Amazon Connect allows names of 127 characters, which are at most four bytes each.
constexpr std::size_t kMaxNameBytes = 512;

// The straight quotes and the typographic ones, which stand in one published sample by a slip of
// its editor.
bool has_quote(std::string_view text) {
  for (const std::string_view quote :
       {"\"", "'", "`", "\xC2\xAB", "\xC2\xBB", "\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9A",
        "\xE2\x80\x9B", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", "\xE2\x80\x9F",
        "\xE2\x80\xB9", "\xE2\x80\xBA"}) {
    if (text.find(quote) != std::string_view::npos) return true;
  }
  return false;
}

class DestinationReader {
 public:
  DestinationReader(RequestReader& reader, std::string_view field)
      : reader_(reader), field_(field) {}

  bool read_dial_pad(std::string_view typed, std::optional<Destination>& destination) {
    if (text::trim(typed).empty()) {
      return refuse(
          "", "an empty string was seen, a phone number such as \"+12082097345\" is expected");
    }
    if (has_quote(typed)) {
      return refuse(
          "",
          text::shown(typed) +
              " was seen, with a quotation mark inside the string; the number alone is expected, "
              "such as \"+12082097345\"");
    }
    std::optional<std::string> number = normalize_e164(typed);
    if (!number) {
      return refuse("", text::shown(typed) +
                            " was seen, a phone number in E.164 is expected: \"+\", the country "
                            "code and the rest, "
                            "2 to 15 digits, such as \"+12082097345\"");
    }
    destination = DialPad{std::move(*number)};
    return true;
  }

  bool read_quick_connect(const JsonNode* node, std::optional<Destination>& destination) {
    FoldedObject object(reader_);
    if (!object.read(field_, node, "an object", Reason::invalidDestination)) return false;

    std::string type;
    std::string endpoint_id;
    QuickConnectRef result;
    if (!mandatory(object, "type", kMaxNameBytes, "phone_number, queue or agent", type))
      return false;
    if (type == "phone_number") {
      result.type = QuickConnectType::phone_number;
    } else if (type == "queue") {
      result.type = QuickConnectType::queue;
    } else if (type == "agent") {
      result.type = QuickConnectType::agent;
    } else {
      return refuse(".type",
                    text::shown(type) + " was seen, phone_number, queue or agent is expected");
    }
    if (!mandatory(object, "name", kMaxNameBytes, "the quick connect's name", result.name) ||
        !mandatory(object, "endpointARN", kMaxArnBytes, "the quick connect's ARN",
                   result.endpoint_arn) ||
        !mandatory(object, "endpointId", kMaxArnBytes, "the same ARN as in endpointARN",
                   endpoint_id)) {
      return false;
    }
    if (!text::is_connect_arn(result.endpoint_arn, "transfer-destination")) {
      return refuse(".endpointARN",
                    text::shown(result.endpoint_arn) +
                        " was seen, arn:aws:connect:<region>:<12 digits>:instance/<id>/"
                        "transfer-destination/<id> is expected");
    }
    if (endpoint_id != result.endpoint_arn) {
      return refuse(".endpointId", text::shown(endpoint_id) +
                                       " was seen, the same as endpointARN (" +
                                       text::shown(result.endpoint_arn) + ") is expected");
    }
    if (!optional(object, "phoneNumber", result.phone_number) ||
        !optional(object, "agentLogin", result.agent_login) ||
        !optional(object, "queue", result.queue)) {
      return false;
    }
    if (result.phone_number) {
      std::optional<std::string> number = normalize_e164(*result.phone_number);
      if (!number) {
        return refuse(".phoneNumber", text::shown(*result.phone_number) +
                                          " was seen, a phone number in E.164 such as "
                                          "\"+16579994374\", or null, is expected");
      }
      result.phone_number = std::move(number);
    }
    destination = std::move(result);
    return true;
  }

 private:
  bool refuse(std::string_view member, std::string_view rest) {
    return reader_.refuse(Reason::invalidDestination,
                          std::string(field_) + std::string(member) + ": " + std::string(rest));
  }

  bool optional(const FoldedObject& object, std::string_view name,
                std::optional<std::string>& value) {
    return reader_.read_text(std::string(field_) + "." + std::string(name), object.find(name),
                             kMaxNameBytes, Reason::invalidDestination, value);
  }

  bool mandatory(const FoldedObject& object, std::string_view name, std::size_t max_bytes,
                 std::string_view expected, std::string& value) {
    const JsonNode* node = object.find(name);
    std::optional<std::string> read;
    if (!reader_.read_text(std::string(field_) + "." + std::string(name), node, max_bytes,
                           Reason::invalidDestination, read)) {
      return false;
    }
    if (!read) {
      return refuse("." + std::string(name),
                    describe(node) + " was seen, " + std::string(expected) + " is expected");
    }
    value = std::move(*read);
    return true;
  }

  RequestReader& reader_;
  std::string_view field_;
};

}  // namespace

bool read_destination(RequestReader& reader, std::string_view field, const JsonNode* node,
                      std::optional<Destination>& destination) {
  DestinationReader destination_reader(reader, field);
  if (node != nullptr && node->kind == JsonKind::string) {
    return destination_reader.read_dial_pad(node->text, destination);
  }
  if (node != nullptr && node->kind == JsonKind::object) {
    return destination_reader.read_quick_connect(node, destination);
  }
  return reader.refuse(
      Reason::invalidDestination,
      std::string(field) + ": " + describe(node) +
          " was seen, a phone number (a string such as \"+12082097345\") or a quick-connect object "
          "{endpointARN, endpointId, type, name, ...} is expected");
}

}  // namespace baton::message
