#pragma once

#include <string>
#include <variant>

#include "core/contact_center.hpp"
#include "gateway/backend.hpp"

namespace baton::app {

/// Reads the body of POST /v1/transfers/preflight, `{"destination":...,"options":...,"agent":...}`,
/// as the BlindTransfer that it asks about, on behalf of whom it would be sent. Or the answer at
/// once: an error, or the verdict on a destination that is none. Any thread.
[[nodiscard]] std::variant<core::RequestInput, gateway::RestReply> parse_preflight(
    const gateway::Caller& caller, const std::string& body);

/// The verdict as JSON, or the error of an agent who is not there. Any thread.
[[nodiscard]] gateway::RestReply preflight_json(const core::Preflight& preflight);

}  // namespace baton::app
