// The whole state as bytes and back (docs/journal-format.md, "Snapshots").

#include <algorithm>
#include <utility>

#include "core/center.hpp"
#include "core/named_codec.hpp"

namespace baton::core {

namespace {

constexpr std::string_view kMagic = "BTNS";

struct SavedLine {
  std::string arn;
  bool open = true;
  std::int64_t average_wait_ms = -1;
};
BOOST_DESCRIBE_STRUCT(SavedLine, (), (arn, open, average_wait_ms))

/// The state's members by their names. Those who wait and who is available are worked out from the
/// contacts and the agents. `Of` is a pointer for writing, which copies nothing, and a value for
/// reading.
template <template <class> class Of, template <class> class Each>
struct State {
  CommandId next_command = 1;
  TimerId next_timer = 1;
  Counters counters{};
  Of<Policy> policy{};
  Of<directory::Directory> directory{};
  std::vector<Each<Agent>> agents{};
  std::vector<Each<Contact>> contacts{};
  std::vector<Each<Transfer>> transfers{};
  std::vector<SavedLine> lines{};
  std::vector<NumberDials> dialled{};
  TimeMs swept_at = 0;
  std::map<CommandId, Each<OpenCommand>> commands{};
  std::map<TimerId, Each<OpenTimer>> timers{};

  BOOST_DESCRIBE_CLASS(State, (),
                       (next_command, next_timer, counters, policy, directory, agents, contacts,
                        transfers, lines, dialled, swept_at, commands, timers),
                       (), ())
};

template <class T>
using Pointer = const T*;
template <class T>
using Value = T;
template <class T>
using Owner = std::unique_ptr<T>;

using Written = State<Pointer, Pointer>;
using Read = State<Value, Owner>;

template <class Map>
auto sorted_by_id(const Map& map) {
  std::vector<const typename Map::mapped_type::element_type*> list;
  list.reserve(map.size());
  for (const auto& [id, each] : map) list.push_back(each.get());
  std::ranges::sort(list, {}, [](const auto* each) { return each->id; });
  return list;
}

/// Empty, or what does not fit together. Only what the transitions take for granted.
std::string why_unsound(const Read& state) {
  std::set<TransferId> transfers;
  for (const auto& each : state.transfers) {
    if (!transfers.insert(each->id).second)
      return "the transfer " + to_string(each->id) + " is in it twice";
  }
  std::set<ContactId> contacts;
  for (const auto& each : state.contacts) {
    if (!contacts.insert(each->id).second)
      return "the contact " + to_string(each->id) + " is in it twice";
    if (each->transfer && !transfers.contains(*each->transfer))
      return "the contact " + to_string(each->id) + " names a transfer that is not in it";
  }
  for (const auto& each : state.transfers) {
    if (!contacts.contains(each->contact))
      return "the transfer " + to_string(each->id) + " names a contact that is not in it";
  }
  std::set<std::string> logins;
  for (const auto& each : state.agents) {
    if (!logins.insert(each->login).second) return "the agent " + each->login + " is in it twice";
    for (const TransferId& id : each->running) {
      if (!transfers.contains(id))
        return "the agent " + each->login + " names a transfer that is not in it";
    }
  }
  return {};
}

}  // namespace

template <>
inline constexpr std::size_t kNotSaved<Contact> = 1;  // variables.
template <>
inline constexpr std::size_t kNotSaved<Agent> = 4;  // record, routing, indexed, indexed_since.

std::string ContactCenter::save() const {
  const Impl& s = *impl_;
  Written state;
  state.next_command = s.next_command_;
  state.next_timer = s.next_timer_;
  state.counters = s.counters_;
  state.policy = &s.policy_;
  state.directory = &s.directory_->directory();
  for (const auto& [login, each] : s.agents_) state.agents.push_back(&each);
  state.contacts = sorted_by_id(s.contacts_);
  state.transfers = sorted_by_id(s.transfers_);
  for (const auto& [arn, line] : s.lines_) {
    state.lines.push_back({.arn = arn, .open = line.open, .average_wait_ms = line.average_wait_ms});
  }
  state.dialled = s.dialled_.save();
  state.swept_at = s.swept_at_;
  for (const auto& [id, each] : s.commands_) state.commands.emplace(id, &each);
  for (const auto& [id, each] : s.timers_) state.timers.emplace(id, &each);
  std::string out(kMagic);
  out += static_cast<char>(kSnapshotFormat & 0xffU);
  out += static_cast<char>(kSnapshotFormat >> 8U);
  NamedEncoder::encode(state, out);
  return out;
}

std::string ContactCenter::load(std::string_view snapshot) {
  constexpr std::size_t kHead = kMagic.size() + 2;
  if (snapshot.size() < kHead || !snapshot.starts_with(kMagic)) return "it is no snapshot";
  const unsigned format = static_cast<unsigned char>(snapshot[4]) |
                          static_cast<unsigned>(static_cast<unsigned char>(snapshot[5])) << 8U;
  if (format != kSnapshotFormat) {
    return "it has format " + std::to_string(format) + ", this program reads format " +
           std::to_string(kSnapshotFormat);
  }
  Read state;
  if (std::string error = NamedDecoder::decode(snapshot.substr(kHead), state); !error.empty())
    return error;
  if (std::string error = why_unsound(state); !error.empty()) return error;

  auto fresh = std::make_unique<Impl>();
  Impl& s = *fresh;
  s.next_command_ = state.next_command;
  s.next_timer_ = state.next_timer;
  s.counters_ = state.counters;
  s.policy_ = std::move(state.policy);
  s.directory_ = std::make_shared<const directory::DirectoryIndex>(std::move(state.directory));
  for (auto& each : state.agents) s.agents_.emplace(each->login, std::move(*each));
  for (SavedLine& each : state.lines) {
    WaitingLine& line = s.lines_[each.arn];
    line.open = each.open;
    line.average_wait_ms = each.average_wait_ms;
  }
  s.dialled_.load(state.dialled);
  s.swept_at_ = state.swept_at;
  for (auto& each : state.contacts) {
    if (!each->mirror) {
      for (const Leg& leg : each->legs) s.legs_.emplace(leg.id, each->id);
    }
    if (each->queue) {
      s.lines_[each->queue->arn].waiting.emplace(each->queue->since, each->id);
      // An older version did not count it. Of one who talks it is not known any more.
      if (each->waited_ms == 0) each->waited_ms = each->queue->entered_at - each->queue->since;
    }
    const ContactId id = each->id;
    s.contacts_.emplace(id, std::move(each));
  }
  for (auto& each : state.transfers) {
    const TransferId id = each->id;
    s.transfers_.emplace(id, std::move(each));
  }
  for (auto& [id, each] : state.commands) s.commands_.emplace(id, std::move(*each));
  for (auto& [id, each] : state.timers) s.timers_.emplace(id, *each);
  s.find_records();
  for (auto& [login, each] : s.agents_) s.index_availability(each);
  impl_ = std::move(fresh);
  return {};
}

}  // namespace baton::core
