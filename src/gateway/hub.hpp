#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/backend.hpp"
#include "gateway/event_log.hpp"
#include "gateway/metrics.hpp"
#include "gateway/queue_board.hpp"
#include "gateway/subscriber.hpp"

namespace baton::gateway {

/// Where in an agent's events a client stands.
struct Position {
  std::string epoch;
  std::uint64_t after = 0;
};

/// Whose events somebody gets.
struct Following {
  bool everybody = false;           ///< "*": what happens from now on, of all agents.
  std::vector<std::string> agents;  ///< Ignored for everybody.
  /// Where the client was before, by agent. An agent without a position starts from now, without a
  /// sync.
  std::map<std::string, Position, std::less<>> positions;
};

/// Fans events out and catches up those who come back, without a gap and without repeating: a
/// subscriber is entered first, events are held back for it until its state sync is there, then
/// come the syncs, then what is newer than they are. The gateway's thread only.
class Hub {
 public:
  /// Asks the backend for an agent's state syncs; the callback comes on the gateway's thread.
  using AskSync = std::function<void(std::string agent, std::function<void(SyncReply)> done)>;

  Hub(EventLogLimits limits, std::size_t max_held_bytes, std::string epoch, AskSync ask_sync,
      QueueBoard::Ask ask_queues, Metrics& metrics);

  void publish(const PublishedEvent& event);
  void set_epoch(std::string epoch);
  [[nodiscard]] const std::string& epoch() const { return epoch_; }

  void subscribe(Subscriber& subscriber, const Following& following);
  /// Must be called before the subscriber dies. Does nothing for one that is not entered.
  void unsubscribe(Subscriber& subscriber);

  /// Events were lost on their way here: forgets what was kept and sends everybody back to start
  /// over.
  void lost_events();

  /// Lets those who follow everybody know how the queues are; to be called twice a second or so.
  void look_at_queues() { board_.look(QueueBoard::Clock::now()); }

  /// Drops events that are too old at `now` (Unix milliseconds), and finds those that may be
  /// packed.
  void expire(std::int64_t now);
  /// Packs kept events, `bytes` of texts or a little more.
  void pack(std::int64_t now, std::size_t bytes);

  [[nodiscard]] std::size_t subscriber_count() const { return subscriptions_.size(); }

 private:
  struct Held {
    std::uint64_t sync_id = 0;
    std::size_t bytes = 0;
    std::vector<std::pair<std::uint64_t, Subscriber::Text>> events;
  };
  /// One subscriber's interest in one agent; `held` while its sync is on the way.
  struct Link {
    Subscriber* subscriber = nullptr;
    std::unique_ptr<Held> held;
  };
  struct Channel {
    explicit Channel(EventLogLimits limits) : log(limits) {}
    EventLog log;
    std::vector<Link> links;
  };
  struct Subscription {
    bool everybody = false;
    std::vector<std::string> agents;
  };

  Channel& channel(const std::string& agent);
  void catch_up(const std::string& agent, Channel& channel, Link& link, const Position& position);
  void finish_sync(const std::string& agent, std::uint64_t sync_id, SyncReply reply);

  const EventLogLimits limits_;
  const std::size_t max_held_bytes_;
  AskSync ask_sync_;
  QueueBoard board_;
  Metrics& metrics_;

  std::string epoch_;
  std::unordered_map<std::string, Channel> channels_;
  std::unordered_map<Subscriber*, Subscription> subscriptions_;
  std::vector<Subscriber*> everybody_;
  std::vector<std::string> to_pack_;  ///< Agents whose events may be due.
  std::uint64_t last_sync_id_ = 0;
};

}  // namespace baton::gateway
