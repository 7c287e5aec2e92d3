#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "gateway/backend.hpp"
#include "gateway/subscriber.hpp"

namespace baton::gateway {

/// Tells those who follow everybody how the queues are (Queue / QueueStateChange): whoever comes is
/// told all of them, and then, at most once a second, all are told those that changed. While nobody
/// is there nothing is asked. The gateway's thread only.
class QueueBoard {
 public:
  using Clock = std::chrono::steady_clock;
  /// Asks the backend; the callback comes on the gateway's thread, once.
  using Ask = std::function<void(std::function<void(QueuesReply)> done)>;

  static constexpr Clock::duration kPause = std::chrono::seconds(1);

  explicit QueueBoard(Ask ask) : ask_(std::move(ask)) {}

  /// The list comes at once where it is known, which is then at most a pause old, else with the
  /// answer that is asked for.
  void enter(Subscriber& subscriber);
  /// Must be called before the subscriber dies. Does nothing for one that has not entered.
  void leave(Subscriber& subscriber);

  /// Asks, if anybody is there and the last answer is a pause old. To be called more often than
  /// that.
  void look(Clock::time_point now);

 private:
  void ask();
  void take(QueuesReply reply);
  [[nodiscard]] std::vector<Subscriber::Text> changes(const QueuesReply& reply) const;

  Ask ask_;
  std::vector<Subscriber*> told_;     ///< They know `last_`.
  std::vector<Subscriber*> waiting_;  ///< They know nothing yet.
  QueuesReply last_;
  std::vector<Subscriber::Text> whole_;  ///< `last_`, printed when somebody came for it.
  Clock::time_point answered_;
  bool asking_ = false;
};

}  // namespace baton::gateway
