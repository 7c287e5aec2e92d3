#pragma once

#include "message/event.hpp"
#include "message/request.hpp"

namespace baton::gateway {

/// The HTTP status of a refusal (docs/message-api.md, "Carriers and callers"): the one table from
/// reason to status. A reason that only ends an accepted transfer never reaches HTTP but has its
/// row all the same. Any thread.
[[nodiscard]] int http_status(message::Reason reason);

/// The same of a whole error: NOT_PERMITTED is 403 whatever the reason.
[[nodiscard]] int http_status(const message::ApiError& error);

}  // namespace baton::gateway
