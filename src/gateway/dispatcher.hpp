#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/backend.hpp"
#include "gateway/caller_limits.hpp"
#include "gateway/hub.hpp"
#include "gateway/mailbox.hpp"
#include "gateway/sessions.hpp"

namespace baton::gateway {

/// What became of one request envelope, for either carrier.
struct Outcome {
  bool read = false;         ///< The request only reads: `text` is its reply.
  std::optional<int> error;  ///< The HTTP status of a refusal; `text` is then the error envelope.
  std::string
      text;  ///< For the asker; may be empty after an accepted change, which the events tell.
  std::optional<std::string> id;  ///< The request's own id.
  std::optional<std::string> transfer_id;
  std::optional<std::uint64_t> sequence;
  std::optional<int> retry_after_seconds;  ///< Of a refusal, when to try again.
  bool of_bridge = false;  ///< A bridge said it and it was taken: it may be sent commands.
};

/// What the error of a request says beside what went wrong.
struct Asked {
  std::string_view error_type;  ///< Of the request's row; a constant.
  std::string agent;            ///< For whom it acts.
  std::optional<std::string> id;
};

/// Takes a request envelope from a caller: reads it, checks how much and for whom the caller may
/// ask, hands it to the backend, and brings the answer back to the gateway's thread. The gateway's
/// thread only.
class Dispatcher {
 public:
  /// References must outlive it.
  Dispatcher(Backend& backend, std::shared_ptr<Mailbox> mailbox, const Hub& hub,
             CallerLimits& limits, Metrics& metrics)
      : backend_(backend),
        mailbox_(std::move(mailbox)),
        hub_(hub),
        limits_(limits),
        metrics_(metrics) {}

  /// `done` is called exactly once, on the gateway's thread, perhaps before this returns; not at
  /// all if the gateway stops first. Gives back what the backend was asked, if it was: for late().
  std::optional<Asked> dispatch(const Identity& identity, std::string_view envelope,
                                std::function<void(Outcome)> done, SocketId socket = 0);
  /// The error envelope for somebody who waits no longer for the outcome of what he asked.
  [[nodiscard]] std::string late(const Asked& asked, std::string msg) const;
  /// What becomes of a message in a binary frame: that of one that cannot be read.
  [[nodiscard]] Outcome refuse_binary(const Identity& identity);
  /// The socket of a bridge has ended.
  void bridge_closed(SocketId socket) { backend_.bridge_closed(socket); }

 private:
  /// What cannot be read.
  [[nodiscard]] Outcome unread(const Identity& identity, message::Refusal refusal);
  [[nodiscard]] Outcome bridge(const Identity& identity, const message::Request& request,
                               std::string_view envelope, SocketId socket);

  Backend& backend_;
  std::shared_ptr<Mailbox> mailbox_;
  const Hub& hub_;
  CallerLimits& limits_;
  Metrics& metrics_;
};

}  // namespace baton::gateway
