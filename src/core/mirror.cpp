#include "core/mirror.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace baton::core {

using message::BridgeConnection;
using message::BridgeContact;
using message::Reason;

namespace {

// The exceptions that the library enumerates, then others that were seen of it or of the service.
constexpr std::array kReasons = std::to_array<std::pair<std::string_view, Reason>>({
    {"AccessDeniedException", Reason::destinationNotPermitted},
    {"InvalidStateException", Reason::backendRefused},
    {"BadEndpointException", Reason::invalidDestination},
    {"InvalidAgentARNException", Reason::backendRefused},
    {"InvalidConfigurationException", Reason::backendRefused},
    {"InvalidContactTypeException", Reason::notSupported},
    {"PaginationException", Reason::internal},
    {"RefreshTokenExpiredException", Reason::backendUnavailable},
    {"SendDataFailedException", Reason::backendUnavailable},
    {"UnauthorizedException", Reason::backendUnavailable},
    {"QuotaExceededException", Reason::rateLimited},
    {"ConnectionNotFound", Reason::noActiveCall},
    {"ConnectionNotFoundException", Reason::noActiveCall},
    {"InternalServiceError", Reason::backendUnavailable},
    {"InternalServiceException", Reason::backendUnavailable},
    {"ThrottlingException", Reason::rateLimited},
    {"TooManyRequestsException", Reason::rateLimited},
    {"LimitExceededException", Reason::rateLimited},
    // The library's own checks, before anything is sent.
    {"MultipleValidationErrors", Reason::internal},
    {"MissingRequiredParameter", Reason::internal},
    {"UnexpectedParameter", Reason::internal},
    {"StateError", Reason::noActiveCall},
    // Of the way to the service.
    {"NetworkingError", Reason::backendUnavailable},
    {"TimeoutError", Reason::backendUnavailable},
    {"RequestAbortedError", Reason::backendUnavailable},
    // The bridge's and the back end's own.
    {"Expired", Reason::timeout},
    {"NotSent", Reason::backendUnavailable},
    {"NoContact", Reason::noActiveCall},
    {"AlreadyDone", Reason::internal},
    {std::string_view(kNoChannel), Reason::backendUnavailable},
    // The SDK's.
    {"clientTimeout", Reason::timeout},
    {"handlerNotFound", Reason::notSupported},
    {"noResult", Reason::backendUnavailable},
});

}  // namespace

Reason reason_of_exception(std::string_view name, int status) {
  for (const auto& [known, reason] : kReasons) {
    if (name == known) return reason;
  }
  if (status == 429) return Reason::rateLimited;
  return status >= 500 ? Reason::backendUnavailable : Reason::backendRefused;
}

bool is_certain_failure(std::string_view name, int status) {
  constexpr std::array<std::string_view, 12> kUncertain{
      "InvalidStateException", "InternalServiceError", "InternalServiceException",
      "SendDataFailedException", "AlreadyDone",
      // The request may have arrived; the library has sent it again meanwhile.
      "NetworkingError", "TimeoutError", "RequestAbortedError",
      // The contact is no longer what it was: the next snapshot tells what became of it.
      "ConnectionNotFound", "ConnectionNotFoundException", "StateError", "NoContact"};
  return status != 429 && status < 500 && std::ranges::find(kUncertain, name) == kUncertain.end();
}

bool was_never_asked(std::string_view name) {
  return name == "Expired" || name == "NotSent" || name == kNoChannel;
}

message::Capabilities mirrored_capabilities() {
  using message::ReleaseOn;
  message::Capabilities can;
  can.backend = "amazon-connect";
  // `accepted`: as soon as the third party's connection is there. That it rings is not shown. Of an
  // agent or a queue even `connected` only says that the flow was reached.
  can.release_on_number = {ReleaseOn::accepted, ReleaseOn::answered};
  can.release_on_queue = {ReleaseOn::accepted};
  can.release_on_agent = {ReleaseOn::accepted};
  can.default_release_on_number = ReleaseOn::answered;
  can.default_release_on_queue = ReleaseOn::accepted;
  can.default_release_on_agent = ReleaseOn::accepted;
  can.tracks_after_release = false;
  can.take_back_after_release = false;
  can.fallback_after_release = false;
  can.sees_answer = false;
  return can;
}

bool is_active(const BridgeConnection& connection) {
  constexpr std::array<std::string_view, 5> kActive{"connecting", "connected", "hold",
                                                    "silent_monitor", "barge"};
  return std::ranges::find(kActive, connection.state) != kActive.end();
}

const BridgeConnection* customer_of(const BridgeContact& contact) {
  const BridgeConnection* other = nullptr;
  for (const BridgeConnection& each : contact.connections) {
    if (each.type == "agent" || each.type == "monitoring") continue;
    if (each.initial) return &each;
    if (other == nullptr) other = &each;
  }
  // Where none is marked, he was there before anybody was added.
  return other;
}

const BridgeConnection* agent_of(const BridgeContact& contact) {
  const auto found = std::ranges::find(contact.connections, "agent", &BridgeConnection::type);
  return found == contact.connections.end() ? nullptr : &*found;
}

const BridgeConnection* third_party_of(const BridgeContact& contact) {
  const BridgeConnection* customer = customer_of(contact);
  for (const BridgeConnection& each : contact.connections) {
    if (&each != customer && each.type != "agent" && each.type != "monitoring" && is_active(each))
      return &each;
  }
  return nullptr;
}

bool customer_left(const BridgeContact& contact) {
  const BridgeConnection* customer = customer_of(contact);
  return customer != nullptr && customer->state == "disconnected";
}

MirrorPhase phase_of(const BridgeContact& contact) {
  if (contact.state == "ended") return MirrorPhase::ended;
  if (contact.state == "missed" || contact.state == "error") return MirrorPhase::missed;
  if (contact.state == "rejected") return MirrorPhase::rejected;
  if (contact.state == "connected" || contact.state == "paused") return MirrorPhase::active;
  const BridgeConnection* customer = customer_of(contact);
  const bool callback = contact.state == "incoming" || contact.state == "pending";
  if (!callback && customer != nullptr && customer->type == "outbound") return MirrorPhase::dialing;
  return MirrorPhase::offered;
}

}  // namespace baton::core
