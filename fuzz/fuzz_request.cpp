// Any bytes that a desktop or a bridge may send: the answer is a refusal that names its fault, or a
// request that reads back equal when it is sent again; a bridge's data is a frame within its
// bounds, or a refusal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "message/bridge.hpp"
#include "message/event.hpp"
#include "message/request.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::size_t kLongestMessage = 1'000;

/// As the gateway reads what parse_request() has recognised as a bridge's.
void read_bridge(baton::message::RequestKind kind, std::string_view text) {
  using namespace baton::message;
  const auto parsed = parse_bridge(kind, text);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    require(!refusal->msg.empty() && refusal->msg.size() < kLongestMessage);
    require(refusal->reason != Reason::none && refusal->topic == "Bridge");
    return;
  }
  const auto& frame = std::get<BridgeFrame>(parsed);
  if (const auto* snapshot = std::get_if<BridgeSnapshot>(&frame)) {
    require(kind == RequestKind::bridge_snapshot);
    require(snapshot->contacts.size() <= kMaxBridgeContacts);
    for (const BridgeContact& contact : snapshot->contacts)
      require(!contact.id.empty() && contact.connections.size() <= kMaxBridgeConnections);
  } else if (const auto* list = std::get_if<BridgeEndpoints>(&frame)) {
    require(kind == RequestKind::bridge_endpoints);
    require(list->arns.size() <= kMaxBridgeEndpointsOfPart && (list->known || list->arns.empty()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton::message;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_request(text);

  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    require(!refusal->msg.empty() && refusal->msg.size() < kLongestMessage);
    require(refusal->reason != Reason::none);
    require((refusal->error_type == "INVALID_MESSAGE") == refusal->topic.empty());
    ApiError error;
    error.error_type = refusal->error_type;
    error.msg = refusal->msg;
    error.reason = refusal->reason;
    require(!print(Event{"", std::nullopt, refusal->id, error}, "").empty());
    return 0;
  }

  const auto& request = std::get<Request>(parsed);
  if (is_of_bridge(request.kind)) read_bridge(request.kind, text);
  require(error_type(request) != "INVALID_MESSAGE");
  const auto again = parse_request(print(request));
  require(std::holds_alternative<Request>(again));
  require(std::get<Request>(again) == request);
  return 0;
}
