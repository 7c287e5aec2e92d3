#include "gateway/status.hpp"

namespace baton::gateway {

int http_status(message::Reason reason) {
  using enum message::Reason;
  switch (reason) {
    case invalidMessage:
      return 400;
    case callNotOwned:
      return 403;
    // The state of the call, a running transfer, or the same id with other content.
    case none:
    case noActiveCall:
    case ambiguousCall:
    case transferInProgress:
    case customerHungUp:
    case canceled:
    case idempotencyConflict:
      return 409;
    // The destination or the policy.
    case invalidDestination:
    case destinationNotFound:
    case destinationNotPermitted:
    case optionNotSupported:
    case notSupported:
    case numberNotPossible:
    case countryNotAllowed:
    case premiumRateBlocked:
    case queueClosed:
    case queueFull:
    case noAgentStaffed:
    case agentUnavailable:
    case busy:
    case rejected:
    case noAnswer:
    case numberNotFound:
    case mediaNotAcceptable:
      return 422;
    case rateLimited:
      return 429;
    // The back end or the journal.
    case carrierUnavailable:
    case backendRefused:
    case backendUnavailable:
    case timeout:
    case internal:
      return 503;
  }
  return 503;
}

int http_status(const message::ApiError& error) {
  return error.error_type == "NOT_PERMITTED" ? 403 : http_status(error.reason);
}

}  // namespace baton::gateway
