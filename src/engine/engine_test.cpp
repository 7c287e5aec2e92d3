#include "engine/engine.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine_fixture.hpp"
#include "engine/wall_clock.hpp"
#include "store/reader.hpp"

namespace baton::engine {
namespace {

using testing::EngineTest;

TEST_F(EngineTest, ATransferRunsAndTheRecordedJournalGivesTheSameStateAndOutputs) {
  config.snapshot_at_stop = false;
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(agent_talks());
  const core::Reply reply =
      ask("agent1", message::RequestKind::blind_transfer, core::testing::to_number("+12082097345"));
  ASSERT_TRUE(reply.accepted) << reply.error->msg;
  const std::string state = settled_dump();
  EXPECT_NE(state.find("state=connected"), std::string::npos) << state;
  const std::vector<core::Command> commands = phones.taken();
  const std::string epoch = engine->epoch();

  engine->stop();
  {
    store::StoreReader reader(path());
    const auto row = reader.transfer(to_string(*reply.transfer_id));
    ASSERT_TRUE(row.has_value()) << "the record was written with the last commit";
    EXPECT_EQ(row->state, "connected");
  }

  core::ContactCenter fresh;
  core::Outputs outputs;
  ASSERT_TRUE(
      real->replay(0, [&](std::uint64_t, const core::Input& input) { fresh.apply(input, outputs); })
          .ok());
  EXPECT_EQ(fresh.dump(), state);
  std::vector<core::CommandId> again;
  std::vector<std::string> texts;
  for (const core::Output& output : outputs) {
    if (const auto* command = std::get_if<core::Command>(&output)) again.push_back(command->id);
    if (const auto* publish = std::get_if<core::Publish>(&output))
      texts.push_back(message::print(publish->event, epoch));
  }
  std::vector<core::CommandId> sent;
  for (const core::Command& command : commands) sent.push_back(command.id);
  EXPECT_EQ(again, sent);
  ASSERT_EQ(texts.size(), events.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], *events[i].text);
}

TEST_F(EngineTest, DigitsReachThePhonesAndNoDisk) {
  constexpr const char* kDigits = "4929123456789012";
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(agent_talks());
  message::Request request;
  request.id = "digits-1";
  request.digits = kDigits;
  request.content_hash = 7;
  ASSERT_TRUE(ask("agent1", message::RequestKind::send_dtmf, request).accepted);
  ASSERT_TRUE(phones.wait_for<core::SendDtmf>());
  int sent = 0;
  for (const core::Command& command : phones.taken()) {
    if (const auto* dtmf = std::get_if<core::SendDtmf>(&command.body)) {
      EXPECT_EQ(dtmf->digits, kDigits);
      ++sent;
    }
  }
  EXPECT_EQ(sent, 1);
  EXPECT_TRUE(ask("agent1", message::RequestKind::send_dtmf, request).accepted) << "a repeat";
  request.content_hash = 8;
  const core::Reply other = ask("agent1", message::RequestKind::send_dtmf, request);
  EXPECT_EQ(other.error->reason, message::Reason::idempotencyConflict);
  (void)settled_dump();

  bool journalled = false;
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream file(path() + suffix, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find(kDigits), std::string::npos) << suffix;
    journalled = journalled || bytes.find("digits-1") != std::string::npos;
  }
  EXPECT_TRUE(journalled) << "the request itself is";
}

TEST_F(EngineTest, AfterARestartTheStateIsThereAndTheLostLegsAreEnded) {
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(call_is_offered());
  EXPECT_NE(settled_dump().find("agent agent1 in=yes phone=yes"), std::string::npos);
  close();
  events.clear();

  ASSERT_NO_FATAL_FAILURE(open_and_start());
  const std::string state = settled_dump();
  EXPECT_NE(state.find("agent agent1 in=yes phone=no"), std::string::npos) << state;
  EXPECT_EQ(state.find("contact "), std::string::npos) << state;
  EXPECT_FALSE(events.empty()) << "young events are there again for those who reconnect";
  EXPECT_EQ(engine->counters().legs_open, 0U);
}

TEST_F(EngineTest, WhoIsToldOfSomethingFindsItCounted) {
  std::vector<std::uint64_t> legs;
  published = [&] { legs.push_back(engine->counters().legs_open); };
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(call_is_offered());
  ASSERT_FALSE(legs.empty());
  EXPECT_EQ(legs.back(), 1U) << "the customer is offered";
  legs.clear();
  const core::LegId customer{.high = 0x4000, .low = 0x8000000000000001ULL};
  engine->submit(
      core::LegEnded{.leg = customer, .cause = core::EndCause::remote, .code = 0, .text = {}});
  (void)settled_dump();
  engine->stop();
  ASSERT_FALSE(legs.empty()) << "the agent is told that the customer has gone";
  EXPECT_EQ(legs.front(), 0U);
}

TEST_F(EngineTest, WhatIsKeptOfALegIsInTheStoreWhenItsEventIs) {
  open();
  ASSERT_EQ(engine->load(), "");
  // Before the loop runs: what an adopting switch tells comes after the first inputs.
  const core::LegId early{.high = 1, .low = 2};
  engine->keep(telephony::SavedLeg{.leg = early, .state = "adopted"});
  ASSERT_EQ(engine->start(first()), "");
  const core::LegId leg{.high = 3, .low = 4};
  engine->keep(telephony::SavedLeg{.leg = leg, .state = "first"});
  engine->submit(core::LegRinging{leg});
  engine->keep(telephony::SavedLeg{.leg = leg, .state = "second"});
  const store::Registration phone{.login = "agent1",
                                  .contact = "sip:a@127.0.0.1",
                                  .via_route = {},
                                  .call_id = "c",
                                  .cseq = 1,
                                  .expires_at = 9,
                                  .user_agent = {},
                                  .instance = {}};
  engine->keep(store::RegistrationChange{.registration = phone, .removed = false});
  std::vector<store::LegRow> legs;
  std::vector<store::Registration> registered;
  const auto read = [&] {
    std::promise<void> done;
    engine->run([&](core::ContactCenter&) {
      legs = store->saved_legs();
      registered = store->registrations();
      done.set_value();
    });
    done.get_future().get();
  };
  read();
  const std::vector<store::LegRow> expected{{.leg = to_string(early), .state = "adopted"},
                                            {.leg = to_string(leg), .state = "second"}};
  EXPECT_EQ(legs, expected);
  EXPECT_EQ(registered, std::vector{phone});
  // With nothing but the forgetting of it.
  engine->keep(telephony::SavedLeg{.leg = leg, .state = {}});
  engine->keep(telephony::SavedLeg{.leg = early, .state = {}});
  read();
  EXPECT_TRUE(legs.empty());
}

TEST_F(EngineTest, WhatIsNotInTheJournalDoesNotHappen) {
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  sign_in("agent1");
  const std::string before = settled_dump();
  journal->fail = true;
  const core::Reply refused = ask("agent1", message::RequestKind::logout);
  EXPECT_FALSE(refused.accepted);
  EXPECT_EQ(refused.error->reason, message::Reason::backendUnavailable);
  EXPECT_NE(refused.error->msg.find("disk is full"), std::string::npos) << refused.error->msg;
  EXPECT_NE(engine->not_ready_reason().find("disk is full"), std::string::npos);
  EXPECT_EQ(settled_dump(), before);
  call_in(2);
  ASSERT_TRUE(phones.wait_for<core::EndLeg>());
  EXPECT_EQ(std::get<core::EndLeg>(phones.taken().back().body).code, 503);
}

TEST_F(EngineTest, ADiskThatFillsUpWhileRecordsAreWrittenForASnapshotLeavesTheThreadAtRest) {
  config.records_limit = 1;
  config.record_delay_ms = 3'600'000;  // They go for the snapshot only.
  config.snapshot_inputs = 10;
  open();
  std::promise<void> met;
  journal->appended = [this, &met](bool records_alone) {
    if (!records_alone || journal->fail.exchange(true)) return;
    // Others wait still, and the next thing to be written is an input.
    engine->submit(core::PhoneReachable{.login = "agent2", .reachable = true});
    met.set_value();
  };
  ASSERT_EQ(engine->load(), "");
  ASSERT_EQ(engine->start(first()), "");
  sign_in("agent1");
  for (std::uint64_t i = 1; i <= 10; ++i) call_in(i);
  ASSERT_EQ(met.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  (void)dump();
  EXPECT_NE(engine->not_ready_reason().find("disk is full"), std::string::npos);
  const std::int64_t before = engine->thread_cpu_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(engine->thread_cpu_ns() - before, 100'000'000) << "it waits for what comes";
}

TEST_F(EngineTest, BeforeAStopNewCallsAreRefusedAndTheRestGoesOn) {
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(call_is_offered());
  EXPECT_EQ(engine->not_ready_reason(), "");
  engine->drain();
  EXPECT_NE(engine->not_ready_reason().find("draining"), std::string::npos);
  call_in(2);
  ASSERT_TRUE(phones.wait_for<core::EndLeg>());
  EXPECT_EQ(std::get<core::EndLeg>(phones.taken().back().body).code, 503);
  const core::Reply refused = ask("agent2", message::RequestKind::make_call);
  EXPECT_FALSE(refused.accepted);
  EXPECT_NE(refused.error->msg.find("takes no new calls"), std::string::npos);
  ASSERT_TRUE(ask("agent1", message::RequestKind::answer).accepted);
  ASSERT_TRUE(phones.wait_for<core::BridgeLegs>());
}

TEST_F(EngineTest, WithoutAJournalTheOtherLegOfACallThatEndedIsEndedAllTheSame) {
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(agent_talks());
  journal->fail = true;
  engine->submit(core::LegEnded{.leg = {.high = 0x4000, .low = 0x8000000000000001ULL},
                                .cause = core::EndCause::remote,
                                .code = 0,
                                .text = {}});
  ASSERT_TRUE(phones.wait_for<core::EndLeg>());
}

TEST_F(EngineTest, TimersFire) {
  open();
  auto bodies = first();
  core::Policy quick;
  quick.offer_timeout_seconds = 1;
  bodies.emplace_back(core::PolicyChanged{quick});
  ASSERT_EQ(engine->load(), "");
  ASSERT_EQ(engine->start(std::move(bodies)), "");
  ASSERT_NO_FATAL_FAILURE(call_is_offered());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (dump().find("state=MissedCallAgent") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
  }
}

TEST_F(EngineTest, AClockThatWasSetBackStopsNoDeadlineNoRecordAndNoCensus) {
  open();
  const core::TimeMs later = wall_clock() + 3'600'000;
  const std::vector<core::Input> before{
      {.at = later, .entropy_high = 1, .entropy_low = 2, .body = core::PolicyChanged{}}};
  ASSERT_TRUE(real->append(before, {}, nullptr).status.ok());
  std::promise<void> written;
  journal->appended = [&written, told = false](bool records_alone) mutable {
    if (records_alone && !std::exchange(told, true)) written.set_value();
  };
  auto bodies = first();
  core::Policy quick;
  quick.offer_timeout_seconds = 1;
  bodies.emplace_back(core::PolicyChanged{quick});
  ASSERT_EQ(engine->load(), "");
  EXPECT_GE(engine->now_ms(), later) << "pages set their clocks by it";
  ASSERT_EQ(engine->start(std::move(bodies)), "");
  ASSERT_NO_FATAL_FAILURE(call_is_offered());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (dump().find("state=MissedCallAgent") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
  }
  // Nothing but the timers of the loop brings these.
  EXPECT_EQ(written.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  while (engine->census().contacts.empty()) ASSERT_LT(std::chrono::steady_clock::now(), until);
  engine->stop();
  core::TimeMs last = 0;
  ASSERT_TRUE(real->replay(0,
                           [&](std::uint64_t, const core::Input& input) {
                             EXPECT_GE(input.at, std::max(last, later))
                                 << "the journal's time goes back";
                             last = input.at;
                           })
                  .ok());
}

TEST_F(EngineTest, AFullQueueRefusesARequestAndTakesTheNextOne) {
  store.emplace(store::Store::open(path(), "baton"));
  real.emplace(*store, "test");
  journal.emplace(*real);
  engine.emplace(EngineConfig{.version = "test", .queue_limit = 2}, *journal, "e",
                 [](const std::vector<Published>&) {});
  phones.engine = &*engine;
  engine->set_switch(&phones);
  ASSERT_EQ(engine->load(), "");
  ASSERT_EQ(engine->start(first()), "");
  std::promise<void> go;
  std::promise<void> blocked;
  engine->run([&](core::ContactCenter&) {
    blocked.set_value();
    go.get_future().wait();
  });
  blocked.get_future().wait();
  std::atomic<int> accepted{0};
  std::atomic<int> refused{0};
  std::promise<void> all;
  for (int i = 0; i < 3; ++i) {
    message::Request request;
    request.kind = message::RequestKind::login;
    engine->request({.reply = 0,
                     .caller = "agent1",
                     .role = directory::Role::agent,
                     .agent = "agent1",
                     .request = request},
                    [&](const core::Reply& reply) {
                      ++(reply.accepted ? accepted : refused);
                      if (accepted + refused == 3) all.set_value();
                    });
  }
  EXPECT_EQ(refused, 1) << "at once, not after the others";
  go.set_value();
  all.get_future().wait();
  EXPECT_EQ(accepted, 2);
  EXPECT_TRUE(ask("agent1", message::RequestKind::login).accepted);
}

TEST(TimerQueueTest, CancelledTimersDoNotFireAndOthersComeInOrder) {
  TimerQueue timers;
  for (core::TimerId id = 1; id <= 5000; ++id)
    timers.arm(id, static_cast<core::TimeMs>(10'000 - id));
  for (core::TimerId id = 1; id <= 4990; ++id) timers.cancel(id);
  EXPECT_EQ(timers.size(), 10U);
  EXPECT_EQ(timers.next(), 5000);
  EXPECT_TRUE(timers.take_due(4999, 100).empty());
  EXPECT_EQ(timers.take_due(5001, 100), (std::vector<core::TimerId>{5000, 4999}));
  EXPECT_EQ(timers.take_due(99'999, 3), (std::vector<core::TimerId>{4998, 4997, 4996}));
  EXPECT_EQ(timers.size(), 5U);
}

}  // namespace
}  // namespace baton::engine
