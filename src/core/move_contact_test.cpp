// MoveContact: a supervisor moves a customer who waits in a queue to another one
// (docs/message-api.md).

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/test_center.hpp"
#include "core/test_mirror.hpp"

namespace baton::core {
namespace {

using directory::Role;
using message::Custody;
using message::QuickConnectType;
using message::Reason;
using message::Request;
using message::RequestKind;
using message::TransferState;
using testing::kInbound;
using testing::kOtherQueueArn;
using testing::kQueueArn;
using testing::quick_connect_arn;
using testing::small_directory;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

constexpr const char* kThirdQueueArn = "arn:aws:connect:us-east-1:975419294579:instance/i/queue/q3";

/// agent1 serves the first queue, agent2 the second, agent3 the third; a quick connect for each.
directory::Directory three_queues() {
  directory::Directory d = small_directory();
  directory::Queue third;
  third.arn = kThirdQueueArn;
  third.name = "Third";
  d.queues.push_back(third);
  const std::vector<std::string> arns = {kQueueArn, kOtherQueueArn, kThirdQueueArn};
  for (std::size_t i = 0; i < arns.size(); ++i) {
    const std::string name = "only" + std::to_string(i + 1);
    d.routing_profiles.push_back({.name = name,
                                  .arn = "arn:profile/" + name,
                                  .queues = {{.queue_arn = arns[i], .priority = 1}},
                                  .default_outbound_queue_arn = arns[i]});
    d.agents[i].routing_profile = name;
    directory::QuickConnect to_queue;
    to_queue.arn = quick_connect_arn(name);
    to_queue.name = d.queues[i].name;
    to_queue.kind = directory::QuickConnectKind::queue;
    to_queue.queue_arn = arns[i];
    d.quick_connects.push_back(to_queue);
  }
  return d;
}

struct MoveContact : ::testing::Test {
  TestCenter t;
  explicit MoveContact(directory::Directory directory = three_queues()) : t(std::move(directory)) {}

  /// A customer whom nobody has answered yet.
  ContactId calls() {
    LegIncoming incoming;
    incoming.leg = {.high = 0xabc, .low = 7};
    incoming.trunk = "carrier";
    incoming.to_number = kInbound;
    t.put(incoming);
    return incoming.leg;
  }
  /// As the supervisor does, to the queue with that number.
  Reply move(const ContactId& call, int queue, Role role = Role::supervisor) {
    return ask(call, to_quick_connect(QuickConnectType::queue, "only" + std::to_string(queue)),
               role);
  }
  Reply ask(const ContactId& call, Request request, Role role = Role::supervisor) {
    request.contact_id = to_string(call);
    return t.request("agent4", RequestKind::move_contact, std::move(request), role);
  }
  [[nodiscard]] static Reason reason_of(const Reply& reply) {
    EXPECT_FALSE(reply.accepted);
    return reply.error ? reply.error->reason : Reason::none;
  }
  [[nodiscard]] int waiting(const char* arn) const {
    for (const QueueStatus& each : t.center.queues()) {
      if (each.arn == arn) return each.waiting;
    }
    return -1;
  }
  [[nodiscard]] std::string offered_to(const ContactId& call) const {
    for (const AgentStatus& each : t.center.agents()) {
      if (each.contact == call) return each.login;
    }
    return {};
  }
  [[nodiscard]] message::ContactView record(const ContactId& call) const {
    for (auto it = t.all.rbegin(); it != t.all.rend(); ++it) {
      const auto* stored = std::get_if<StoreContact>(&*it);
      if (stored != nullptr && stored->contact->contact_id == call) return *stored->contact;
    }
    ADD_FAILURE() << "no record was kept";
    return {};
  }
  /// The transfer's record as it was kept last.
  [[nodiscard]] message::TransferView transfer_record() const {
    for (auto it = t.all.rbegin(); it != t.all.rend(); ++it) {
      if (const auto* stored = std::get_if<StoreTransfer>(&*it)) return *stored->transfer;
    }
    ADD_FAILURE() << "no transfer was kept";
    return {};
  }
  /// agent1's customer waits in the second queue, whose agent is on a break.
  ContactId transferred(int timeout_seconds = 100) {
    t.sign_in("agent1");
    const ContactId call = t.call_in();
    t.answer("agent1");
    t.sign_in("agent2");
    EXPECT_TRUE(t.choose("agent2", "Break").accepted);
    Request request = to_quick_connect(QuickConnectType::queue, "queue");
    request.options.queue_timeout_seconds = timeout_seconds;
    request.options.on_failure = {{.kind = message::FallbackKind::original_queue, .queue_arn = {}}};
    EXPECT_TRUE(t.request("agent1", RequestKind::blind_transfer, std::move(request)).accepted);
    t.confirm<ParkLeg>();
    t.finish_ends();
    EXPECT_TRUE(t.choose("agent1", "Break").accepted);
    return call;
  }
};

TEST_F(MoveContact, WhoWaitsBeforeHisFirstAgentIsOfferedToAFreeOneOfTheOtherQueue) {
  t.sign_in("agent2");
  const ContactId call = t.call_in();
  EXPECT_EQ(waiting(kQueueArn), 1);
  ASSERT_TRUE(move(call, 2).accepted);
  EXPECT_EQ(waiting(kQueueArn), 0);
  EXPECT_EQ(waiting(kOtherQueueArn), 1);
  EXPECT_EQ(offered_to(call), "agent2");
  t.answer("agent2");
  EXPECT_EQ(waiting(kOtherQueueArn), 0);
  EXPECT_EQ(t.last_call("agent2", "inbound").queue_name, "Second");
}

TEST_F(MoveContact, ARequestThatIsNotTransferredIsToldByTheContactsRecord) {
  const ContactId call = t.call_in();
  ASSERT_TRUE(move(call, 2).accepted);
  const TimeMs first = t.now;
  ASSERT_TRUE(move(call, 3, Role::service).accepted);
  const message::ContactView view = record(call);
  EXPECT_EQ(view.queue_name, "Third");
  EXPECT_EQ(view.state, "queued");
  ASSERT_EQ(view.moves.size(), 2U);
  EXPECT_EQ(view.moves[0].at, first);
  EXPECT_EQ(view.moves[0].from, "First");
  EXPECT_EQ(view.moves[0].to, "Second");
  EXPECT_EQ(view.moves[0].by, "agent4");
  EXPECT_EQ(view.moves[1].from, "Second");
  EXPECT_EQ(view.moves[1].to, "Third");
}

TEST_F(MoveContact, TheTimeThatHeHasWaitedIsCredited) {
  const ContactId moved = t.call_in(1);
  t.pass(5'000);
  directory::Directory d = three_queues();
  d.inbound_numbers.push_back({.number = "+18005550101", .queue_arn = kOtherQueueArn});
  t.put(DirectoryChanged{d});
  LegIncoming later;
  later.leg = {.high = 0xabc, .low = 9};
  later.trunk = "carrier";
  later.to_number = "+18005550101";
  t.put(later);
  t.confirm<AnswerLeg>();
  t.pass(5'000);
  ASSERT_TRUE(move(moved, 2).accepted);
  for (const QueueStatus& each : t.center.queues()) {
    if (each.arn == kOtherQueueArn) {
      EXPECT_NEAR(static_cast<double>(t.now - each.longest_waiting_since), 10'000, 50);
    }
  }
  t.sign_in("agent2");
  EXPECT_EQ(offered_to(moved), "agent2") << "he called first";
}

TEST_F(MoveContact, HisLongestWaitIsThatOfTheNewQueueFromNowOn) {
  directory::Directory d = three_queues();
  d.queues[0].max_wait_seconds = 30;
  d.queues[1].max_wait_seconds = 60;
  t.put(DirectoryChanged{d});
  const ContactId call = t.call_in();
  t.pass(29'000);
  ASSERT_TRUE(move(call, 2).accepted);
  t.pass(59'000);
  EXPECT_EQ(waiting(kOtherQueueArn), 1);
  t.pass(2'000);
  EXPECT_EQ(waiting(kOtherQueueArn), 0);
  t.finish_ends();
  EXPECT_EQ(record(call).state, "ended");
}

TEST_F(MoveContact, ToWhereHeWaitsAlreadyIsAcceptedAndChangesNothing) {
  directory::Directory d = three_queues();
  d.queues[0].max_waiting = 1;
  t.put(DirectoryChanged{d});
  const ContactId call = t.call_in();
  t.put(QueueHours{.queue_arn = kQueueArn, .open = false});
  const std::string before = t.center.dump();
  const std::size_t outputs = t.all.size();
  ASSERT_TRUE(move(call, 1).accepted) << "neither full nor closed for who is in it";
  EXPECT_EQ(t.center.dump(), before);
  EXPECT_EQ(t.all.size(), outputs + 1) << "the reply";
}

TEST_F(MoveContact, AQueueThatIsClosedOrFullIsRefusedBeforeHeLeavesTheOldOne) {
  directory::Directory d = three_queues();
  d.queues[1].max_waiting = 1;
  t.put(DirectoryChanged{d});
  const ContactId first = t.call_in(1);
  const ContactId second = t.call_in(2);
  ASSERT_TRUE(move(first, 2).accepted) << "at the limit";
  EXPECT_EQ(reason_of(move(second, 2)), Reason::queueFull);
  EXPECT_EQ(t.center.counters().queue_full, 1U);
  t.put(QueueHours{.queue_arn = kThirdQueueArn, .open = false});
  EXPECT_EQ(reason_of(move(second, 3)), Reason::queueClosed);
  EXPECT_EQ(waiting(kQueueArn), 1);
  t.sign_in("agent1");
  EXPECT_EQ(offered_to(second), "agent1");
}

TEST_F(MoveContact, WhoIsOfferedTalksOrIsNotAnsweredYetIsRefused) {
  t.sign_in("agent1");
  t.sign_in("agent2");
  const ContactId call = t.call_in();
  ASSERT_EQ(offered_to(call), "agent1");
  Reply refused = move(call, 2);
  EXPECT_EQ(reason_of(refused), Reason::notSupported);
  EXPECT_NE(refused.error->msg.find("being offered to 'agent1'"), std::string::npos)
      << refused.error->msg;
  EXPECT_EQ(refused.error->error_type, "MOVE_CONTACT_FAILED");
  EXPECT_EQ(refused.error->contact_id, call);
  EXPECT_EQ(offered_to(call), "agent1") << "the offer stands";
  t.answer("agent1");
  refused = move(call, 2);
  EXPECT_EQ(reason_of(refused), Reason::notSupported);
  EXPECT_NE(refused.error->msg.find("'agent1' has him"), std::string::npos);

  LegIncoming other;
  other.leg = {.high = 0xabc, .low = 7};
  other.trunk = "carrier";
  other.to_number = kInbound;
  t.put(other);
  EXPECT_EQ(reason_of(move(other.leg, 2)), Reason::notSupported) << "the queue answers him first";
  t.confirm<AnswerLeg>();
  EXPECT_TRUE(move(other.leg, 2).accepted);
}

TEST_F(MoveContact, OnceTheOfferIsOverHeCanBeMoved) {
  t.sign_in("agent1");
  const ContactId call = t.call_in();
  EXPECT_EQ(reason_of(move(call, 2)), Reason::notSupported);
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  EXPECT_TRUE(move(call, 2).accepted);
}

TEST_F(MoveContact, AnAgentIsRefusedWhateverHeNames) {
  const ContactId call = t.call_in();
  EXPECT_EQ(reason_of(move(call, 2, Role::agent)), Reason::callNotOwned);
  EXPECT_EQ(reason_of(move(ContactId{.high = 1, .low = 1}, 2, Role::agent)), Reason::callNotOwned)
      << "nor does he learn which calls there are";
  EXPECT_EQ(waiting(kQueueArn), 1);
}

TEST_F(MoveContact, RefusesWhatIsNoQueueAndWhoIsNotThere) {
  const ContactId call = t.call_in();
  EXPECT_EQ(reason_of(move(ContactId{.high = 1, .low = 1}, 2)), Reason::noActiveCall);
  EXPECT_EQ(reason_of(ask(call, to_number("+12082097345"))), Reason::invalidDestination);
  EXPECT_EQ(reason_of(ask(call, to_quick_connect(QuickConnectType::agent, "agent2"))),
            Reason::invalidDestination);
  EXPECT_EQ(reason_of(ask(call, to_quick_connect(QuickConnectType::queue, "agent2"))),
            Reason::invalidDestination);
  EXPECT_EQ(reason_of(ask(call, to_quick_connect(QuickConnectType::queue, "nowhere"))),
            Reason::destinationNotFound);
  directory::Directory d = three_queues();
  std::erase_if(d.queues, [](const auto& each) { return each.arn == kThirdQueueArn; });
  t.put(DirectoryChanged{d});
  EXPECT_EQ(reason_of(move(call, 3)), Reason::destinationNotFound);
  Request unnamed = to_quick_connect(QuickConnectType::queue, "only2");
  unnamed.contact_id = "not-a-uuid";
  EXPECT_EQ(reason_of(t.request("agent4", RequestKind::move_contact, unnamed, Role::supervisor)),
            Reason::noActiveCall);
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(reason_of(move(call, 2)), Reason::noActiveCall);
}

TEST_F(MoveContact, HeMayBeRescuedFromAQueueThatLeftTheDirectory) {
  const ContactId call = t.call_in();
  directory::Directory d = three_queues();
  std::erase_if(d.queues, [](const auto& each) { return each.arn == kQueueArn; });
  t.put(DirectoryChanged{d});
  t.sign_in("agent2");
  ASSERT_TRUE(move(call, 2).accepted);
  EXPECT_EQ(offered_to(call), "agent2");
  EXPECT_EQ(record(call).moves.at(0).from, kQueueArn);
}

TEST_F(MoveContact, TheSameRequestIdMovesHimOnce) {
  const ContactId call = t.call_in();
  Request request = to_quick_connect(QuickConnectType::queue, "only2");
  request.id = "move-1";
  const Reply first = ask(call, request);
  ASSERT_TRUE(first.accepted);
  ASSERT_TRUE(move(call, 3).accepted);
  const Reply again = ask(call, request);
  EXPECT_TRUE(again.accepted);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(waiting(kThirdQueueArn), 1) << "the repeat does nothing";
  EXPECT_EQ(record(call).moves.size(), 2U);
  Request other = to_quick_connect(QuickConnectType::queue, "only1");
  other.id = "move-1";
  EXPECT_EQ(reason_of(ask(call, other)), Reason::idempotencyConflict);
}

TEST_F(MoveContact, ASupervisorWhoIsNotInTheDirectoryMovesHimOnce) {
  const ContactId call = t.call_in();
  const auto ask_as = [&](const char* name, const std::string& id, const ContactId& contact) {
    Request request = to_quick_connect(QuickConnectType::queue, name);
    request.id = id;
    request.contact_id = to_string(contact);
    return t.request("boss", RequestKind::move_contact, std::move(request), Role::supervisor);
  };
  ASSERT_TRUE(ask_as("only2", "m-1", call).accepted);
  EXPECT_EQ(record(call).moves.at(0).by, "boss");
  ASSERT_TRUE(ask_as("only3", "m-2", call).accepted);
  ASSERT_TRUE(ask_as("only2", "m-1", call).accepted);
  EXPECT_EQ(waiting(kThirdQueueArn), 1);
  t.put(DirectoryChanged{three_queues()});
  t.restart({call});
  ASSERT_TRUE(ask_as("only2", "m-1", call).accepted);
  EXPECT_EQ(waiting(kThirdQueueArn), 1);
  for (const AgentStatus& each : t.center.agents()) EXPECT_NE(each.login, "boss");
  const Reply other = t.request("boss", RequestKind::hold, {}, Role::supervisor);
  ASSERT_FALSE(other.accepted) << "he is no agent for it";
  EXPECT_EQ(other.error->reason, Reason::invalidMessage);
}

TEST_F(MoveContact, ARunningTransferGoesOnInTheNewQueue) {
  const ContactId call = transferred();
  t.events.clear();
  ASSERT_TRUE(move(call, 3).accepted);
  const auto told = t.transfer_states("agent1");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].state, TransferState::queued);
  EXPECT_EQ(told[0].custody, Custody::queue);
  EXPECT_EQ(told[0].position, 1);
  EXPECT_EQ(told[0].queue_name, "Third");
  EXPECT_EQ(told[0].destination->queue, "Second") << "what was asked for";
  const message::TransferView view = transfer_record();
  EXPECT_EQ(view.timeline.back().detail, "moved from Second by agent4");
  EXPECT_EQ(record(call).moves.size(), 1U);
  t.sign_in("agent3");
  t.answer("agent3");
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::connected);
  EXPECT_EQ(t.transfer_states("agent1").back().connected_to, "agent3");
}

TEST_F(MoveContact, TheTransfersDeadlineAndItsFallbackChainStayAsTheyWere) {
  const ContactId call = transferred(100);
  t.pass(60'000);
  ASSERT_TRUE(move(call, 3).accepted);
  t.pass(39'000);
  EXPECT_EQ(waiting(kThirdQueueArn), 1);
  t.events.clear();
  t.pass(1'500);
  EXPECT_EQ(waiting(kThirdQueueArn), 0);
  EXPECT_EQ(waiting(kQueueArn), 1) << "the original queue";
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::requeued);

  // And there he is moved once more.
  ASSERT_TRUE(move(call, 3).accepted);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::requeued);
  EXPECT_EQ(t.transfer_states("agent1").back().reason, Reason::timeout);
  EXPECT_EQ(t.transfer_states("agent1").back().queue_name, "Third");
  t.pass(directory::Queue{}.max_wait_seconds * 1'000LL);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed)
      << "the chain has ended";
}

TEST_F(MoveContact, WhoRingsIsAnsweredByAQueueThatAnswers) {
  directory::Directory d = three_queues();
  d.queues[0].answer = directory::QueueAnswer::on_agent;
  d.queues[2].answer = directory::QueueAnswer::on_agent;
  t.put(DirectoryChanged{d});
  t.sign_in("agent2");
  const ContactId call = calls();
  t.confirm<RingLeg>();
  t.pass(100'000);
  ASSERT_TRUE(move(call, 3).accepted);
  EXPECT_FALSE(t.take<AnswerLeg>()) << "this one lets him ring, too";
  EXPECT_EQ(waiting(kThirdQueueArn), 1);
  ASSERT_TRUE(move(call, 2).accepted);
  EXPECT_EQ(waiting(kThirdQueueArn), 0);
  EXPECT_EQ(offered_to(call), "");
  t.confirm<AnswerLeg>();
  EXPECT_EQ(offered_to(call), "agent2");
  for (const QueueStatus& each : t.center.queues()) {
    if (each.arn == kOtherQueueArn) {
      EXPECT_NEAR(static_cast<double>(t.now - each.longest_waiting_since), 100'000, 50);
    }
  }
}

TEST_F(MoveContact, WhoRingsIsNotLeftRingingForLonger) {
  directory::Directory d = three_queues();
  for (directory::Queue& queue : d.queues) {
    queue.answer = directory::QueueAnswer::on_agent;
    queue.max_wait_seconds = 600;
  }
  t.put(DirectoryChanged{d});
  const ContactId call = calls();
  t.pass(160'000);
  ASSERT_TRUE(move(call, 2).accepted);
  t.pass(9'000);
  EXPECT_EQ(waiting(kOtherQueueArn), 1);
  t.pass(1'500);
  EXPECT_EQ(waiting(kOtherQueueArn), 0) << "the carrier would give up";
}

TEST_F(MoveContact, WhoOwesAnAnswerIsOfferedWhenHeHasGivenIt) {
  t.sign_in("agent1");
  const ContactId call = t.call_in();
  t.answer("agent1");
  t.sign_in("agent2");
  ASSERT_TRUE(t.choose("agent2", "Break").accepted);
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer,
                        to_quick_connect(QuickConnectType::queue, "queue"))
                  .accepted);
  t.pass(2'100);  // Nobody has answered the hold.
  t.sign_in("agent3");
  ASSERT_TRUE(move(call, 3).accepted);
  EXPECT_EQ(offered_to(call), "");
  t.confirm<ParkLeg>();
  EXPECT_EQ(offered_to(call), "agent3");
}

TEST_F(MoveContact, LeavesTheOldQueueForTheFigures) {
  const ContactId call = t.call_in();
  t.pass(3'000);
  ASSERT_TRUE(move(call, 2).accepted);
  std::vector<LeftQueue> exits;
  for (const Output& output : t.all) {
    if (const auto* left = std::get_if<LeftQueue>(&output)) exits.push_back(*left);
  }
  ASSERT_EQ(exits.size(), 1U);
  EXPECT_EQ(exits[0].queue, "First");
  EXPECT_EQ(exits[0].how, QueueExit::moved);
}

TEST_F(MoveContact, WhoWaitsIsListedWhoHasWaitedLongestFirst) {
  t.sign_in("agent1");
  const ContactId first = t.call_in(1);
  const ContactId second = t.call_in(2);
  const ContactId third = t.call_in(3);
  ASSERT_TRUE(move(second, 2).accepted);
  const auto all = t.center.waiting("", 10);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].contact, first);
  EXPECT_EQ(all[0].offered_to, "agent1");
  EXPECT_EQ(all[0].customer, testing::kCustomer);
  EXPECT_EQ(all[1].contact, second);
  EXPECT_EQ(all[1].queue_name, "Second");
  EXPECT_EQ(all[1].position, 1);
  EXPECT_FALSE(all[1].transfer);
  EXPECT_EQ(all[2].contact, third);
  EXPECT_EQ(all[2].position, 2);
  EXPECT_LT(all[1].since, all[2].since);
  EXPECT_EQ(t.center.waiting("", 2).size(), 2U);
  ASSERT_EQ(t.center.waiting(kOtherQueueArn, 10).size(), 1U);
  EXPECT_TRUE(t.center.waiting("arn:none", 10).empty());
}

TEST_F(MoveContact, ARestartFindsHimWhereHeWasMovedTo) {
  const ContactId call = t.call_in();
  t.pass(5'000);
  ASSERT_TRUE(move(call, 2).accepted);
  t.restart({call});
  EXPECT_EQ(waiting(kOtherQueueArn), 1);
  ContactCenter loaded;
  ASSERT_EQ(loaded.load(t.center.save()), "");
  EXPECT_EQ(loaded.dump(), t.center.dump());
  t.sign_in("agent2");
  EXPECT_EQ(offered_to(call), "agent2");
}

TEST(MoveContactElsewhere, ABackEndWhoseQueuesAreNotOursRefuses) {
  TestCenter t(small_directory(), testing::mirrored_policy());
  Request request = to_quick_connect(QuickConnectType::queue, "queue");
  request.contact_id = "00000000-0000-4000-8000-000000000001";
  const Reply reply =
      t.request("agent4", RequestKind::move_contact, std::move(request), Role::supervisor);
  ASSERT_FALSE(reply.accepted);
  EXPECT_EQ(reply.error->reason, Reason::notSupported);
  EXPECT_EQ(reply.error->error_type, "MOVE_CONTACT_FAILED");
}

/// The customer rings in the first queue, and the join with agent1 answers him and then fails.
struct MoveOfAnAnsweredCustomer : MoveContact {
  MoveOfAnAnsweredCustomer() : MoveContact(ringing_first()) {}
  static directory::Directory ringing_first() {
    directory::Directory d = three_queues();
    d.queues[0].answer = directory::QueueAnswer::on_agent;
    return d;
  }
  ContactId joined_in_vain() {
    t.sign_in("agent1");
    const ContactId call = calls();
    t.confirm<RingLeg>();
    EXPECT_TRUE(t.request("agent1", RequestKind::answer).accepted);
    const LegId agent_leg = t.confirm<DialLeg>().leg;
    t.put(LegAnswered{agent_leg});
    t.fail<BridgeLegs>(481, "gone", agent_leg);
    t.put(LegEnded{.leg = agent_leg, .cause = EndCause::unreachable, .code = 481, .text = {}});
    t.finish_ends();
    return call;
  }
};

TEST_F(MoveOfAnAnsweredCustomer, EntersTheQueueWhichHasNothingToAnswer) {
  const ContactId call = joined_in_vain();
  t.sign_in("agent2");
  ASSERT_TRUE(move(call, 2).accepted);
  t.fail<AnswerLeg>(500, "The leg does not wait to be answered.");
  EXPECT_EQ(waiting(kOtherQueueArn), 1);
  EXPECT_FALSE(t.timers.empty());
  EXPECT_EQ(offered_to(call), "") << "whether he is there is not known yet";
  EXPECT_EQ(t.confirm<ParkLeg>().sound, Sound::queue);
  EXPECT_EQ(offered_to(call), "agent2");
  t.answer("agent2");
}

TEST_F(MoveOfAnAnsweredCustomer, IsAPlainMoveWhereTheSwitchToldOfTheAnswer) {
  t.sign_in("agent1");
  const ContactId call = calls();
  t.confirm<RingLeg>();
  EXPECT_TRUE(t.request("agent1", RequestKind::answer).accepted);
  const LegId agent_leg = t.confirm<DialLeg>().leg;
  t.put(LegAnswered{agent_leg});
  t.put(LegAnswered{call});
  t.fail<BridgeLegs>(481, "gone", agent_leg);
  t.put(LegEnded{.leg = agent_leg, .cause = EndCause::unreachable, .code = 481, .text = {}});
  t.finish_ends();
  t.sign_in("agent2");
  ASSERT_TRUE(move(call, 2).accepted);
  EXPECT_FALSE(t.take<AnswerLeg>());
  EXPECT_EQ(offered_to(call), "agent2");
}

TEST_F(MoveOfAnAnsweredCustomer, IsOverWhereHisLegTurnsOutToBeGone) {
  const ContactId call = joined_in_vain();
  t.sign_in("agent2");
  ASSERT_TRUE(move(call, 2).accepted);
  t.fail<AnswerLeg>(481, "The leg has ended.");
  EXPECT_EQ(waiting(kOtherQueueArn), 0);
  t.put(LegEnded{.leg = call, .cause = EndCause::unreachable, .code = 408, .text = {}});
  EXPECT_EQ(t.state_of("agent2"), "Available");
  EXPECT_TRUE(t.timers.empty());
}

TEST_F(MoveContact, WhoseAcknowledgementIsLateIsOfferedOnceItIsThere) {
  t.sign_in("agent1");
  calls();
  t.fail<AnswerLeg>(504, "The parties took too long.");
  EXPECT_EQ(waiting(kQueueArn), 1);
  EXPECT_EQ(t.state_of("agent1"), "Available");
  t.confirm<ParkLeg>();
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

}  // namespace
}  // namespace baton::core
