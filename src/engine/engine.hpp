#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/contact_center.hpp"
#include "engine/commit_pace.hpp"
#include "engine/record_queue.hpp"
#include "engine/timer_queue.hpp"
#include "journal/journal.hpp"
#include "telephony/switch.hpp"

namespace baton::engine {

struct EngineConfig {
  std::string version;  ///< Of the program, for Started.
  std::size_t queue_limit =
      100000;                     ///< Things waiting to be journalled; a request more is refused.
  std::size_t batch_limit = 512;  ///< Inputs in one commit.
  /// How long a record may wait for a commit to go with. A call's records change a dozen times
  /// within a second, so waiting saves most of their writing; who reads them has them written
  /// first.
  int record_delay_ms = 2000;
  /// Records in one commit with inputs, oldest first: those of two seconds at once would hold the
  /// inputs up for tens of milliseconds.
  std::size_t records_limit = 24;
  std::size_t idle_records_limit = 512;  ///< Records in one commit without inputs.
  /// In a rush commits begin at least this far apart, from `rush_inputs` a second on; up to
  /// `calm_inputs` a second each begins as soon as the one before is over.
  std::chrono::microseconds commit_pace{6000};
  double calm_inputs = 10000;
  double rush_inputs = 14000;
  int replay_events_seconds =
      600;  ///< Events this young are published again when a journal is replayed.
};

/// An event as its agent's desktops get it: printed once.
struct Published {
  std::string agent;
  std::uint64_t sequence = 0;
  core::TimeMs at = 0;
  std::shared_ptr<const std::string> text;
};

/// Figures for metrics and benchmarks. Any thread.
struct EngineStats {
  std::atomic<std::uint64_t> inputs{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> commands{0};
  std::atomic<std::uint64_t> refused_full{0};
  std::atomic<std::uint64_t> queue_depth{0};
  std::atomic<std::uint64_t> commit_ns_total{0};
  /// Commits by duration: bucket n counts those under 2^n microseconds (and not under 2^(n-1)).
  std::array<std::atomic<std::uint64_t>, 24> commit_us_log2{};
};

/// The loop: inputs are journalled in batches, applied by the core, and what follows is carried
/// out. The core lives on the engine's own thread; everything else may be called from any thread.
class Engine {
 public:
  using ReplyHandler = std::function<void(const core::Reply&)>;
  using EventSink = std::function<void(std::vector<Published>)>;
  /// Runs on the engine's thread, in its place in the order of inputs; all events before it have
  /// been published.
  using Task = std::function<void(core::ContactCenter&)>;

  /// The journal belongs to the engine's thread from start() to stop(), and must outlive it.
  Engine(EngineConfig config, journal::Journal& journal, std::string epoch, EventSink events);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// Replays the journal, on the caller's thread: the state that the last process left. Young
  /// events are published again; no command goes out. Once, before start(). Returns an error text,
  /// or empty.
  [[nodiscard]] std::string load(message::Capabilities capabilities);
  /// Journals and applies `first`, in order (Started, PolicyChanged, DirectoryChanged, QueueHours),
  /// then starts the loop. What was submitted and kept since load() comes after them. Returns an
  /// error text, or empty.
  [[nodiscard]] std::string start(std::vector<core::InputBody> first);
  /// Commands go there. Before start().
  void set_switch(telephony::Switch* target) { switch_ = target; }
  /// Takes no more, finishes what is queued, writes the records, ends the thread.
  void stop();

  /// Something that happened. Never refused: the sources are bounded themselves.
  void submit(core::InputBody body);
  /// What a restart needs of a leg (telephony::Switch::Keeper). Goes into the store in the same
  /// commit as the inputs that are submitted right after it, or an earlier one; where several of a
  /// leg wait, the last.
  void keep(telephony::SavedLeg leg);
  /// A registration that a restart needs, likewise.
  void keep(store::RegistrationChange change);
  /// A request; `done` is called once, on the engine's thread, or at once when it is refused
  /// because the queue is full or the journal has failed.
  void request(core::RequestInput input, ReplyHandler done);
  void run(Task task);
  /// Like run, with all records written before it.
  void run_after_flush(Task task);

  /// Empty when all is well, else why no new work is taken (the journal failed).
  [[nodiscard]] std::string not_ready_reason() const;
  [[nodiscard]] const EngineStats& stats() const { return stats_; }
  /// The core's counters as of the last batch. Any thread.
  [[nodiscard]] core::Counters counters() const;
  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  /// CPU time of the engine's thread.
  [[nodiscard]] std::int64_t thread_cpu_ns() const;

 private:
  struct AskedRequest {
    core::RequestInput input;
    ReplyHandler done;
  };
  struct QueuedTask {
    Task task;
    bool flush = false;
  };
  using Item = std::variant<core::InputBody, AskedRequest, QueuedTask, telephony::SavedLeg,
                            store::RegistrationChange>;

  void put(Item item);
  void loop();
  void process(std::vector<Item>& items);
  [[nodiscard]] core::Input stamp(core::InputBody body);
  void collect(core::Outputs& outputs);
  void dispatch();
  /// Writes all that wait.
  void write_records();
  void write(const store::Records& records);
  void refuse(const core::RequestInput& input, const ReplyHandler& done,
              const std::string& why) const;

  // Passed in.
  EngineConfig config_;
  journal::Journal& journal_;
  std::string epoch_;
  EventSink sink_;
  telephony::Switch* switch_ = nullptr;

  // The queue.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> queue_;
  bool stopping_ = false;
  std::string failed_;
  core::Counters counters_;
  std::thread thread_;
  EngineStats stats_;

  // The engine's thread only.
  core::ContactCenter center_;
  message::Capabilities capabilities_;
  TimerQueue timers_;
  core::TimeMs last_at_ = 0;
  std::vector<std::uint64_t> entropy_;
  core::ReplyKey next_reply_ = 1;
  std::unordered_map<core::ReplyKey, ReplyHandler> waiting_;
  RecordQueue records_;
  CommitPace pace_;
  std::vector<core::Command> commands_;
  std::vector<message::Event> events_;
  std::vector<core::Reply> replies_;
};

}  // namespace baton::engine
