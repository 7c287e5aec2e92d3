#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/contact_center.hpp"
#include "engine/commit_pace.hpp"
#include "engine/engine_clock.hpp"
#include "engine/kept_events.hpp"
#include "engine/observer.hpp"
#include "engine/private_digits.hpp"
#include "engine/published.hpp"
#include "engine/record_queue.hpp"
#include "engine/snapshot_job.hpp"
#include "engine/timer_queue.hpp"
#include "journal/journal.hpp"
#include "telephony/switch.hpp"

namespace baton::engine {

struct EngineConfig {
  std::string version;  ///< Of the program, for Started.
  std::size_t queue_limit =
      100000;                     ///< Things waiting to be journalled; a request more is refused.
  std::size_t batch_limit = 512;  ///< Inputs in one commit.
  /// How long a record waits before it is written, and a quarter of that longer where few others do
  /// (RecordQueue). A call's records change a dozen times within a second, so waiting saves most of
  /// their writing; who reads them has them written first.
  int record_delay_ms = 1600;
  /// Records in one commit with inputs, oldest first, as a group: those of two seconds at once
  /// would hold the inputs up for tens of milliseconds.
  std::size_t records_limit = 64;
  std::size_t idle_records_limit = 512;  ///< Records in one commit without inputs.
  /// In a rush commits begin at least this far apart (engine/commit_pace.hpp).
  std::chrono::microseconds commit_pace{3000};
  PaceRange commit_flow{.calm = 10000, .rush = 14000};  ///< Inputs a second.
  /// Share of the time in which the engine's thread waits for a core.
  PaceRange commit_wait{.calm = 0.2, .rush = 0.3};
  int replay_events_seconds = 600;  ///< Events this young are published again after a start.
  /// After this many inputs, or bytes of them, the state is written down whole and the inputs are
  /// forgotten.
  std::size_t snapshot_inputs = 100000;
  std::size_t snapshot_bytes = std::size_t{32} * 1024 * 1024;
  /// Likewise once the oldest of them is so old, since they name people; the loop looks whenever it
  /// wakes.
  std::chrono::milliseconds snapshot_age = std::chrono::hours(24);
  std::size_t kept_event_bytes =
      std::size_t{64} * 1024 * 1024;  ///< Events kept for a start from a snapshot, in all.
  /// Events kept go to the disk by so much of their texts, with the next commit: compressing and
  /// writing that takes about a millisecond.
  std::size_t event_slice_bytes = std::size_t{256} * 1024;
  /// While a commit takes longer than this, new requests and calls are refused.
  std::chrono::milliseconds slow_commit{1000};
  bool snapshot_at_stop = true;  ///< So that a newer program need not read this one's inputs.
  /// What is known of an outside number, asked before the input that names it is journalled. Called
  /// on the thread that hands the input in; must not block. Without it no number is dialled.
  std::function<directory::NumberFacts(const std::string&)> look_up_number{};
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
  std::atomic<std::uint64_t> snapshots{0};       ///< Finished.
  std::atomic<std::uint64_t> snapshot_bytes{0};  ///< Of the newest.
  /// How long inputs waited for the newest snapshot: while the state was turned into bytes, and for
  /// the longest of the slices in which these were written.
  std::atomic<std::uint64_t> snapshot_save_ns{0};
  std::atomic<std::uint64_t> snapshot_slice_ns{0};
  std::atomic<std::uint64_t> refused_slow{0};  ///< Requests and calls, while a commit took long.
  std::atomic<std::uint64_t> audit_lost{0};    ///< Lines of the audit, because the queue was full.
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

  /// Loads the newest snapshot and replays the journal behind it, on the caller's thread: the state
  /// that the last process left. Young events are published again; no command goes out. A torn end
  /// of the journal, and what another version wrote behind the snapshot, is given up, with a line
  /// in the log. Once, before start(). Returns an error text, or empty.
  [[nodiscard]] std::string load();
  /// Journals and applies `first`, in order (Started, PolicyChanged, DirectoryChanged, QueueHours),
  /// then starts the loop. What was submitted and kept since load() comes after them. Returns an
  /// error text, or empty.
  [[nodiscard]] std::string start(std::vector<core::InputBody> first);
  /// Commands go there. Before start().
  void set_switch(telephony::Switch* target) { switch_ = target; }
  /// Sees what happens, on the engine's thread. Before load(); outlives the engine.
  void set_observer(Observer* observer) { observer_ = observer; }
  /// From now on new calls are refused, those that an agent wants to make included; running ones go
  /// on. Any thread.
  void drain();
  /// Takes no more, finishes what is queued, writes the records and a snapshot, ends the thread.
  void stop();

  /// Something that happened. Never refused, since the sources are bounded themselves, but for a
  /// call that comes in while none is taken: the switch is told to refuse it.
  void submit(core::InputBody body);
  /// What a restart needs of a leg (telephony::Switch::Keeper). Goes into the store in the same
  /// commit as the inputs that are submitted right after it, or an earlier one; where several of a
  /// leg wait, the last. With `event_follows` it waits for that event and has no commit of its own.
  void keep(telephony::SavedLeg leg, bool event_follows = false);
  /// A registration that a restart needs, likewise.
  void keep(store::RegistrationChange change);
  /// A line of the audit that no journalled input is behind. Goes into the store within twice
  /// EngineConfig::record_delay_ms; lost, and counted, where the queue is full.
  void keep(store::AuditRow row);
  /// A request, from `address` (numeric; for the audit); `done` is called once, on the engine's
  /// thread, or at once when it is refused because the queue is full or the journal has failed.
  void request(core::RequestInput input, ReplyHandler done, std::string address = {});
  void run(Task task);
  /// Like run, with all records written before it.
  void run_after_flush(Task task);

  /// Empty when all is well, else why no new work is taken: the journal failed, a commit takes
  /// long, or no new calls are taken before the end.
  [[nodiscard]] std::string not_ready_reason() const;
  /// The time that inputs are stamped with now, in milliseconds since 1970.
  [[nodiscard]] core::TimeMs now_ms() const { return clock_.now(); }
  [[nodiscard]] const EngineStats& stats() const { return stats_; }
  /// The core's counters as of the last batch. Any thread.
  [[nodiscard]] core::Counters counters() const;
  /// Who and what is there, at most a second old. Any thread.
  [[nodiscard]] core::Census census() const;
  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  /// Whose leg it is. Between load() and start() only.
  [[nodiscard]] std::optional<core::LegOwner> owner_of(const core::LegId& leg) const {
    return center_.owner_of(leg);
  }
  /// CPU time of the engine's thread.
  [[nodiscard]] std::int64_t thread_cpu_ns() const;

 private:
  struct AskedRequest {
    core::RequestInput input;
    ReplyHandler done;
    std::string address;
  };
  struct QueuedTask {
    Task task;
    bool flush = false;
  };
  using Item = std::variant<core::InputBody, AskedRequest, QueuedTask, telephony::SavedLeg,
                            store::RegistrationChange, store::AuditRow>;

  void put(Item item, bool wake = true);
  void look_up(core::InputBody& body) const;
  void loop();
  void process(std::vector<Item>& items);
  [[nodiscard]] core::Input stamp(core::InputBody body, core::TimeMs now);
  void tell_of_clock();
  void collect(core::Outputs& outputs);
  void observe(const core::Output& output);
  void log_calls(const core::Outputs& outputs);
  /// Of a REFER, once it was applied: whose leg it came by.
  [[nodiscard]] std::optional<core::LegOwner> referrer_of(const core::Input& input) const;
  void dispatch();
  /// Writes all that wait.
  bool write_records();
  bool write(const store::Records& records);
  /// Does a write of the journal, and lets others see how long it takes; one of
  /// EngineConfig::slow_commit or more is logged as `what`. How long it took.
  std::chrono::steady_clock::duration commit(std::string_view what,
                                             const std::function<void()>& write);
  journal::Appended append(std::span<const core::Input> inputs, const store::Records& records,
                           const journal::KeptEventsRow* events = nullptr);
  void failed(const std::string& why);
  void take_census();
  [[nodiscard]] std::string why_slow() const;

  // engine_snapshots.cpp
  [[nodiscard]] std::string load_snapshot(std::vector<Published>& young, core::TimeMs since);
  void load_events(std::vector<Published>& young, core::TimeMs since);
  [[nodiscard]] std::string replay(std::vector<Published>& young, core::TimeMs since);
  [[nodiscard]] journal::Status forget_all_events();
  [[nodiscard]] std::string give_up_tail();
  void name_epoch(std::uint64_t first_index);
  [[nodiscard]] bool snapshot_due(core::TimeMs now) const;
  void begin_snapshot();
  void continue_snapshot();
  /// A slice of the events published so far, if there is enough of them for one.
  [[nodiscard]] std::optional<journal::KeptEventsRow> next_events();
  void forget_old_events();
  void write_last_snapshot();
  void refuse(const core::RequestInput& input, const ReplyHandler& done,
              const std::string& why) const;

  // Passed in.
  EngineConfig config_;
  journal::Journal& journal_;
  std::string epoch_;
  EventSink sink_;
  telephony::Switch* switch_ = nullptr;
  Observer* observer_ = nullptr;

  // The queue.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> queue_;
  bool rung_ = false;  // Something waits that the loop is to look at now.
  bool stopping_ = false;
  std::atomic<bool> draining_ = false;
  mutable EngineClock clock_;  // Has its own lock; being asked moves it on.
  /// When the commit under way began, in nanoseconds of the steady clock; 0: none is.
  std::atomic<std::int64_t> commit_began_ = 0;
  std::string failed_;
  core::Counters counters_;
  core::Census census_;
  std::thread thread_;
  EngineStats stats_;

  // The engine's thread only.
  core::ContactCenter center_;
  TimerQueue timers_;
  bool told_of_clock_ = false;
  core::TimeMs last_at_ = 0;  ///< Of the newest input.
  std::vector<std::uint64_t> entropy_;
  core::ReplyKey next_reply_ = 1;
  std::unordered_map<core::ReplyKey, ReplyHandler> waiting_;
  RecordQueue records_;
  PrivateDigits digits_;
  CommitPace pace_;
  std::vector<core::Command> commands_;
  std::vector<message::Event> events_;
  std::vector<core::Reply> replies_;
  KeptEvents kept_events_;
  std::size_t event_rows_put_ = 0;          ///< Of them, since old ones were forgotten.
  std::unique_ptr<SnapshotJob> snapshot_;   ///< While one is being written.
  std::uint64_t snapshot_records_ = 0;      ///< So many must have been taken before it counts.
  std::optional<core::TimeMs> census_due_;  ///< Something happened since the last one.
  std::uint64_t from_index_ = 0;            ///< The first input that the newest snapshot lacks.
  std::uint64_t inputs_since_ = 0;          ///< Since that one was begun; and their bytes.
  std::uint64_t bytes_since_ = 0;
  core::TimeMs oldest_since_ = 0;  ///< When the first of them came.
  std::string store_epoch_;
  std::uint64_t illegal_moves_ = 0;  ///< That the log has told.
};

}  // namespace baton::engine
