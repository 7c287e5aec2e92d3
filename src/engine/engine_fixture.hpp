#pragma once

// An engine on a real store, with a switch that confirms what it is told.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/test_center.hpp"
#include "engine/engine.hpp"
#include "journal/sqlite_journal.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::engine::testing {

/// Confirms what it is told at once, as a switch with perfect phones would: the real one is tested
/// in tests/sip.
class EagerSwitch final : public telephony::Switch {
 public:
  Engine* engine = nullptr;

  void submit(std::vector<core::Command> commands) override {
    for (const core::Command& command : commands) {
      {
        const std::lock_guard lock(mutex_);
        taken_.push_back(command);
      }
      seen_.notify_all();
      if (command.id == 0) continue;
      engine->submit(core::CommandResult{
          .command = command.id, .ok = true, .code = 0, .text = {}, .failed_leg = {}});
      if (const auto* dial = std::get_if<core::DialLeg>(&command.body)) {
        engine->submit(core::LegRinging{dial->leg});
        engine->submit(core::LegAnswered{dial->leg});
      }
      if (const auto* end = std::get_if<core::EndLeg>(&command.body)) {
        engine->submit(
            core::LegEnded{.leg = end->leg, .cause = core::EndCause::local, .code = 0, .text = {}});
      }
    }
  }
  [[nodiscard]] message::Capabilities capabilities() const override { return {}; }

  template <class T>
  bool wait_for() {
    std::unique_lock lock(mutex_);
    return seen_.wait_for(lock, std::chrono::seconds(10), [this] {
      return std::ranges::any_of(taken_,
                                 [](const auto& c) { return std::holds_alternative<T>(c.body); });
    });
  }
  std::vector<core::Command> taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable seen_;
  std::vector<core::Command> taken_;
};

/// The real journal until it is told to fail, as a disk that fills up does.
class FailingJournal final : public journal::Journal {
 public:
  explicit FailingJournal(journal::Journal& real) : real_(real) {}
  std::atomic<bool> fail{false};
  /// Called on the engine's thread after each append that worked: records without inputs, or not.
  std::function<void(bool records_alone)> appended;

  using journal::Journal::append;
  journal::Appended append(std::span<const core::Input> inputs, const journal::Records& records,
                           const journal::KeptEventsRow* events) override {
    if (!fail) {
      journal::Appended result = real_.append(inputs, records, events);
      if (appended) appended(inputs.empty() && !records.empty());
      return result;
    }
    error_ = "database or disk is full";
    return {.status = store::Status::failure(error_), .first_index = 0, .commit_time = {}};
  }
  journal::Replayed replay(
      std::uint64_t from,
      const std::function<void(std::uint64_t, const core::Input&)>& apply) override {
    return real_.replay(from, apply);
  }
  store::Status truncate_before(std::uint64_t index) override {
    return real_.truncate_before(index);
  }
  store::Status put_snapshot_part(std::uint64_t next_index, std::uint64_t part,
                                  std::string_view body) override {
    return real_.put_snapshot_part(next_index, part, body);
  }
  store::Status finish_snapshot(const journal::SnapshotMark& mark) override {
    return real_.finish_snapshot(mark);
  }
  [[nodiscard]] journal::LoadedSnapshot load_snapshot() override { return real_.load_snapshot(); }
  store::Status put_events(const journal::KeptEventsRow& row) override {
    return real_.put_events(row);
  }
  store::Status forget_events_to_come() override { return real_.forget_events_to_come(); }
  [[nodiscard]] std::vector<journal::KeptEventsRow> load_events(std::int64_t since) override {
    return real_.load_events(since);
  }
  journal::Forgotten forget_events(std::int64_t before, std::size_t max_bytes,
                                   std::size_t rows) override {
    return real_.forget_events(before, max_bytes, rows);
  }
  journal::Forgotten forget_superseded(std::size_t rows) override {
    return real_.forget_superseded(rows);
  }
  [[nodiscard]] std::uint64_t first_index() const override { return real_.first_index(); }
  [[nodiscard]] std::uint64_t last_index() const override { return real_.last_index(); }
  [[nodiscard]] const std::string& failed() const override {
    return error_.empty() ? real_.failed() : error_;
  }

 private:
  journal::Journal& real_;
  std::string error_;
};

/// An engine that can be closed and opened again on the same file.
struct EngineTest : ::testing::Test {
  store::TempFolder folder;
  std::optional<store::Store> store;
  std::optional<journal::SqliteJournal> real;
  std::optional<FailingJournal> journal;
  std::mutex mutex;
  std::vector<Published> events;
  std::function<void()> published;  ///< Called on the engine's thread with each batch of events.
  EagerSwitch phones;
  std::optional<Engine> engine;
  EngineConfig config{.version = "test", .look_up_number = core::testing::facts_of};
  std::string journal_version = "test";

  void open() {
    store.emplace(store::Store::open(path(), "baton"));
    real.emplace(*store, journal_version);
    journal.emplace(*real);
    engine.emplace(config, *journal, store->epoch(), [this](std::vector<Published> more) {
      const std::lock_guard lock(mutex);
      for (Published& each : more) events.push_back(std::move(each));
      if (published) published();
    });
    phones.engine = &*engine;
    engine->set_switch(&phones);
  }
  void open_and_start() {
    open();
    ASSERT_EQ(engine->load(), "");
    ASSERT_EQ(engine->start(first()), "");
  }
  void close() {
    engine.reset();
    journal.reset();
    real.reset();
    store.reset();
  }
  [[nodiscard]] std::string path() const { return folder.file("baton.db"); }
  static std::vector<core::InputBody> first() {
    std::vector<core::InputBody> bodies;
    bodies.emplace_back(
        core::Started{.version = "test", .adopted_legs = {}, .reachable_phones = {}});
    bodies.emplace_back(core::PolicyChanged{});
    bodies.emplace_back(core::DirectoryChanged{core::testing::small_directory()});
    return bodies;
  }
  core::Reply ask(const std::string& agent, message::RequestKind kind,
                  message::Request request = {}) {
    request.kind = kind;
    request.topic = "InboundCall";
    std::promise<core::Reply> answer;
    engine->request({.reply = 0,
                     .caller = agent,
                     .role = directory::Role::agent,
                     .agent = agent,
                     .request = request},
                    [&answer](const core::Reply& reply) { answer.set_value(reply); });
    return answer.get_future().get();
  }
  /// What the core holds, once everything before this call has been applied.
  std::string dump() {
    std::promise<std::string> text;
    engine->run([&text](core::ContactCenter& center) { text.set_value(center.dump()); });
    return text.get_future().get();
  }
  std::string settled_dump() {
    std::string before = dump();
    for (;;) {
      std::string after = dump();
      if (after == before) return after;
      before = std::move(after);
    }
  }
  void sign_in(const std::string& agent) {
    engine->submit(core::PhoneReachable{.login = agent, .reachable = true});
    ASSERT_TRUE(ask(agent, message::RequestKind::login).accepted);
    message::Request available;
    available.state =
        message::AgentStateRef{.label = "Available", .code = "Available", .type = "routable"};
    ASSERT_TRUE(ask(agent, message::RequestKind::update_state, available).accepted);
  }
  void call_in(std::uint64_t number) {
    core::LegIncoming incoming;
    incoming.leg = {.high = 0x4000, .low = 0x8000000000000000ULL + number};
    incoming.to_number = core::testing::kInbound;
    incoming.presentation.from_number = "+16175550123";
    engine->submit(incoming);
  }
  /// The first call waits for its agent to answer.
  void call_is_offered() {
    sign_in("agent1");
    call_in(1);
    ASSERT_TRUE(phones.wait_for<core::AnswerLeg>());
    (void)settled_dump();
  }
  /// And he has.
  void agent_talks() {
    call_is_offered();
    ASSERT_TRUE(ask("agent1", message::RequestKind::answer).accepted);
    ASSERT_TRUE(phones.wait_for<core::BridgeLegs>());
    (void)settled_dump();
  }
};

}  // namespace baton::engine::testing
