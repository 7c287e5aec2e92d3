#include "core/transfer.hpp"

namespace baton::core {

bool may_follow(TransferState from, TransferState to) {
  using enum TransferState;
  if (from == to) return !message::is_outcome(from);
  switch (from) {
    case accepted:
      return to == dialing || to == queued || to == returning || to == requeued || to == failed ||
             to == canceled || to == abandoned || to == outcomeUnknown || to == handedOver;
    case dialing:
      return to == alerting || to == connected || to == returning || to == requeued ||
             to == failed || to == canceled || to == abandoned || to == outcomeUnknown ||
             to == handedOver;
    case alerting:
      return to == queued || to == connected || to == returning || to == requeued || to == failed ||
             to == canceled || to == abandoned;
    case queued:
      return to == alerting || to == connected || to == returning || to == requeued ||
             to == failed || to == canceled || to == abandoned;
    case returning:
      return to == returned || to == requeued || to == canceled || to == failed || to == abandoned;
    case requeued:
      return to == alerting || to == connected || to == returning || to == failed ||
             to == canceled || to == abandoned;
    case outcomeUnknown:
      return (message::is_outcome(to) && to != completed) || to == dialing;
    case connected:
      return to == completed;
    case returned:
    case canceled:
    case failed:
    case abandoned:
    case handedOver:
    case completed:
      return false;
  }
  return false;
}

bool may_have(TransferState state, Custody custody) {
  using enum TransferState;
  switch (state) {
    case accepted:
    case dialing:
    case alerting:
      return custody == Custody::agent || custody == Custody::server;
    case queued:
    case requeued:
      return custody == Custody::queue || custody == Custody::server;
    case returning:
      return custody == Custody::server;
    case outcomeUnknown:
      return custody == Custody::unknown || custody == Custody::agent;
    case connected:
      return custody == Custody::destination;
    case returned:
    case canceled:
      return custody == Custody::agent;
    case failed:
      return custody == Custody::agent || custody == Custody::gone || custody == Custody::unknown;
    case abandoned:
    case completed:
      return custody == Custody::gone;
    case handedOver:
      return custody == Custody::backend;
  }
  return false;
}

message::Reason reason_of_status(int code) {
  using enum message::Reason;
  switch (code) {
    case 486:
    case 600:
      return busy;
    case 403:
    case 603:
    case 607:
    case 608:
      return rejected;
    case 404:
    case 410:
    case 416:
    case 484:
    case 485:
    case 604:
      return numberNotFound;
    case 408:
    case 480:
    case 487:
      return noAnswer;
    case 415:
    case 488:
    case 606:
      return mediaNotAcceptable;
    case 0:
      return backendUnavailable;
    default:
      break;
  }
  if (code >= 500 && code < 600) return carrierUnavailable;
  return backendRefused;
}

int refer_status(message::Reason reason) {
  using message::Reason;
  switch (reason) {
    case Reason::invalidDestination:
    case Reason::destinationNotFound:
    case Reason::numberNotFound:
    case Reason::numberNotPossible:
      return 404;
    case Reason::busy:
      return 486;
    case Reason::noAnswer:
    case Reason::timeout:
      return 408;
    case Reason::canceled:
      return 487;
    case Reason::agentUnavailable:
    case Reason::queueClosed:
    case Reason::noAgentStaffed:
      return 480;
    case Reason::queueFull:
    case Reason::carrierUnavailable:
    case Reason::backendUnavailable:
      return 503;
    default:
      return 603;
  }
}

bool is_retryable(message::Reason reason) {
  using enum message::Reason;
  switch (reason) {
    case busy:
    case noAnswer:
    case carrierUnavailable:
    case agentUnavailable:
    case queueFull:
    case queueClosed:
    case noAgentStaffed:
    case backendUnavailable:
    case timeout:
    case transferInProgress:
    case rateLimited:
    case canceled:
      return true;
    default:
      return false;
  }
}

std::string suggested_action(message::Reason reason) {
  using enum message::Reason;
  switch (reason) {
    case busy:
    case noAnswer:
    case rejected:
    case agentUnavailable:
      return "Try again later, or choose another destination.";
    case queueClosed:
    case queueFull:
    case noAgentStaffed:
      return "Choose another queue, or a number.";
    case numberNotFound:
    case invalidDestination:
    case destinationNotFound:
    case numberNotPossible:
      return "Check the destination.";
    case destinationNotPermitted:
    case countryNotAllowed:
    case premiumRateBlocked:
      return "Ask a supervisor for permission, or choose another destination.";
    case carrierUnavailable:
    case backendUnavailable:
    case timeout:
    case rateLimited:
      return "Try again in a moment.";
    case noActiveCall:
    case ambiguousCall:
    case callNotOwned:
      return "Select a call that you are talking on.";
    case transferInProgress:
      return "Wait for the running transfer, or cancel it.";
    case optionNotSupported:
      return "Leave the option out.";
    default:
      return "Tell your administrator.";
  }
}

}  // namespace baton::core
