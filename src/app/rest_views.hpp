#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/contact_center.hpp"
#include "gateway/backend.hpp"
#include "store/reader.hpp"

namespace baton::app {

/// GET /v1/agents: an agent sees himself, a supervisor or service everybody. Engine's thread.
[[nodiscard]] std::string agents_json(const core::ContactCenter& center,
                                      const gateway::Caller& caller);

/// GET /v1/queues: an agent sees the queues of his routing profile. Engine's thread.
[[nodiscard]] std::string queues_json(const core::ContactCenter& center,
                                      const gateway::Caller& caller);

/// GET /v1/queues/waiting?queue=: who waits in the queue with that ARN, or in any, the `most` who
/// have waited longest. For supervisors and services; 403 for an agent. Engine's thread.
[[nodiscard]] gateway::RestReply waiting_json(const core::ContactCenter& center,
                                              const gateway::Caller& caller,
                                              const gateway::RestRequest& request,
                                              std::size_t most);

/// GET /v1/quick-connects?q=&type=&agent=: what the caller (or, for a supervisor or service, the
/// named agent) may use, with availability, its age, and a queue's wait. `now` is Unix ms. With
/// `at_amazon` queues and agents are available, without a queue's figures: a BlindTransfer to them
/// is Amazon Connect's to judge (docs/amazon-connect.md). Engine's thread.
[[nodiscard]] gateway::RestReply quick_connects_json(const core::ContactCenter& center,
                                                     const gateway::Caller& caller,
                                                     const gateway::RestRequest& request,
                                                     std::int64_t now, bool at_amazon);

/// GET /v1/transfers, /v1/transfers/{id}, its timeline, and /v1/contacts/{id}, from what is stored.
/// A CSV has at most `most_csv` transfers, and is given up with 503 between two pages of the store
/// once `stop` says so. The thread of `reader`.
[[nodiscard]] gateway::RestReply stored_json(store::StoreReader& reader,
                                             const gateway::Caller& caller,
                                             const gateway::RestRequest& request,
                                             std::size_t most_csv,
                                             const std::stop_token& stop = {});
/// Whether it asks for transfers as CSV, which may be many.
[[nodiscard]] bool is_csv(const gateway::RestRequest& request);

/// The error envelope's `data`, as every refusal of a REST read has it.
[[nodiscard]] gateway::RestReply rest_error(int status, message::Reason reason,
                                            const std::string& msg);

/// Why a request's body is no JSON object, for people; empty: it is one.
[[nodiscard]] std::string why_no_object(std::string_view body);

/// Unix ms of an RFC 3339 time in UTC ("2020-04-09T08:37:12.701Z"; the fraction may be left out),
/// or nothing.
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace baton::app
