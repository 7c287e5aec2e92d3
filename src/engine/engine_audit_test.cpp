#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "engine/engine_fixture.hpp"
#include "store/audit.hpp"

namespace baton::engine {
namespace {

struct EngineAudit : testing::EngineTest {
  /// What the file holds of an event.
  [[nodiscard]] static std::vector<store::AuditRow> rows_of(const std::string& file,
                                                            const std::string& event) {
    std::vector<store::AuditRow> rows;
    store::read_audit(file, {}, [&](const store::AuditRow& row) {
      if (row.event == event) rows.push_back(row);
      return true;
    });
    return rows;
  }
  core::Reply ask_from(const std::string& address, const message::Request& request) {
    std::promise<core::Reply> answer;
    engine->request(
        {.reply = 0,
         .caller = "boss",
         .role = directory::Role::supervisor,
         .agent = "agent1",
         .request = request},
        [&answer](const core::Reply& reply) { answer.set_value(reply); }, address);
    return answer.get_future().get();
  }
};

message::Request transfer_to_number() {
  message::Request transfer = core::testing::to_number("+12082097345");
  transfer.kind = message::RequestKind::blind_transfer;
  transfer.topic = "InboundCall";
  transfer.subtopic = "BlindTransfer";
  transfer.id = "t-1";
  return transfer;
}

TEST_F(EngineAudit, TellsARequestWithItsVerdictAndTheOutcome) {
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(agent_talks());
  const core::Reply reply = ask_from("192.0.2.10", transfer_to_number());
  ASSERT_TRUE(reply.accepted);
  (void)settled_dump();
  message::Request another = transfer_to_number();
  another.id = "t-2";
  ASSERT_FALSE(ask_from("192.0.2.11", another).accepted);
  engine->stop();

  const auto asked = rows_of(path(), "request");
  ASSERT_EQ(asked.size(), 5U) << "signing in, a state, an answer, two transfers";
  const store::AuditRow& accepted = asked[3];
  EXPECT_EQ(accepted.caller, "boss");
  EXPECT_EQ(accepted.role, "supervisor");
  EXPECT_EQ(accepted.agent, "agent1");
  EXPECT_EQ(accepted.address, "192.0.2.10");
  EXPECT_EQ(accepted.request, "InboundCall/BlindTransfer");
  EXPECT_EQ(accepted.request_id, "t-1");
  EXPECT_EQ(accepted.target, "+12082097345");
  EXPECT_EQ(accepted.result, "accepted");
  EXPECT_EQ(accepted.transfer_id, to_string(*reply.transfer_id));
  EXPECT_EQ(asked[4].result, "refused");
  EXPECT_NE(asked[4].reason, "");
  EXPECT_EQ(asked[4].address, "192.0.2.11");

  const auto outcomes = rows_of(path(), "outcome");
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].transfer_id, accepted.transfer_id);
  EXPECT_EQ(outcomes[0].result, "connected");
  EXPECT_EQ(outcomes[0].target, "+12082097345");
}

TEST_F(EngineAudit, NamesTheCallThatWasAskedFor) {
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(agent_talks());
  message::Request hold;
  hold.kind = message::RequestKind::hold;
  hold.topic = "InboundCall";
  hold.subtopic = "Hold";
  hold.contact_id = "aaaaaaaa-0000-4000-8000-00000000000a";
  ASSERT_FALSE(ask_from("192.0.2.10", hold).accepted);
  engine->stop();
  const auto asked = rows_of(path(), "request");
  EXPECT_EQ(asked.back().result, "refused");
  EXPECT_EQ(asked.back().contact_id, *hold.contact_id) << "and not the call that he has";
}

TEST_F(EngineAudit, NeedsNoCommitOfItsOwn) {
  config.record_delay_ms = 60'000;  // So that nothing is due while the test runs.
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  (void)settled_dump();
  const std::uint64_t before = engine->stats().batches;
  store::AuditRow row;
  row.event = "login";
  engine->keep(row);
  (void)settled_dump();
  EXPECT_EQ(engine->stats().batches, before) << "it waits";
  engine->submit(core::PhoneReachable{.login = "agent1", .reachable = true});
  (void)settled_dump();
  EXPECT_EQ(engine->stats().batches, before + 1) << "the input's";
  engine->stop();
  EXPECT_EQ(rows_of(path(), "login").size(), 1U);
}

TEST_F(EngineAudit, LosesNoRequestInACrashButWhereItCameFrom) {
  config.record_delay_ms = 60'000;
  config.snapshot_at_stop = false;
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(agent_talks());
  ASSERT_TRUE(ask_from("192.0.2.10", transfer_to_number()).accepted);
  (void)settled_dump();
  // What a process that dies now leaves behind: the file as it is, no line of the audit in it.
  const std::string left = folder.file("left.db");
  engine->run([&](core::ContactCenter&) {
    for (const char* part : {"", "-wal"}) {
      std::filesystem::copy_file(path() + part, left + part);
    }
  });
  (void)dump();
  engine->stop();
  std::vector<store::AuditRow> asked = rows_of(path(), "request");
  const std::vector<store::AuditRow> outcomes = rows_of(path(), "outcome");
  ASSERT_EQ(asked.size(), 4U);
  ASSERT_EQ(outcomes.size(), 1U);
  close();

  for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(path() + part);
  for (const char* part : {"", "-wal"}) std::filesystem::rename(left + part, path() + part);
  for (store::AuditRow& row : asked) row.address.clear();
  // The next process tells it again, and the one after that nothing twice.
  for (int restarts = 0; restarts < 2; ++restarts) {
    ASSERT_NO_FATAL_FAILURE(open_and_start());
    engine->stop();
    EXPECT_EQ(rows_of(path(), "request"), asked);
    EXPECT_EQ(rows_of(path(), "outcome"), outcomes);
    close();
  }
}

TEST_F(EngineAudit, AFullQueueLosesALineAndCountsIt) {
  config.queue_limit = 0;
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  store::AuditRow row;
  row.event = "login";
  engine->keep(row);
  EXPECT_EQ(engine->stats().audit_lost, 1U);
  engine->stop();
  EXPECT_TRUE(rows_of(path(), "login").empty());
}

TEST_F(EngineAudit, HasNoDigits) {
  ASSERT_NO_FATAL_FAILURE(open_and_start());
  ASSERT_NO_FATAL_FAILURE(agent_talks());
  message::Request digits;
  digits.kind = message::RequestKind::send_dtmf;
  digits.topic = "InboundCall";
  digits.subtopic = "SendDTMF";
  digits.digits = "4929123456789012";
  ASSERT_TRUE(ask_from("192.0.2.10", digits).accepted);
  engine->stop();
  const auto asked = rows_of(path(), "request");
  ASSERT_EQ(asked.back().request, "InboundCall/SendDTMF");
  EXPECT_EQ(asked.back().target, "");
}

}  // namespace
}  // namespace baton::engine
