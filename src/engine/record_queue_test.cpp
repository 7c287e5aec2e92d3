#include "engine/record_queue.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace baton::engine {
namespace {

core::Output contact(std::uint64_t id, std::string_view state) {
  auto view = std::make_shared<message::ContactView>();
  view->contact_id = {.high = 1, .low = id};
  view->state = state;
  return core::StoreContact{std::move(view)};
}

core::Output transfer(std::uint64_t id) {
  auto view = std::make_shared<message::TransferView>();
  view->current.transfer_id = {.high = 2, .low = id};
  return core::StoreTransfer{std::move(view)};
}

void keep(RecordQueue& queue, core::Output output, core::TimeMs now) {
  EXPECT_TRUE(queue.keep(output, now));
}

TEST(RecordQueue, WritesARecordOnceInItsLastState) {
  RecordQueue queue(2000, 1);
  keep(queue, contact(1, "arriving"), 1000);
  keep(queue, contact(1, "ended"), 2900);
  EXPECT_EQ(queue.next(), 3000);
  store::Records rows;
  queue.take_due(2999, 100, rows);
  EXPECT_TRUE(rows.empty());
  queue.take_due(3000, 100, rows);
  ASSERT_EQ(rows.contacts.size(), 1U);
  EXPECT_EQ(rows.contacts[0].state, "ended");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(RecordQueue, GivesNoMoreAtOnceThanAskedFor) {
  RecordQueue queue(2000, 1);
  for (std::uint64_t id = 0; id < 50; ++id) {
    keep(queue, contact(id, "active"), 1000);
    keep(queue, transfer(id), 1000);
  }
  store::Records rows;
  EXPECT_EQ(queue.kept(), 100U);
  queue.take_due(9000, 32, rows);
  EXPECT_EQ(rows.contacts.size() + rows.transfers.size(), 32U);
  EXPECT_EQ(queue.taken(), 32U);
  EXPECT_EQ(queue.kept(), 100U);
  EXPECT_EQ(queue.next(), 3000);
  queue.take_all(9000, rows);
  EXPECT_EQ(rows.contacts.size(), 50U);
  EXPECT_EQ(rows.transfers.size(), 50U);
  EXPECT_TRUE(queue.empty());
}

TEST(RecordQueue, RowsOfTheAuditWaitInLineWithTheRecords) {
  RecordQueue queue(2000, 1);
  store::AuditRow row;
  row.event = "login";
  keep(queue, contact(1, "active"), 1000);
  queue.keep(row, 1001);
  row.event = "logout";
  queue.keep(row, 1002);
  keep(queue, transfer(1), 1003);
  EXPECT_EQ(queue.next(), 3000);
  store::Records rows;
  queue.take_due(3002, 2, rows);
  EXPECT_EQ(rows.contacts.size(), 1U);
  ASSERT_EQ(rows.audit.size(), 1U);
  EXPECT_EQ(rows.audit[0].event, "login");
  queue.take_due(3002, 2, rows);
  ASSERT_EQ(rows.audit.size(), 2U);
  EXPECT_EQ(rows.audit[1].event, "logout");
  EXPECT_TRUE(rows.transfers.empty()) << "it is not due";
  queue.keep(row, 1004);
  queue.clear();
  EXPECT_TRUE(queue.empty());
}

TEST(RecordQueue, WaitsForAGroupForAQuarterOfTheTimeMore) {
  RecordQueue queue(2000, 3);
  keep(queue, contact(1, "active"), 1000);
  keep(queue, contact(2, "active"), 1200);
  EXPECT_EQ(queue.next(), 3500) << "the oldest was due at 3000";
  keep(queue, contact(3, "active"), 1300);
  EXPECT_EQ(queue.next(), 3300) << "then three are due";
  store::Records rows;
  queue.take_due(3299, 100, rows);
  EXPECT_TRUE(rows.empty());
  queue.take_due(3300, 100, rows);
  EXPECT_EQ(rows.contacts.size(), 3U);
  keep(queue, contact(4, "active"), 4000);
  keep(queue, contact(5, "active"), 4600);
  EXPECT_EQ(queue.next(), 6500);
  queue.take_due(6500, 100, rows);
  EXPECT_EQ(rows.contacts.size(), 4U) << "the second of the two is not due";
}

TEST(RecordQueue, LeavesOtherOutputsAlone) {
  RecordQueue queue(2000, 1);
  core::Output timer = core::CancelTimer{.timer = 7};
  EXPECT_FALSE(queue.keep(timer, 1000));
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace baton::engine
