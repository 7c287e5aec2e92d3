#include "app/event_view.hpp"

#include <gtest/gtest.h>

#include "message/event.hpp"

namespace baton::app {
namespace {

EventView view_of(message::EventBody body) {
  message::Event event;
  event.agent = "agent1";
  event.sequence = 7;
  event.request_id = "r1";
  event.body = std::move(body);
  const auto view = read_event(message::print(event, "epoch1"));
  EXPECT_TRUE(view);
  return view.value_or(EventView{});
}

TEST(EventView, ReadsTheEnvelope) {
  const EventView view = view_of(message::AppStateSync{});
  EXPECT_EQ(view.topic, "App");
  EXPECT_EQ(view.subtopic, "StateSync");
  EXPECT_EQ(view.agent, "agent1");
  EXPECT_EQ(view.epoch, "epoch1");
  EXPECT_EQ(view.id, "r1");
  EXPECT_EQ(view.sequence, 7U);
}

TEST(EventView, TellsATransferInOneLine) {
  message::TransferStateChange change;
  change.state = message::TransferState::connected;
  change.custody = message::Custody::destination;
  change.destination.own().name = "Sasi_Chime";
  change.destination.own().phone_number = "+16579994374";
  change.connected_to = "+16579994374";
  const EventView view = view_of(change);
  EXPECT_TRUE(view.is_transfer());
  EXPECT_TRUE(view.is_outcome());
  EXPECT_EQ(view.custody, "destination");
  EXPECT_EQ(view.summary,
            "transfer connected to Sasi_Chime +16579994374, answered by +16579994374");
}

TEST(EventView, ANumberWithoutANameIsToldOnce) {
  message::TransferStateChange change;
  change.state = message::TransferState::dialing;
  change.destination.own().phone_number = "+12082097345";
  EXPECT_EQ(view_of(change).summary, "transfer dialing to +12082097345");
  change.destination.own().name = "+12082097345";
  EXPECT_EQ(view_of(change).summary, "transfer dialing to +12082097345");
}

TEST(EventView, TellsWhyATransferFailed) {
  message::ApiError error;
  error.error_type = "BLIND_TRANSFER_FAILED";
  error.msg = "Busy Here";
  error.reason = message::Reason::busy;
  error.customer_location = "agent";
  const EventView view = view_of(error);
  EXPECT_TRUE(view.is_error());
  EXPECT_FALSE(view.is_outcome());
  EXPECT_EQ(view.custody, "agent");
  EXPECT_EQ(view.summary, "BLIND_TRANSFER_FAILED (busy): Busy Here");
}

TEST(EventView, ReadsCallAndAgentEvents) {
  message::CallEvent call;
  call.event = "ACW";
  call.leg.type = "inbound";
  call.leg.phone_number = "+12025550181";
  call.leg.status = "disconnected";
  EXPECT_EQ(view_of(call).call_event, "ACW");
  EXPECT_EQ(view_of(call).summary, "call ACW: inbound leg +12025550181, disconnected");
  message::SetAgentState state;
  state.event = "AfterCallWork";
  EXPECT_EQ(view_of(state).agent_state, "AfterCallWork");
}

TEST(EventView, WhatIsNoEventIsNothing) {
  EXPECT_FALSE(read_event(""));
  EXPECT_FALSE(read_event("[]"));
  EXPECT_FALSE(read_event("{"));
  EXPECT_TRUE(read_event(R"({"topic":5,"message":[]})"))
      << "a stranger's shape is an event without content";
}

}  // namespace
}  // namespace baton::app
