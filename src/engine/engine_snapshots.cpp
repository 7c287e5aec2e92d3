// What a process goes on with: the newest snapshot and the journal behind it, and how the next
// snapshot is made (docs/journal-format.md, "Snapshots").

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>
#include <utility>

#include "engine/audit.hpp"
#include "engine/engine.hpp"
#include "engine/wall_clock.hpp"

namespace baton::engine {

namespace {

/// Longer than any commit, for which records wait beyond their own time.
constexpr core::TimeMs kLongestCommit = 60'000;

/// Rows of events that are put before old ones are forgotten, since that is a commit of its own.
constexpr std::size_t kForgetEvery = 8;

std::uint64_t nanoseconds_since(std::chrono::steady_clock::time_point began) {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
}

}  // namespace

std::string Engine::load() {
  const core::TimeMs since =
      wall_clock() - static_cast<core::TimeMs>(config_.replay_events_seconds) * 1000;
  std::vector<Published> young;
  name_epoch(journal_.first_index());
  if (const auto status = journal_.forget_events_to_come(); !status.ok()) return status.error;
  if (std::string error = load_snapshot(young, since); !error.empty()) return error;
  if (std::string error = replay(young, since); !error.empty()) return error;
  clock_.not_before(last_at_);
  if (!young.empty()) sink_(std::move(young));
  return {};
}

void Engine::name_epoch(std::uint64_t first_index) {
  // Where the sequences began anew, a desktop must not take them for the old ones.
  epoch_ = store_epoch_;
  if (first_index > 1) epoch_ += '.' + std::to_string(first_index);
}

std::string Engine::load_snapshot(std::vector<Published>& young, core::TimeMs since) {
  journal::LoadedSnapshot saved = journal_.load_snapshot();
  if (saved.kind == journal::LoadedSnapshot::Kind::none) return {};
  if (saved.kind != journal::LoadedSnapshot::Kind::whole) return saved.error;

  const auto began = std::chrono::steady_clock::now();
  SavedEngine head;
  std::string error;
  if (saved.mark.format != kSnapshotParts) {
    error = "it has format " + std::to_string(saved.mark.format) + ", this program reads format " +
            std::to_string(kSnapshotParts);
  } else if (saved.parts.empty()) {
    error = "it is empty";
  } else {
    error = decode(saved.parts.front(), head);
  }
  std::string state;
  for (std::size_t i = 1; i < saved.parts.size(); ++i) {
    state += saved.parts[i];
    saved.parts[i] = {};
  }
  if (error.empty()) error = center_.load(state);
  if (!error.empty()) {
    // Whole, and yet not to be read: the program that wrote it knows more, or this one knows less.
    return "the snapshot of Baton " + saved.mark.version + " cannot be read by this one, " +
           config_.version + ": " + error +
           "; run the one that wrote it, or begin anew with another store.path";
  }
  last_at_ = head.last_at;
  from_index_ = saved.mark.next_index;
  if (head.epoch.starts_with(store_epoch_)) {
    epoch_ = head.epoch;
    load_events(young, since);
  } else if (const auto forgotten = forget_all_events(); !forgotten.ok()) {
    // A backup's, whose events name the epoch of before.
    return forgotten.error;
  }
  spdlog::info("journal: the snapshot of Baton {} before input {} ({} bytes) was read in {} ms",
               saved.mark.version, from_index_, state.size(), nanoseconds_since(began) / 1'000'000);
  return {};
}

void Engine::load_events(std::vector<Published>& young, core::TimeMs since) {
  const std::vector<journal::KeptEventsRow> rows = journal_.load_events(since);
  // The newest first, since unpacked they may be more than are kept.
  std::size_t bytes = 0;
  for (auto row = rows.rbegin(); row != rows.rend() && bytes < config_.kept_event_bytes; ++row) {
    std::vector<Published> events;
    // A desktop that misses one gets the state instead.
    if (!decode_events(row->body, events)) continue;
    for (auto each = events.rbegin(); each != events.rend(); ++each) {
      if (each->at < since) continue;
      bytes += each->text->size();
      young.push_back(std::move(*each));
    }
  }
  std::ranges::reverse(young);
}

std::string Engine::replay(std::vector<Published>& young, core::TimeMs since) {
  if (from_index_ != 0 && journal_.first_index() > from_index_) {
    return "inputs " + std::to_string(from_index_) + " to " +
           std::to_string(journal_.first_index() - 1) + " are missing; restore a backup";
  }
  const auto began = std::chrono::steady_clock::now();
  std::vector<Published> again;
  // What may have waited for its commit when the process died. By the journal's time, since that
  // may have been long ago.
  struct Unwritten {
    core::TimeMs at = 0;
    std::vector<store::AuditRow> audit;
    core::Outputs records;
  };
  std::deque<Unwritten> unwritten;
  const core::TimeMs longest_wait = kLongestCommit + core::TimeMs{2} * config_.record_delay_ms;
  core::Outputs outputs;
  const journal::Replayed replayed =
      journal_.replay(from_index_, [&](std::uint64_t, const core::Input& input) {
        if (oldest_since_ == 0) oldest_since_ = input.at;
        outputs.clear();
        center_.apply(input, outputs);
        last_at_ = std::max(last_at_, input.at);
        Unwritten& late =
            unwritten.emplace_back(Unwritten{.at = last_at_, .audit = {}, .records = {}});
        audit_of(input, outputs, {}, referrer_of(input),
                 [&late](store::AuditRow row) { late.audit.push_back(std::move(row)); });
        for (core::Output& output : outputs) {
          if (RecordQueue::takes(output)) late.records.push_back(std::move(output));
        }
        if (late.audit.empty() && late.records.empty()) unwritten.pop_back();
        while (!unwritten.empty() && unwritten.front().at < last_at_ - longest_wait) {
          unwritten.pop_front();
        }
        if (input.at < since) return;
        for (const core::Output& output : outputs) {
          const auto* publish = std::get_if<core::Publish>(&output);
          if (publish == nullptr) continue;
          again.push_back(
              {.agent = publish->event.agent,
               .sequence = publish->event.sequence.value_or(0),
               .at = input.at,
               .text = std::make_shared<std::string>(message::print(publish->event, epoch_))});
        }
      });
  using Kind = journal::Replayed::Kind;
  if (replayed.kind == Kind::corrupt || replayed.kind == Kind::io) return replayed.error;
  for (Unwritten& late : unwritten) {
    for (store::AuditRow& row : late.audit) records_.keep(std::move(row), last_at_);
    for (core::Output& output : late.records) records_.keep(output, last_at_);
  }
  inputs_since_ = replayed.count;
  bytes_since_ = replayed.bytes;
  if (replayed.count > 0) {
    spdlog::info("journal: {} inputs were replayed in {} ms", replayed.count,
                 nanoseconds_since(began) / 1'000'000);
  }
  if (replayed.kind == Kind::complete) {
    for (Published& each : again) {
      kept_events_.add(each);
      young.push_back(std::move(each));
    }
    return {};
  }

  const std::uint64_t lost = journal_.last_index() + 1 - replayed.next_index;
  if (replayed.kind == Kind::torn) {
    spdlog::error(
        "journal: {}. The torn end is cut off: the last {} inputs are given up, and the state is "
        "that before them. Look for what they did in the records and the log.",
        replayed.error, lost);
  } else if (from_index_ == 0) {
    // No snapshot to start from: it was never finished.
    spdlog::warn("journal: {} The state starts anew: agents sign in again.", replayed.error);
    center_ = core::ContactCenter();
    records_.clear();
  } else {
    spdlog::warn(
        "journal: {} The state is that of the snapshot: the {} inputs after it are given up. Stop "
        "a server with SIGTERM or SIGUSR1 before an upgrade, and there are none.",
        replayed.error, lost);
  }
  young.clear();
  return give_up_tail();
}

journal::Status Engine::forget_all_events() {
  return journal_.forget_events(last_at_ + 1, 0, std::numeric_limits<std::size_t>::max()).status;
}

std::string Engine::give_up_tail() {
  // What was given up may have been told, under sequences that now come again.
  const std::uint64_t next = journal_.last_index() + 1;
  name_epoch(next);
  if (const auto forgotten = forget_all_events(); !forgotten.ok()) return forgotten.error;
  SnapshotJob job({.next_index = next, .format = kSnapshotParts, .version = config_.version},
                  encode(SavedEngine{.epoch = epoch_, .last_at = last_at_}), center_.save(),
                  kept_events_.take(),
                  {.events_since = 0, .event_bytes = config_.kept_event_bytes});
  while (!job.finished()) {
    if (const auto status = job.step(journal_); !status.ok()) return status.error;
  }
  if (const auto status = journal_.truncate_before(next); !status.ok()) return status.error;
  from_index_ = next;
  inputs_since_ = 0;
  bytes_since_ = 0;
  return {};
}

std::optional<journal::KeptEventsRow> Engine::next_events() {
  if (kept_events_.bytes() < config_.event_slice_bytes) return std::nullopt;
  return kept_events_.take_slice(config_.event_slice_bytes, journal_.last_index() + 1);
}

void Engine::forget_old_events() {
  if (++event_rows_put_ < kForgetEvery) return;
  event_rows_put_ = 0;
  const core::TimeMs since =
      clock_.now() - static_cast<core::TimeMs>(config_.replay_events_seconds) * 1000;
  // More than were put, so that what is too much goes in the end.
  const journal::Forgotten forgotten =
      journal_.forget_events(since, config_.kept_event_bytes, 2 * kForgetEvery);
  if (!forgotten.status.ok()) failed(forgotten.status.error);
}

bool Engine::snapshot_due(core::TimeMs now) const {
  if (inputs_since_ == 0 || !journal_.failed().empty()) return false;
  return inputs_since_ >= config_.snapshot_inputs || bytes_since_ >= config_.snapshot_bytes ||
         now - oldest_since_ >= config_.snapshot_age.count();
}

void Engine::begin_snapshot() {
  const auto began = std::chrono::steady_clock::now();
  const core::TimeMs since =
      clock_.now() - static_cast<core::TimeMs>(config_.replay_events_seconds) * 1000;
  snapshot_ = std::make_unique<SnapshotJob>(
      journal::SnapshotMark{.next_index = journal_.last_index() + 1,
                            .format = kSnapshotParts,
                            .version = config_.version},
      encode(SavedEngine{.epoch = epoch_, .last_at = last_at_}), center_.save(),
      kept_events_.take(),
      SnapshotJob::Limits{.events_since = since, .event_bytes = config_.kept_event_bytes});
  snapshot_records_ = records_.kept();
  inputs_since_ = 0;
  bytes_since_ = 0;
  stats_.snapshot_save_ns = nanoseconds_since(began);
  stats_.snapshot_slice_ns = 0;
  stats_.snapshot_bytes = snapshot_->bytes();
}

void Engine::continue_snapshot() {
  if (snapshot_->written() && records_.taken() < snapshot_records_) {
    // What its inputs had to say is said by nobody once they are forgotten.
    store::Records records;
    records_.take_first(config_.records_limit, last_at_, records);
    write(records);
    return;
  }
  const bool counted = snapshot_->finished();
  journal::Status status;
  const auto taken = commit("a part of a snapshot", [&] { status = snapshot_->step(journal_); });
  stats_.snapshot_slice_ns =
      std::max(stats_.snapshot_slice_ns.load(),
               static_cast<std::uint64_t>(taken / std::chrono::nanoseconds(1)));
  if (!status.ok()) {
    failed(status.error);
    return;
  }
  if (!counted && snapshot_->finished()) {
    from_index_ = snapshot_->next_index();
    stats_.snapshots.fetch_add(1, std::memory_order_relaxed);
    spdlog::debug("journal: a snapshot of {} bytes before input {}; inputs waited {} us for it",
                  snapshot_->bytes(), from_index_, stats_.snapshot_save_ns / 1000);
  }
  if (snapshot_->over()) snapshot_.reset();
}

void Engine::write_last_snapshot() {
  if (!config_.snapshot_at_stop || !journal_.failed().empty()) return;
  // One under way is finished first: its events are on their way to the disk, too.
  while (snapshot_) continue_snapshot();
  if (!journal_.failed().empty() || from_index_ == journal_.last_index() + 1) return;
  begin_snapshot();
  while (snapshot_) continue_snapshot();
}

}  // namespace baton::engine
