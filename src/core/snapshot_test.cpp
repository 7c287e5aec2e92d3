#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "core/named_codec.hpp"
#include "core/test_switch.hpp"

namespace baton::core {
namespace {

using message::RequestKind;
using testing::TestCenter;

/// Draws what happens next to a small contact centre; not all of it makes sense.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}

  InputBody next(const TestCenter& t) {
    const std::string agent = "agent" + std::to_string(1 + pick(4));
    switch (pick(12)) {
      case 0:
        return PhoneReachable{.login = agent, .reachable = pick(8) != 0};
      case 1: {
        LegIncoming call;
        call.leg = {.high = 0xc0ffee0000004000ULL, .low = 0x8000000000000000ULL + ++calls_};
        call.trunk = "carrier";
        call.to_number = testing::kInbound;
        call.presentation.from_number = testing::kCustomer;
        call.presentation.headers["X-Case"] = std::to_string(calls_);
        legs_.push_back(call.leg);
        return call;
      }
      case 2:
        return request(agent, RequestKind::login);
      case 3: {
        message::Request r;
        r.state = message::AgentStateRef{.label = "Available", .code = "Available", .type = ""};
        return request(agent, RequestKind::update_state, r);
      }
      case 4:
        return request(agent, RequestKind::answer);
      case 5: {
        message::Request r = testing::to_number("+12082097345");
        if (pick(2) == 0) {
          r = testing::to_quick_connect(message::QuickConnectType::queue, "queue");
        } else if (pick(2) == 0) {
          r = testing::to_quick_connect(message::QuickConnectType::agent, "agent2");
        }
        if (pick(2) == 0) r.options.note = "a note";
        if (pick(2) == 0) r.options.attributes["case"] = "7";
        return request(agent, RequestKind::blind_transfer, r);
      }
      case 6: {
        static constexpr std::array kKinds{RequestKind::hold,          RequestKind::resume,
                                           RequestKind::mute,          RequestKind::reject,
                                           RequestKind::clear_contact, RequestKind::cancel_transfer,
                                           RequestKind::disconnect,    RequestKind::logout};
        return request(agent, kKinds.at(pick(kKinds.size())));
      }
      case 7:
        if (legs_.empty()) break;
        return LegEnded{.leg = legs_.at(pick(legs_.size())),
                        .cause = static_cast<EndCause>(pick(4)),
                        .code = pick(2) == 0 ? 0 : 486,
                        .text = "Busy"};
      case 8:
        if (legs_.empty()) break;
        return LegAnswered{legs_.at(pick(legs_.size()))};
      case 9:
        if (t.timers.empty()) break;
        return TimerFired{
            std::next(t.timers.begin(), static_cast<std::ptrdiff_t>(pick(t.timers.size())))->first};
      default:
        break;
    }
    if (t.commands.empty()) return LegRinging{legs_.empty() ? LegId{} : legs_.back()};
    const Command& command = t.commands.at(pick(t.commands.size()));
    if (const auto* dial = std::get_if<DialLeg>(&command.body)) legs_.push_back(dial->leg);
    const bool ok = pick(10) != 0;
    return CommandResult{.command = command.id,
                         .ok = ok,
                         .code = ok ? 0 : 488,
                         .text = ok ? "" : "Not here",
                         .failed_leg = {}};
  }

  std::size_t pick(std::size_t count) { return random_() % count; }

 private:
  InputBody request(const std::string& agent, RequestKind kind, message::Request request = {}) {
    request.kind = kind;
    request.topic = "InboundCall";
    if (kind == RequestKind::blind_transfer) request.subtopic = "BlindTransfer";
    if (pick(2) == 0) request.id = std::to_string(pick(50));
    request.content_hash = static_cast<std::uint64_t>(kind);
    return RequestInput{.reply = 1,
                        .caller = agent,
                        .role = directory::Role::agent,
                        .agent = agent,
                        .request = std::move(request)};
  }

  std::mt19937_64 random_;
  std::uint64_t calls_ = 0;
  std::vector<LegId> legs_;
};

/// What an input put out, as far as it can be told as text.
std::string told(const Outputs& outputs) {
  std::string text;
  for (const Output& output : outputs) {
    text += std::to_string(output.index()) + ' ';
    if (const auto* publish = std::get_if<Publish>(&output))
      text += message::print(publish->event, "epoch");
    if (const auto* record = std::get_if<StoreTransfer>(&output))
      text += message::print(*record->transfer) + message::print_timeline(*record->transfer);
    if (const auto* record = std::get_if<StoreContact>(&output))
      text += message::print(*record->contact);
    if (const auto* command = std::get_if<Command>(&output))
      text += std::to_string(command->id) + '/' + std::to_string(command->body.index());
    if (const auto* arm = std::get_if<ArmTimer>(&output))
      text += std::to_string(arm->timer) + '@' + std::to_string(arm->at);
    if (const auto* cancel = std::get_if<CancelTimer>(&output))
      text += std::to_string(cancel->timer);
    if (const auto* reply = std::get_if<Reply>(&output)) {
      NamedEncoder::encode(*reply, text);
    }
    text += '\n';
  }
  return text;
}

TEST(Snapshot, AnEmptyStateComesBack) {
  const ContactCenter empty;
  ContactCenter other;
  ASSERT_EQ(other.load(empty.save()), "");
  EXPECT_EQ(other.dump(), empty.dump());
  EXPECT_EQ(other.save(), empty.save());
}

TEST(Snapshot, WhatWasSavedGoesOnAsIfNothingHadHappened) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Chance chance(seed);
    TestCenter t;
    const std::size_t steps = 50 + chance.pick(250);
    for (std::size_t i = 0; i < steps; ++i) {
      InputBody body = chance.next(t);
      if (const auto* result = std::get_if<CommandResult>(&body))
        std::erase_if(t.commands, [&](const Command& c) { return c.id == result->command; });
      if (const auto* fired = std::get_if<TimerFired>(&body)) t.timers.erase(fired->timer);
      t.put(std::move(body));
    }
    const std::string saved = t.center.save();
    ContactCenter other;
    ASSERT_EQ(other.load(saved), "") << "seed " << seed;
    ASSERT_EQ(other.dump(), t.center.dump()) << "seed " << seed;
    ASSERT_EQ(other.save(), saved) << "seed " << seed;
    for (int i = 0; i < 100; ++i) {
      InputBody body = chance.next(t);
      if (const auto* result = std::get_if<CommandResult>(&body))
        std::erase_if(t.commands, [&](const Command& c) { return c.id == result->command; });
      if (const auto* fired = std::get_if<TimerFired>(&body)) t.timers.erase(fired->timer);
      const std::size_t before = t.all.size();
      t.put(std::move(body));
      Outputs outputs;
      other.apply(t.journal.back(), outputs);
      ASSERT_EQ(told(outputs),
                told(Outputs(t.all.begin() + static_cast<std::ptrdiff_t>(before), t.all.end())))
          << "seed " << seed << " after " << i;
    }
    ASSERT_EQ(other.save(), t.center.save()) << "seed " << seed;
    if (HasFailure()) return;
  }
}

TEST(Snapshot, DamagedBytesAreRefusedAndChangeNothing) {
  Chance chance(7);
  TestCenter t;
  for (int i = 0; i < 200; ++i) t.put(chance.next(t));
  const std::string saved = t.center.save();
  ContactCenter other;
  EXPECT_NE(other.load(""), "");
  EXPECT_NE(other.load("BTNJ"), "");
  std::string future = saved;
  future[4] = '\x09';
  EXPECT_EQ(other.load(future), "it has format 9, this program reads format 1");
  for (std::size_t size = 6; size < saved.size(); size += 1 + size / 40)
    EXPECT_NE(other.load(saved.substr(0, size)), "") << size;
  EXPECT_NE(other.load(saved + "x"), "");
  EXPECT_EQ(other.dump(), ContactCenter().dump());
  // Any byte may be wrong: it is refused or read as something else, and nothing worse.
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = saved;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    static_cast<void>(ContactCenter().load(damaged));
  }
}

/// What there is to go on with after an upgrade: two conversations, one of them being transferred
/// to a number that rings, a customer who is offered to an agent, and one who waits.
TestCenter upgraded_centre() {
  TestCenter t;
  for (const char* agent : {"agent1", "agent2", "agent3"}) t.sign_in(agent);
  for (const std::uint64_t call : {1U, 2U}) {
    t.call_in(call);
    t.answer("agent" + std::to_string(call));
  }
  t.call_in(3);
  t.call_in(4);
  message::Request transfer = testing::to_number(testing::kOutside);
  transfer.id = "transfer 1";
  transfer.content_hash = 1;
  EXPECT_TRUE(t.request("agent1", RequestKind::blind_transfer, transfer).accepted);
  t.put(LegRinging{t.confirm<DialLeg>().leg});
  return t;
}

/// A snapshot that a release wrote is kept as a file, so that the versions after it are held to
/// reading it. With BATON_WRITE_SNAPSHOT=src/core/testdata/VERSION the test writes that file first:
/// once for each release, from its own source tree.
TEST(Snapshot, WhatTheLastReleaseWroteIsRead) {
  if (const char* folder = std::getenv("BATON_WRITE_SNAPSHOT"); folder != nullptr) {
    std::filesystem::create_directories(folder);
    std::ofstream(std::filesystem::path(folder) / "snapshot.bin", std::ios::binary)
        << upgraded_centre().center.save();
  }
  const std::string path = BATON_SOURCE_DIR "/src/core/testdata/0.1.0/snapshot.bin";
  std::ifstream file(path, std::ios::binary);
  const std::string saved((std::istreambuf_iterator<char>(file)), {});
  ASSERT_FALSE(saved.empty()) << path;

  TestCenter t;
  ASSERT_EQ(t.center.load(saved), "");
  t.now += 60'000;
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  EXPECT_EQ(t.state_of("agent2"), "Busy");
  EXPECT_EQ(t.state_of("agent3"), "PendingBusy");
  EXPECT_EQ(t.center.queues().front().waiting, 2) << "he who is offered to an agent waits, too";
  EXPECT_EQ(t.center.counters().transfers_open, 1U);
  const std::vector<LegId> legs = t.center.live_legs();
  EXPECT_EQ(legs.size(), 7U) << "four customers, two agents, and the number that rings";

  t.commands.clear();
  t.put(Started{
      .version = "next", .adopted_legs = legs, .reachable_phones = {"agent1", "agent2", "agent3"}});
  EXPECT_FALSE(t.commands.empty()) << "what was open is put out again";
  message::Request again = testing::to_number(testing::kOutside);
  again.id = "transfer 1";
  again.content_hash = 1;
  const Reply reply = t.request("agent1", RequestKind::blind_transfer, again);
  EXPECT_TRUE(reply.accepted) << "the same id gets its first answer";
  EXPECT_EQ(t.center.counters().transfers_accepted, 1U);
  t.put(LegEnded{.leg = {.high = 0xc0ffee0000004000ULL, .low = 0x8000000000000001ULL},
                 .cause = EndCause::remote,
                 .code = 0,
                 .text = {}});
  EXPECT_EQ(t.center.counters().abandoned, 1U);
}

/// As a program wrote it that did not count what a customer has waited: its name for that is one
/// that nobody knows.
std::string without_waited(std::string saved) {
  constexpr std::string_view kName = "waited_ms";
  const std::size_t at = saved.find(kName);
  EXPECT_NE(at, std::string::npos);
  if (at != std::string::npos) saved.replace(at, kName.size(), "xaited_ms");
  return saved;
}

TEST(Snapshot, OfAProgramThatDidNotCountItKeepsTheCreditOfWhoWaits) {
  Policy policy;
  policy.last_resort_queue = "Second";
  TestCenter t(testing::small_directory(), policy);
  t.call_in();
  t.pass(5'000);
  t.sign_in("agent1");
  const LegId phone = t.answer("agent1");
  t.pass(60'000);
  t.put(LegEnded{.leg = phone, .cause = EndCause::unreachable, .code = 408, .text = {}});
  const TimeMs back = t.now;
  ContactCenter upgraded;
  ASSERT_EQ(upgraded.load(without_waited(t.center.save())), "");
  t.center = std::move(upgraded);
  t.pass(testing::small_directory().queues[0].max_wait_seconds * 1'000LL + 1'000);
  const std::vector<WaitingCustomer> waiting = t.center.waiting({}, 9);
  ASSERT_EQ(waiting.size(), 1U);
  ASSERT_EQ(waiting.front().queue_name, "Second");
  EXPECT_NEAR(static_cast<double>(back - waiting.front().since), 5'000, 50);
}

TEST(Snapshot, OfWhoWasJustAnsweredKeepsWhatHeHasWaited) {
  TestCenter t;
  LegIncoming incoming;
  incoming.leg = LegId{.high = 5, .low = 5};
  incoming.to_number = testing::kInbound;
  t.put(incoming);
  t.pass(3'000);
  t.confirm<AnswerLeg>();
  const std::string saved = t.center.save();
  ContactCenter other;
  ASSERT_EQ(other.load(saved), "");
  EXPECT_TRUE(other.save() == saved) << "by as much as the time that the answering took";
}

// The state of an older program, and of a newer one.
struct OldInner {
  int kept = 1;
  std::string gone;
};
BOOST_DESCRIBE_STRUCT(OldInner, (), (kept, gone))
enum class OldKind : std::uint8_t { first, second };
BOOST_DESCRIBE_ENUM(OldKind, first, second)
struct OldState {
  std::int64_t number = 0;
  OldKind kind = OldKind::first;
  std::vector<OldInner> list;
  std::map<std::string, OldInner> dropped;
  std::variant<OldInner, std::string> either;
};
BOOST_DESCRIBE_STRUCT(OldState, (), (number, kind, list, dropped, either))

struct NewInner {
  bool fresh = true;
  std::int64_t kept = 0;
};
BOOST_DESCRIBE_STRUCT(NewInner, (), (fresh, kept))
enum class NewKind : std::uint8_t { zeroth, second, first };
BOOST_DESCRIBE_ENUM(NewKind, zeroth, second, first)
struct NewState {
  std::optional<std::string> fresh;
  std::vector<NewInner> list;
  NewKind kind = NewKind::zeroth;
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(NewState, (), (fresh, list, kind, number))

TEST(NamedCodec, ANewerProgramReadsWhatItKnows) {
  OldState old;
  old.number = -77;
  old.kind = OldKind::second;
  old.list = {{.kept = 3, .gone = "x"}, {}};
  old.dropped["a"].gone = "y";
  std::string bytes;
  NamedEncoder::encode(old, bytes);
  NewState state;
  ASSERT_EQ(NamedDecoder::decode(bytes, state), "");
  EXPECT_EQ(state.number, -77);
  EXPECT_EQ(state.kind, NewKind::second) << "by its name, not by its value";
  ASSERT_EQ(state.list.size(), 2U);
  EXPECT_EQ(state.list.front().kept, 3);
  EXPECT_TRUE(state.list.front().fresh);
  EXPECT_FALSE(state.fresh.has_value());
}

TEST(NamedCodec, WhatCannotBeToldIsRefusedByName) {
  NewState state;
  state.kind = NewKind::first;
  state.list.push_back({});
  std::string bytes;
  NamedEncoder::encode(state, bytes);
  OldState old;
  EXPECT_EQ(NamedDecoder::decode(bytes, old), "");
  state.kind = NewKind::second;
  state.number = 5;
  bytes.clear();
  NamedEncoder::encode(state, bytes);
  const std::size_t at = bytes.rfind("second");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 6, "thirds");
  EXPECT_EQ(NamedDecoder::decode(bytes, old), "'thirds' is not known to this version (in 'kind')");
}

}  // namespace
}  // namespace baton::core
