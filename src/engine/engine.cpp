#include "engine/engine.hpp"

#include <openssl/rand.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <ctime>
#include <utility>

#include "core/number_facts.hpp"
#include "engine/audit.hpp"
#include "engine/call_log.hpp"
#include "engine/core_wait.hpp"
#include "memory/lifetime.hpp"

namespace baton::engine {
namespace {

constexpr core::TimeMs kCensusEveryMs = 1000;
/// A leap second is no news.
constexpr core::TimeMs kClockAheadMs = 5000;

}  // namespace

Engine::Engine(EngineConfig config, journal::Journal& journal, std::string epoch, EventSink events)
    : config_(std::move(config)),
      journal_(journal),
      epoch_(std::move(epoch)),
      sink_(std::move(events)),
      records_(config_.record_delay_ms, config_.records_limit),
      pace_(config_.commit_pace, config_.commit_flow, config_.commit_wait, waited_for_core),
      kept_events_(config_.kept_event_bytes,
                   static_cast<core::TimeMs>(config_.replay_events_seconds) * 1000),
      store_epoch_(epoch_) {}

Engine::~Engine() { stop(); }

std::string Engine::start(std::vector<core::InputBody> first) {
  illegal_moves_ = center_.counters().illegal_moves;
  std::vector<Item> items;
  for (core::InputBody& body : first) {
    look_up(body);
    items.emplace_back(std::move(body));
  }
  process(items);
  if (!journal_.failed().empty()) return journal_.failed();
  take_census();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "baton-engine");
    loop();
  });
  return {};
}

void Engine::drain() { draining_ = true; }

void Engine::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Engine::put(Item item, bool wake) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    queue_.push_back(std::move(item));
    if (!wake || std::exchange(rung_, true)) return;
  }
  wake_.notify_one();
}

void Engine::look_up(core::InputBody& body) const {
  if (config_.look_up_number) core::look_up_numbers(body, config_.look_up_number);
}

void Engine::submit(core::InputBody body) {
  if (const auto* call = std::get_if<core::LegIncoming>(&body)) {
    const bool slow = !why_slow().empty();
    if (slow) stats_.refused_slow.fetch_add(1, std::memory_order_relaxed);
    if (slow || draining_) {
      if (switch_ == nullptr) return;
      std::vector<core::Command> refusal{
          {.id = 0, .body = core::EndLeg{.leg = call->leg, .code = 503, .text = "Out of service"}}};
      switch_->submit(std::move(refusal));
      return;
    }
  }
  look_up(body);
  put(std::move(body));
}

void Engine::keep(telephony::SavedLeg leg, bool event_follows) {
  put(std::move(leg), !event_follows);
}

void Engine::keep(store::RegistrationChange change) { put(std::move(change)); }

void Engine::keep(store::AuditRow row) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (queue_.size() >= config_.queue_limit) {
      stats_.audit_lost.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    queue_.emplace_back(std::move(row));
    if (std::exchange(rung_, true)) return;
  }
  wake_.notify_one();
}

void Engine::request(core::RequestInput input, ReplyHandler done, std::string address) {
  if (config_.look_up_number) core::look_up_numbers(input, config_.look_up_number);
  std::unique_lock lock(mutex_);
  std::string why;
  if (stopping_) {
    why = "the server is stopping; try again in a moment";
  } else if (!failed_.empty()) {
    why = "the journal cannot be written: " + failed_;
  } else if (why = why_slow(); !why.empty()) {
    stats_.refused_slow.fetch_add(1, std::memory_order_relaxed);
  } else if (draining_ && input.request.kind == message::RequestKind::make_call) {
    why = "the server is about to stop and takes no new calls";
  } else if (queue_.size() >= config_.queue_limit) {
    why = "the server is overloaded: " + std::to_string(config_.queue_limit) +
          " inputs wait; try again in a moment";
    stats_.refused_full.fetch_add(1, std::memory_order_relaxed);
  }
  if (!why.empty()) {
    lock.unlock();
    refuse(input, done, why);
    return;
  }
  queue_.emplace_back(AskedRequest{std::move(input), std::move(done), std::move(address)});
  if (std::exchange(rung_, true)) return;
  lock.unlock();
  wake_.notify_one();
}

void Engine::run(Task task) {
  {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back(QueuedTask{std::move(task), false});
    rung_ = true;
  }
  wake_.notify_one();
}

void Engine::run_after_flush(Task task) {
  {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back(QueuedTask{std::move(task), true});
    rung_ = true;
  }
  wake_.notify_one();
}

std::string Engine::not_ready_reason() const {
  const std::lock_guard lock(mutex_);
  if (!failed_.empty()) return "the journal cannot be written: " + failed_;
  if (std::string slow = why_slow(); !slow.empty()) return slow;
  if (!draining_) return {};
  return "draining: no new calls are taken, " + std::to_string(counters_.legs_open) +
         " legs are up";
}

std::string Engine::why_slow() const {
  const std::int64_t began = commit_began_.load(std::memory_order_relaxed);
  if (began == 0) return {};
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch() - std::chrono::nanoseconds(began));
  if (taken < config_.slow_commit) return {};
  return "the disk is slow: a commit of the journal has taken " + std::to_string(taken.count()) +
         " ms so far";
}

core::Census Engine::census() const {
  const std::lock_guard lock(mutex_);
  return census_;
}

void Engine::take_census() {
  core::Census now = center_.census();
  census_due_.reset();
  const std::lock_guard lock(mutex_);
  census_ = std::move(now);
}

core::Counters Engine::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

std::int64_t Engine::thread_cpu_ns() const {
  clockid_t clock{};
  if (!thread_.joinable() ||
      pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0) {
    return 0;
  }
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return 0;
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

void Engine::refuse(const core::RequestInput& input, const ReplyHandler& done,
                    const std::string& why) const {
  core::Reply reply;
  reply.accepted = false;
  reply.request_id = input.request.id;
  message::ApiError error;
  error.error_type = message::error_type(input.request);
  error.error_message = message::error_message(error.error_type);
  error.msg = why;
  error.reason = message::Reason::backendUnavailable;
  error.retryable = true;
  error.suggested_action = "Try again in a moment.";
  reply.error = std::move(error);
  done(reply);
}

core::Input Engine::stamp(core::InputBody body, core::TimeMs now) {
  if (entropy_.size() < 2) {
    entropy_.resize(512);
    if (RAND_bytes(reinterpret_cast<unsigned char*>(entropy_.data()),
                   static_cast<int>(entropy_.size() * sizeof(std::uint64_t))) != 1) {
      // OpenSSL has no randomness to give: identifiers must still differ from each other.
      for (std::size_t i = 0; i < entropy_.size(); ++i) {
        entropy_[i] = static_cast<std::uint64_t>(
                          std::chrono::steady_clock::now().time_since_epoch().count()) +
                      i;
      }
    }
  }
  core::Input input;
  input.at = now;
  input.entropy_high = entropy_.back();
  entropy_.pop_back();
  input.entropy_low = entropy_.back();
  entropy_.pop_back();
  input.body = std::move(body);
  return input;
}

void Engine::loop() {
  std::vector<Item> items;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto ready = [this] { return rung_ || stopping_; };
      std::optional<core::TimeMs> due = timers_.next();
      if (!records_.empty() && (!due || *records_.next() < *due)) due = records_.next();
      if (census_due_ && (!due || *census_due_ < *due)) due = census_due_;
      if (snapshot_) {
        // Its next slice is written as soon as nothing else waits.
      } else if (due) {
        const core::TimeMs wait = std::max<core::TimeMs>(*due - clock_.now(), 0);
        wake_.wait_for(lock, std::chrono::milliseconds(wait), ready);
      } else {
        wake_.wait(lock, ready);
      }
      // Nobody is woken in vain meanwhile: submit() only wakes for the first of a queue.
      if (!queue_.empty() && pace_.next() > std::chrono::steady_clock::now()) {
        wake_.wait_until(lock, pace_.next(), [this] { return stopping_; });
      }
      if (queue_.size() <= config_.batch_limit) {
        items.swap(queue_);
      } else {
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(config_.batch_limit);
        items.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
        queue_.erase(queue_.begin(), end);
      }
      rung_ = !queue_.empty();
      stats_.queue_depth.store(queue_.size(), std::memory_order_relaxed);
      if (items.empty() && stopping_) break;
    }
    const core::TimeMs now = clock_.now();
    tell_of_clock();
    for (const core::TimerId timer : timers_.take_due(now, config_.batch_limit)) {
      items.emplace_back(core::InputBody{core::TimerFired{timer}});
    }
    const bool idle = items.empty();
    // Legs and the like come beside inputs and cost no commit of their own.
    pace_.batch(std::chrono::steady_clock::now(),
                static_cast<std::size_t>(std::ranges::count_if(items, [](const Item& item) {
                  return std::holds_alternative<core::InputBody>(item) ||
                         std::holds_alternative<AskedRequest>(item);
                })));
    process(items);
    items.clear();
    // While inputs flow, records go with their commits.
    if (idle && !records_.empty() && now >= *records_.next()) {
      store::Records records;
      records_.take_due(now, config_.idle_records_limit, records);
      write(records);
    }
    if (census_due_ && now >= *census_due_) take_census();
    if (snapshot_) {
      continue_snapshot();
    } else if (snapshot_due(now)) {
      begin_snapshot();
    }
  }
  write_records();
  write_last_snapshot();
}

std::chrono::steady_clock::duration Engine::commit(std::string_view what,
                                                   const std::function<void()>& write) {
  const auto began = std::chrono::steady_clock::now();
  commit_began_.store(began.time_since_epoch() / std::chrono::nanoseconds(1),
                      std::memory_order_relaxed);
  write();
  commit_began_.store(0, std::memory_order_relaxed);
  const auto taken = std::chrono::steady_clock::now() - began;
  if (taken >= config_.slow_commit) {
    spdlog::warn("journal: {} took {} ms, the disk is slow: new calls were refused meanwhile", what,
                 std::chrono::duration_cast<std::chrono::milliseconds>(taken).count());
  }
  return taken;
}

journal::Appended Engine::append(std::span<const core::Input> inputs, const store::Records& records,
                                 const journal::KeptEventsRow* events) {
  journal::Appended appended;
  const auto taken =
      commit("a commit", [&] { appended = journal_.append(inputs, records, events); });
  if (!appended.status.ok()) failed(appended.status.error);
  if (inputs_since_ == 0 && !inputs.empty()) oldest_since_ = inputs.front().at;
  if (observer_ != nullptr && appended.status.ok()) observer_->committed(taken);
  inputs_since_ += inputs.size();
  bytes_since_ += appended.bytes;
  return appended;
}

void Engine::failed(const std::string& why) {
  snapshot_.reset();
  const std::lock_guard lock(mutex_);
  if (failed_.empty()) spdlog::critical("journal: nothing more is taken: {}", why);
  failed_ = why;
}

void Engine::tell_of_clock() {
  const core::TimeMs ahead = clock_.ahead();
  if (ahead == 0) told_of_clock_ = false;
  if (ahead < kClockAheadMs || std::exchange(told_of_clock_, true)) return;
  spdlog::warn(
      "the clock was set back, or was wrong when the journal's newest input came: times in events, "
      "records and the audit are {} s ahead of it, by 1 s less each {} s; check the time "
      "service. Deadlines go on.",
      ahead / 1000, EngineClock::kLeaveOut);
}

void Engine::process(std::vector<Item>& items) {
  const core::TimeMs now = clock_.now();
  std::vector<core::Input> inputs;
  inputs.reserve(items.size());
  store::Records records;
  for (Item& item : items) {
    if (auto* body = std::get_if<core::InputBody>(&item)) {
      inputs.push_back(stamp(std::move(*body), now));
    } else if (auto* asked = std::get_if<AskedRequest>(&item)) {
      asked->input.reply = next_reply_++;
      digits_.take_from(asked->input);
      waiting_.emplace(asked->input.reply, std::move(asked->done));
      inputs.push_back(stamp(std::move(asked->input), now));
    } else if (auto* leg = std::get_if<telephony::SavedLeg>(&item)) {
      records.legs.push_back({.leg = to_string(leg->leg), .state = std::move(leg->state)});
    } else if (auto* change = std::get_if<store::RegistrationChange>(&item)) {
      records.registrations.push_back(std::move(*change));
    } else if (auto* row = std::get_if<store::AuditRow>(&item)) {
      records_.keep(std::move(*row), now);
    }
  }

  if (!inputs.empty()) last_at_ = now;

  bool durable = true;
  if (!inputs.empty() || !records.empty()) {
    records_.take_due(now, config_.records_limit, records);
    const std::optional<journal::KeptEventsRow> events = next_events();
    const journal::Appended appended = append(inputs, records, events ? &*events : nullptr);
    durable = appended.status.ok();
    if (durable) {
      const auto ns = static_cast<std::uint64_t>(appended.commit_time.count());
      stats_.commit_ns_total.fetch_add(ns, std::memory_order_relaxed);
      const auto bucket =
          std::min<std::size_t>(std::bit_width(ns / 1000), stats_.commit_us_log2.size() - 1);
      stats_.commit_us_log2[bucket].fetch_add(1, std::memory_order_relaxed);
      stats_.batches.fetch_add(1, std::memory_order_relaxed);
      stats_.inputs.fetch_add(inputs.size(), std::memory_order_relaxed);
      if (events) forget_old_events();
    }
  }

  // In the order in which things came: a task sees all that was before it, and nothing after.
  core::Outputs outputs;
  auto input = inputs.begin();
  for (Item& item : items) {
    if (auto* queued = std::get_if<QueuedTask>(&item)) {
      dispatch();
      if (queued->flush) write_records();
      queued->task(center_);
      continue;
    }
    if (std::holds_alternative<telephony::SavedLeg>(item) ||
        std::holds_alternative<store::RegistrationChange>(item) ||
        std::holds_alternative<store::AuditRow>(item)) {
      continue;
    }
    const core::Input& next = *input++;
    if (durable) {
      outputs.clear();
      center_.apply(next, outputs);
      log_calls(outputs);
      if (const auto* asked = std::get_if<core::RequestInput>(&next.body))
        digits_.give_to(*asked, outputs);
      const auto* request = std::get_if<AskedRequest>(&item);
      audit_of(next, outputs, request == nullptr ? std::string() : request->address,
               referrer_of(next),
               [this](store::AuditRow row) { records_.keep(std::move(row), last_at_); });
      collect(outputs);
      continue;
    }
    // Not in the journal, so it did not happen: what would start something is refused, running
    // calls go on.
    if (const auto* asked = std::get_if<core::RequestInput>(&next.body)) {
      outputs.clear();
      digits_.give_to(*asked, outputs);
      const auto handler = waiting_.extract(asked->reply);
      if (!handler.empty())
        refuse(*asked, handler.mapped(), "the journal cannot be written: " + not_ready_reason());
    } else if (const auto* call = std::get_if<core::LegIncoming>(&next.body)) {
      commands_.push_back(
          {.id = 0, .body = core::EndLeg{.leg = call->leg, .code = 503, .text = "Out of service"}});
    } else if (const auto* ended = std::get_if<core::LegEnded>(&next.body)) {
      for (const core::LegId& leg : center_.ends_with(ended->leg)) {
        commands_.push_back({.id = 0, .body = core::EndLeg{.leg = leg, .code = 0, .text = {}}});
      }
    }
  }
  dispatch();
  if (!inputs.empty() && !census_due_) census_due_ = last_at_ + kCensusEveryMs;
}

void Engine::collect(core::Outputs& outputs) {
  for (core::Output& output : outputs) {
    if (auto* command = std::get_if<core::Command>(&output)) {
      commands_.push_back(std::move(*command));
    } else if (auto* publish = std::get_if<core::Publish>(&output)) {
      events_.push_back(std::move(publish->event));
    } else if (auto* reply = std::get_if<core::Reply>(&output)) {
      replies_.push_back(std::move(*reply));
    } else if (const auto* arm = std::get_if<core::ArmTimer>(&output)) {
      timers_.arm(arm->timer, arm->at);
    } else if (const auto* cancel = std::get_if<core::CancelTimer>(&output)) {
      timers_.cancel(cancel->timer);
    } else {
      if (observer_ != nullptr) observe(output);
      records_.keep(output, last_at_);
    }
  }
}

std::optional<core::LegOwner> Engine::referrer_of(const core::Input& input) const {
  const auto* refer = std::get_if<core::LegRefer>(&input.body);
  return refer == nullptr ? std::nullopt : center_.owner_of(refer->leg);
}

void Engine::log_calls(const core::Outputs& outputs) {
  const message::TransferView* last = nullptr;
  for (const core::Output& output : outputs) {
    const auto* stored = std::get_if<core::StoreTransfer>(&output);
    if (stored == nullptr) continue;
    last = stored->transfer.get();
    log_step(*last);
  }
  if (last == nullptr) return;
  const std::uint64_t illegal = center_.counters().illegal_moves;
  if (illegal != std::exchange(illegal_moves_, illegal)) log_illegal_move(*last);
}

void Engine::observe(const core::Output& output) {
  if (const auto* transfer = std::get_if<core::StoreTransfer>(&output)) {
    observer_->transfer_moved(*transfer->transfer);
  } else if (const auto* left = std::get_if<core::LeftQueue>(&output)) {
    observer_->queue_left(*left);
  }
}

void Engine::dispatch() {
  {
    // Who is told of something finds it counted.
    const std::lock_guard lock(mutex_);
    counters_ = center_.counters();
  }
  // The phones first: printing for desktops can wait a few microseconds, a customer should not.
  if (!commands_.empty() && switch_ != nullptr) {
    stats_.commands.fetch_add(commands_.size(), std::memory_order_relaxed);
    switch_->submit(std::move(commands_));
  }
  commands_ = {};
  if (!events_.empty()) {
    // Packed or forgotten within a minute (gateway::EventLog, KeptEvents), unlike the contacts.
    const memory::Hint passes(memory::short_lived_new, true);
    std::vector<Published> published;
    published.reserve(events_.size());
    for (const message::Event& event : events_) {
      published.push_back({.agent = event.agent,
                           .sequence = event.sequence.value_or(0),
                           .at = last_at_,
                           .text = std::make_shared<std::string>(message::print(event, epoch_))});
      kept_events_.add(published.back());
    }
    stats_.events.fetch_add(published.size(), std::memory_order_relaxed);
    events_.clear();
    sink_(std::move(published));
  }
  for (const core::Reply& reply : replies_) {
    const auto handler = waiting_.extract(reply.key);
    if (!handler.empty()) handler.mapped()(reply);
  }
  replies_.clear();
}

bool Engine::write_records() {
  store::Records records;
  records_.take_all(last_at_, records);
  return write(records);
}

bool Engine::write(const store::Records& records) {
  return records.empty() || append({}, records).status.ok();
}

}  // namespace baton::engine
