#include "world.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/number_facts.hpp"
#include "surroundings.hpp"

namespace baton::simulation {

using core::EndCause;
using message::Request;
using message::RequestKind;

namespace {

/// The switch reports a command's failure at the latest after SIP's own longest wait (RFC 3261,
/// timer B).
constexpr TimeMs kLongestReport = 32'000;
constexpr int kMostCustomers = 4;

constexpr std::array<TimeMs, 8> kWaits = {0, 1, 100, 1'000, 2'100, 5'100, 11'000, 21'000};

// The last two are drawn by the walk in openings with nobody on a call.
constexpr std::array kAsked = {RequestKind::answer,
                               RequestKind::reject,
                               RequestKind::hold,
                               RequestKind::resume,
                               RequestKind::disconnect,
                               RequestKind::clear_contact,
                               RequestKind::cancel_transfer,
                               RequestKind::update_state,
                               RequestKind::set_not_ready,
                               RequestKind::mute,
                               RequestKind::unmute,
                               RequestKind::send_dtmf,
                               RequestKind::login,
                               RequestKind::logout,
                               RequestKind::make_call};

std::uint64_t hash_of(std::uint64_t a, std::uint64_t b) {
  return (a + 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL ^ b;
}

void fill_request(Request& asked, std::uint8_t how) {
  asked.kind = kAsked.at(how % kAsked.size());
  const auto variant = how / kAsked.size();
  switch (asked.kind) {
    case RequestKind::update_state: {
      constexpr std::array kCodes = {"Available", "Break", "Available", "Offline"};
      asked.state = message::AgentStateRef{.label = "", .code = kCodes.at(variant % 4), .type = ""};
      break;
    }
    case RequestKind::set_not_ready:
      asked.reason_code = "Break";
      break;
    case RequestKind::send_dtmf:
      asked.digits = "12#";
      break;
    case RequestKind::make_call:
      asked.destination = message::DialPad{kCustomer};
      break;
    default:
      break;
  }
}

void fill_transfer(Request& asked, std::uint8_t how) {
  asked.kind = RequestKind::blind_transfer;
  asked.subtopic = "BlindTransfer";
  const int target = how % 6;
  if (target == 0) {
    asked.destination = message::DialPad{kOutside};
  } else {
    message::QuickConnectRef ref;
    ref.type = target == 1   ? message::QuickConnectType::phone_number
               : target == 2 ? message::QuickConnectType::queue
                             : message::QuickConnectType::agent;
    ref.endpoint_arn = target == 1 ? "arn:connect/external"
                       : target == 2
                           ? "arn:connect/queue"
                           : "arn:connect/" + kLogins[static_cast<std::size_t>(target) - 3];
    ref.name = "any";
    asked.destination = std::move(ref);
  }
  using message::FallbackKind;
  switch (how / 6 % 8) {
    case 0:
    case 1:
      break;
    case 2:
      if (target != 2) asked.options.release_on = message::ReleaseOn::accepted;
      break;
    case 3:
      if (target != 2) asked.options.release_on = message::ReleaseOn::answered;
      break;
    case 4:
      asked.options.on_failure = {{{.kind = FallbackKind::original_queue, .queue_arn = {}},
                                   {.kind = FallbackKind::return_to_agent, .queue_arn = {}}}};
      asked.options.queue_timeout_seconds = 30;
      break;
    case 5:
      asked.options.on_failure = {{{.kind = FallbackKind::return_to_agent, .queue_arn = {}},
                                   {.kind = FallbackKind::disconnect, .queue_arn = {}}}};
      asked.options.ring_timeout_seconds = 5;
      break;
    case 6:
      asked.options.on_failure = {{{.kind = FallbackKind::queue, .queue_arn = kSecondQueue},
                                   {.kind = FallbackKind::queue, .queue_arn = kFirstQueue}}};
      asked.options.queue_timeout_seconds = 25;
      break;
    default:
      asked.options.on_failure.emplace();
      asked.options.attributes["Reason"] = "billing";
      break;
  }
}

}  // namespace

const char* name(Rule rule) {
  constexpr std::array kNames = {"custody", "lost",     "early",       "stray leg", "agent",
                                 "outcome", "late",     "no deadline", "asleep",    "sequence",
                                 "counts",  "contract", "reply",       "desktop",   "record",
                                 "replay",  "rest",     "quiet",       "line"};
  return kNames.at(static_cast<std::size_t>(rule));
}

World::World(std::uint8_t opening) {
  put(core::Started{.version = "simulation", .adopted_legs = {}, .reachable_phones = {}});
  put(core::PolicyChanged{policy_of(opening == 4)});
  put(core::DirectoryChanged{directory_of(0)});
  const auto sign_in = [&](int agent, bool available) {
    take({.act = Act::phone, .who = static_cast<std::uint8_t>(agent), .how = 0});
    Request& login = draft();
    login.kind = RequestKind::login;
    request(agent);
    Request& choose = draft();
    choose.kind = RequestKind::update_state;
    choose.state =
        message::AgentStateRef{.label = "", .code = available ? "Available" : "Break", .type = ""};
    request(agent);
  };
  const auto all_reports = [&] {
    while (!switch_.pending.empty()) report(0, Result::done);
  };
  sign_in(0, true);
  if (opening == 2) {
    Request& call = draft();
    call.kind = RequestKind::make_call;
    call.destination = message::DialPad{kCustomer};
    request(0);
    all_reports();
    leg_event(switch_.legs.back(), 1);
    all_reports();
    leg_event(switch_.legs.back(), 1);
    all_reports();
  } else if (opening != 3) {
    call_in(opening == 5 ? 1 : 0);
    all_reports();
    Request& answer = draft();
    answer.kind = RequestKind::answer;
    request(0);
    all_reports();
    leg_event(switch_.legs.back(), 1);
    all_reports();
  }
  sign_in(1, opening != 5);
  if (opening != 1) sign_in(2, opening != 5);
  all_reports();
  switch_.tidy();
  for (Desk& desk : desks_) desk.last.reset();
}

void World::seal() {
  beginning_ = std::make_shared<const std::vector<core::Input>>(std::move(journal_));
  journal_.clear();
  // What the last input led to has been checked: copies need not take it along.
  outputs_.clear();
}

LegId World::next_id() {
  ++ids_;
  return {.high = 0xc0ffee0000004000ULL, .low = 0x8000000000000000ULL + ids_};
}

void World::fail(Rule rule, std::string text) {
  if (!violation_) violation_ = Violation{.rule = rule, .text = std::move(text)};
}

void World::put() {
  if (violation_) return;
  now_ += tick_;
  core::look_up_numbers(input_.body, facts_of);
  input_.at = now_;
  input_.entropy_high = ++entropy_;
  input_.entropy_low = 7;
  outputs_.clear();
  published_ = 0;
  commanded_ = 0;
  ++inputs_;
  if (trace_ != nullptr) trace_input(input_);
  if (!tracked_.empty()) note_input(input_.body);
  core_.center.apply(input_, outputs_);
  if (digest_ != nullptr) digest_->add(input_, outputs_, core_.center);
  for (core::Output& output : outputs_) {
    if (trace_ != nullptr) trace_output(output);
    std::visit([this](auto& each) { on(each); }, output);
  }
  if (recorded_) journal_.push_back(input_);
  check();
}

void World::report(std::size_t index, Result result, std::uint8_t how) {
  if (index >= switch_.pending.size() || !switch_.may_report(index)) return;
  const Pending reported = switch_.pending[index];
  const SimLeg* first = switch_.leg(reported.a);
  const bool rang = first != nullptr && first->state == LegState::incoming;
  auto body = switch_.report(index, result, how);
  if (!body) return;
  if (rang && reported.kind == Pending::Kind::bridge && first->state == LegState::up)
    put(core::LegAnswered{reported.a});
  if (const auto* told = std::get_if<core::CommandResult>(&*body)) note_report(reported, *told);
  put(std::move(*body));
}

void World::leg_event(SimLeg& leg, std::uint8_t how) {
  switch (leg.state) {
    case LegState::asked:
    case LegState::gone:
      return;
    case LegState::incoming:
      put(switch_.hang_up(leg, EndCause::remote, 487));
      return;
    case LegState::dialing:
    case LegState::ringing: {
      constexpr std::array kRefusals = {486, 603, 480, 503, 500, 404};
      // A trunk may say 100 and nothing else for long.
      if (how % 16 == 8 && leg.state == LegState::dialing) {
        if (!leg.told) leg.heard = true;
        put(core::LegHeard{leg.id});
      } else if (how % 8 == 0 && leg.state == LegState::dialing) {
        if (!leg.told) leg.heard = true;
        leg.state = LegState::ringing;
        put(core::LegRinging{leg.id});
      } else if (how % 8 <= 1) {
        if (!leg.told) leg.heard = true;
        leg.state = LegState::up;
        for (Tracked& each : tracked_) each.deadline += 12'000;
        put(core::LegAnswered{leg.id});
      } else {
        put(switch_.hang_up(leg, EndCause::refused, kRefusals.at(how % 8 - 2U)));
      }
      return;
    }
    case LegState::up:
      break;
  }
  if (leg.agent < 0 || leg.told || how % 8 <= 2 || how % 8 == 7) {
    if (how % 8 == 2) {
      put(switch_.hang_up(leg, EndCause::unreachable, 408));
    } else {
      put(switch_.hang_up(leg, EndCause::remote, 0));
    }
    return;
  }
  switch (how % 8) {
    case 3:
      put(core::LegHeld{.leg = leg.id, .held = true});
      return;
    case 4:
      put(core::LegHeld{.leg = leg.id, .held = false});
      return;
    default: {
      core::LegRefer refer{.leg = leg.id,
                           .refer = ++ids_,
                           .target_user = how % 8 == 5 ? kOutside : kLogins[1],
                           .target_host = "127.0.0.1",
                           .replaces = how >= 250};
      put(std::move(refer));
      return;
    }
  }
}

void World::pass(TimeMs until) {
  while (!violation_) {
    // What is due first: a timer, or a report that the switch cannot delay any longer.
    TimeMs due = std::numeric_limits<TimeMs>::max();
    TimerId timer = 0;
    for (const auto& [id, at] : timers_) {
      if (at < due || (at == due && id < timer)) {
        due = at;
        timer = id;
      }
    }
    std::size_t overdue = switch_.pending.size();
    for (std::size_t i = 0; i < switch_.pending.size(); ++i) {
      if (switch_.pending[i].at + kLongestReport < due && switch_.may_report(i)) {
        due = switch_.pending[i].at + kLongestReport;
        overdue = i;
      }
    }
    if (due > until) break;
    now_ = std::max(now_, due);
    if (overdue < switch_.pending.size()) {
      const bool ends = switch_.pending[overdue].kind == Pending::Kind::end;
      report(overdue, ends ? Result::done : Result::leg_lost);
    } else {
      std::erase_if(timers_, [timer](const auto& each) { return each.first == timer; });
      note_timer(timer);
      put(core::TimerFired{timer});
    }
  }
  now_ = std::max(now_, until);
}

void World::fire_overdue() {
  // A timer may be late behind a batch of other inputs, but not by more than a second.
  for (const auto& [id, at] : timers_) {
    if (at + 1'000 < now_) {
      pass(now_);
      return;
    }
  }
}

bool World::enabled(int agent) const {
  const auto found =
      core::Inspection::of(core_.center).agents_.find(kLogins[static_cast<std::size_t>(agent)]);
  return found != core::Inspection::of(core_.center).agents_.end() &&
         found->second.record != nullptr && found->second.record->enabled;
}

int World::agent_who(core::Activity does) const {
  int index = 0;
  for (const auto& [login, agent] : core::Inspection::of(core_.center).agents_) {
    if (agent.activity == does) return index;
    ++index;
  }
  return -1;
}

int World::leg_that_rings() const {
  int index = 0;
  int found = -1;
  for (const SimLeg& leg : switch_.legs) {
    if (leg.state == LegState::gone || leg.state == LegState::asked) continue;
    if (!leg.told && (leg.state == LegState::dialing || leg.state == LegState::ringing))
      found = index;
    ++index;
  }
  return found;
}

int World::leg_untold() const {
  int index = 0;
  for (const SimLeg& leg : switch_.legs) {
    if (leg.state == LegState::gone || leg.state == LegState::asked) continue;
    if (!leg.told && leg.state == LegState::up && switch_.outcome_open(leg.id)) return index;
    ++index;
  }
  return -1;
}

int World::agent_unreleased(bool left) const {
  for (const Tracked& each : tracked_) {
    if (!each.outcome && !each.released && each.left == left) return each.agent;
  }
  return -1;
}

Request& World::draft() { return input_.body.emplace<core::RequestInput>().request; }

void World::request(int agent, bool supervisor, const Asked* repeatable) {
  auto& input = std::get<core::RequestInput>(input_.body);
  const Request& asked = input.request;
  Desk& desk = desks_[static_cast<std::size_t>(agent)];
  const std::string& login = kLogins[static_cast<std::size_t>(agent)];
  replies_ = 0;
  reply_ = nullptr;
  if (asked.topic.empty()) input.request.topic = "InboundCall";
  if (asked.kind == RequestKind::answer || asked.kind == RequestKind::cancel_transfer) {
    // Both give a phone more time.
    for (Tracked& each : tracked_) each.deadline += 23'000;
  }
  const bool remembered = repeatable != nullptr && enabled(agent);
  input.reply = ++ids_;
  input.caller = supervisor ? "boss" : login;
  input.role = supervisor ? directory::Role::supervisor : directory::Role::agent;
  input.agent = login;
  put();
  // Where something was wrong before, it was not even applied.
  if (violation_) return;
  if (!supervisor) desk.last.reset();
  if (remembered) desk.last = *repeatable;
  if (replies_ != 1 || reply_->key != ids_) {
    fail(Rule::reply, "a request got " + std::to_string(replies_) + " replies");
    return;
  }
  if (supervisor) return;
  desk.last_answer = {
      .accepted = reply_->accepted,
      .transfer = reply_->transfer_id,
      .sequence = reply_->sequence,
      .current = reply_->current.has_value(),
      .conflict = reply_->error && reply_->error->reason == message::Reason::idempotencyConflict};
}

void World::ask(int agent, std::uint8_t how) {
  const bool has_id = how / kAsked.size() % 2 == 1;
  send(agent, {.act = Act::request,
               .how = how,
               .id = has_id ? ++ids_ : 0,
               .content_hash = hash_of(how, 1)});
}

void World::send(int agent, const Asked& asked) {
  Request& request = draft();
  if (asked.act == Act::transfer) {
    fill_transfer(request, asked.how);
  } else {
    fill_request(request, asked.how);
  }
  if (asked.id != 0)
    request.id = (asked.act == Act::transfer ? "t" : "r") + std::to_string(asked.id);
  request.content_hash = asked.content_hash;
  std::optional<ContactId> talks;
  for (const auto& [id, contact] : core::Inspection::of(core_.center).contacts_) {
    if (contact->agent == kLogins[static_cast<std::size_t>(agent)] && contact->active()) talks = id;
  }
  this->request(agent, false, &asked);
  if (violation_ || !talks || asked.act != Act::transfer || asked.id != 0) return;
  const Answer& answer = desks_[static_cast<std::size_t>(agent)].last_answer;
  const Tracked* meant = answer.transfer ? tracked(*answer.transfer) : nullptr;
  if (answer.accepted && (meant == nullptr || meant->contact != *talks))
    fail(Rule::reply, "a transfer was taken for one of a customer with whom nobody talks any more");
}

/// A supervisor moves a customer to any queue. What must come of it is worked out here, too: he is
/// moved where he waits and the queue takes him, keeps the time he has waited and his transfer's
/// deadline; else nothing changes.
void World::move_contact(int agent, const Step& step) {
  constexpr std::array kTo = {"arn:connect/first", "arn:connect/second", "arn:connect/queue"};
  const std::array kArns = {kFirstQueue, kSecondQueue, kThirdQueue};
  const core::Inspection::State& s = core::Inspection::of(core_.center);
  std::vector<const core::Contact*> some;
  std::vector<const core::Contact*> all;
  for (const auto& [id, contact] : s.contacts_) {
    all.push_back(contact.get());
    if (contact->queue) some.push_back(contact.get());
  }
  // Now and then one who does not wait.
  if (some.empty() || step.how % 32 == 1) some = std::move(all);
  if (some.empty()) return;
  std::ranges::sort(some, {}, [](const core::Contact* each) { return each->id; });
  const core::Contact& before = *some[step.who / kAgents % some.size()];
  const std::size_t to = step.how / 2U % kTo.size();

  Request& move = draft();
  move.kind = RequestKind::move_contact;
  move.contact_id = to_string(before.id);
  message::QuickConnectRef ref;
  ref.type = message::QuickConnectType::queue;
  ref.endpoint_arn = kTo.at(to);
  ref.name = "any";
  move.destination = std::move(ref);

  const ContactId id = before.id;
  const std::optional<core::QueuePlace> place = before.queue;
  const bool transferred = before.transfer.has_value();
  const TimeMs ends = place ? due(place->timer) : 0;
  const TimeMs called = before.queued_at;
  const std::string& arn = kArns.at(to);
  const directory::Queue* queue = s.directory_->queue(arn);
  const auto line = s.lines_.find(arn);
  const bool stays = place && place->arn == arn;
  // Who is being answered in order to wait there stands in line already.
  const auto entering = std::ranges::count_if(s.contacts_, [&](const auto& each) {
    const core::Contact& other = *each.second;
    return !other.queue && !other.ended_at && other.queue_arn == arn &&
           std::ranges::any_of(s.commands_, [&](const auto& open) {
             return open.second.purpose == core::Purpose::answer_customer &&
                    open.second.leg == other.customer_leg;
           });
  });
  const bool takes = queue != nullptr && line != s.lines_.end() && line->second.open &&
                     static_cast<int>(line->second.waiting.size()) + entering < queue->max_waiting;
  const bool moves = enabled(agent) && place && !before.offer && queue != nullptr && takes;
  const bool accepted =
      enabled(agent) && place && !before.offer && queue != nullptr && (stays || takes);
  request(agent, true);
  if (violation_) return;
  if (reply_->accepted != accepted) {
    fail(Rule::line, accepted ? "a customer who waits is not moved to a queue that takes him"
                              : "a customer is moved who does not wait, or to a queue that is "
                                "closed, full or gone");
    return;
  }
  if (!place) return;
  const auto found = s.contacts_.find(id);
  const core::Contact* now = found == s.contacts_.end() ? nullptr : found->second.get();
  if (now != nullptr && !now->queue && moves && !stays && now->queue_arn == arn &&
      now->queued_at == called)
    return;  // Rang until now: he enters the queue when it has answered him.
  if (now == nullptr || !now->queue || now->queue->arn != (moves && !stays ? arn : place->arn)) {
    fail(Rule::line, "a customer waits neither where he waited nor where he was moved to");
  } else if (now->queue->since != place->since) {
    fail(Rule::line, "a customer who is moved loses the time that he has waited");
  } else if ((transferred || !moves || stays) && due(now->queue->timer) != ends) {
    fail(Rule::late, "the deadline of a wait is another after a move");
  }
}

void World::call_in(std::uint8_t how) {
  if (customers_ >= kMostCustomers) return;
  ++customers_;
  SimLeg leg{.id = next_id(), .state = LegState::incoming};
  core::LegIncoming incoming;
  incoming.leg = leg.id;
  incoming.to_number = how % 4 == 1 ? kSecondNumber : kFirstNumber;
  incoming.presentation.from_number = kCustomer;
  if (how % 4 == 3) {
    leg.agent = how / 4 % kAgents;
    incoming.from_agent = kLogins[static_cast<std::size_t>(leg.agent)];
    incoming.to_number = kOutside;
  } else {
    incoming.trunk = "carrier";
  }
  switch_.legs.push_back(leg);
  put(std::move(incoming));
}

void World::transfer(int agent, std::uint8_t how) {
  // Customer after customer, an agent asks for the same one.
  std::uint8_t& habit = desks_[static_cast<std::size_t>(agent)].habit;
  if (how >= 192) how = habit;
  habit = how % 48;
  const bool has_id = how / 48 % 2 == 1;
  send(agent, {.act = Act::transfer,
               .how = how,
               .id = has_id ? ++ids_ : 0,
               .content_hash = hash_of(static_cast<std::uint64_t>(how % 48), 2)});
}

void World::again(int agent, std::uint8_t how) {
  Desk& desk = desks_[static_cast<std::size_t>(agent)];
  if (!desk.last) return;
  Asked asked = *desk.last;
  const Answer before = desk.last_answer;
  const Answer& answer = desk.last_answer;
  const bool enabled = this->enabled(agent);
  if (asked.id == 0) {
    // A double click: while the transfer runs it is a repeat, after that a request of its own.
    const Tracked* running = before.transfer ? tracked(*before.transfer) : nullptr;
    const bool repeat =
        asked.act == Act::transfer && running != nullptr && !running->outcome && enabled;
    send(agent, asked);
    if (!repeat || violation_) return;
    if (!answer.accepted || answer.transfer != before.transfer || !answer.current ||
        published_ > 0 || commanded_ > 0) {
      fail(Rule::reply, "a double click was not taken for a repeat");
    }
    return;
  }
  const bool other = how % 4 == 3;
  if (other) ++asked.content_hash;
  send(agent, asked);
  if (violation_ || !enabled) return;
  if (published_ > 0 || commanded_ > 0) {
    fail(Rule::reply, "the same request id did something again");
  } else if (other) {
    if (answer.accepted || !answer.conflict)
      fail(Rule::reply, "a request id was taken for another request");
    --desk.last->content_hash;
    desk.last_answer = before;
  } else if (answer.accepted != before.accepted || answer.transfer != before.transfer ||
             answer.sequence != before.sequence) {
    fail(Rule::reply, "the same request id got another reply");
  }
}

void World::refresh(int agent) {
  if (violation_) return;
  Desk& desk = desks_[static_cast<std::size_t>(agent)];
  // Without an input in between both sides are those that were compared.
  if (std::exchange(desk.read_after, inputs_) == inputs_) return;
  const std::string& login = kLogins[static_cast<std::size_t>(agent)];
  const core::ContactCenter& center = core_.center;
  if (center.sequence_of(login) != desk.sequence) {
    fail(Rule::desktop, login + ": another sequence than the events'");
    return;
  }
  const message::Event state = center.read(login, RequestKind::agent_state_sync);
  const auto& sync = std::get<message::AgentStateSync>(state.body);
  if ((sync.agent.login_state == "LoggedIn") != desk.logged_in) {
    fail(Rule::desktop, login + ": signed in or not, the events told otherwise");
    return;
  }
  if (desk.logged_in && sync.agent.state && sync.agent.state->name != desk.state) {
    fail(Rule::desktop,
         login + ": is " + sync.agent.state->name + ", but the events told " + desk.state);
    return;
  }
  const message::Event calls = center.read(login, RequestKind::call_state_sync);
  const auto& list = std::get<message::CallStateSync>(calls.body).calls;
  const auto differs = [&](const Call& told, const message::CallLegView& now) {
    return told.status != now.status || told.contact != now.contact_id ||
           told.connection != now.connection_id || told.buttons != now.buttons.bits;
  };
  if (list.empty()) {
    for (const Call* told : {&desk.agent_leg, &desk.customer_leg}) {
      if (!told->status.empty() && (told->status != "disconnected" || told->buttons != 0)) {
        fail(Rule::desktop, login + ": has no call, but the events told one that is " +
                                told->status + " with buttons " + std::to_string(told->buttons));
        return;
      }
    }
    return;
  }
  const std::array<const Call*, 2> told = {&desk.agent_leg, &desk.customer_leg};
  for (std::size_t i = 0; i < 2; ++i) {
    if (!differs(*told[i], list[i])) continue;
    fail(Rule::desktop, login + ": leg " + std::to_string(i) + " is " + list[i].status + " (" +
                            to_string(list[i].connection_id) + ", buttons " +
                            std::to_string(list[i].buttons.bits) + "), but the events told " +
                            told[i]->status + " (" + to_string(told[i]->connection) + ", buttons " +
                            std::to_string(told[i]->buttons) + ")");
    return;
  }
}

void World::change_directory(std::uint8_t how) {
  directory_ = how % kDirectories;
  put(core::DirectoryChanged{directory_of(directory_)});
}

void World::restart(std::uint8_t how) {
  if (!recorded_ || !beginning_ || violation_) return;
  core::ContactCenter fresh;
  core::Outputs ignored;
  for (const auto* part :
       {beginning_.get(), static_cast<const std::vector<core::Input>*>(&journal_)}) {
    for (const core::Input& input : *part) {
      ignored.clear();
      fresh.apply(input, ignored);
    }
  }
  if (fresh.dump() != core_.center.dump()) {
    fail(Rule::replay, "the recorded inputs give another state:\n" + fresh.dump() +
                           "--- than the one that ran on:\n" + core_.center.dump());
    return;
  }
  if (how >= 128) {
    // The other way to start: from a snapshot, without the inputs before it.
    core::ContactCenter loaded;
    const std::string wrong = loaded.load(fresh.save());
    if (!wrong.empty() || loaded.dump() != fresh.dump()) {
      fail(Rule::replay, "a snapshot gives another state: " + wrong + "\n" + loaded.dump() +
                             "--- than the one that was saved:\n" + fresh.dump());
      return;
    }
    fresh = std::move(loaded);
  }
  core_.center = std::move(fresh);
  // The process that held them is gone: timers, open commands, and the legs that are not adopted.
  timers_.clear();
  core::Started started{.version = "simulation", .adopted_legs = {}, .reachable_phones = {}};
  started.adopted_legs = switch_.restart(how);
  const bool phones_kept = how % 2 == 1;
  for (std::size_t i = 0; i < desks_.size(); ++i) {
    desks_[i].phone = desks_[i].phone && phones_kept;
    if (desks_[i].phone) started.reachable_phones.push_back(kLogins[i]);
  }
  restarting_ = true;
  put(std::move(started));
  restarting_ = false;
  for (SimLeg& leg : switch_.legs) leg.reported = leg.reported || leg.state == LegState::gone;
}

void World::take(const Step& step) {
  if (violation_) return;
  const int agent = step.who % kAgents;
  switch (step.act) {
    case Act::result:
      if (!switch_.pending.empty()) {
        report(step.who % switch_.pending.size(), static_cast<Result>(step.how % 4),
               static_cast<std::uint8_t>(step.how / 4U));
      }
      break;
    case Act::leg: {
      int live = 0;
      for (const SimLeg& leg : switch_.legs)
        live += leg.state != LegState::gone && leg.state != LegState::asked ? 1 : 0;
      if (live == 0) break;
      int pick = step.who % live;
      for (SimLeg& leg : switch_.legs) {
        if (leg.state == LegState::gone || leg.state == LegState::asked || pick-- > 0) continue;
        leg_event(leg, step.how);
        break;
      }
      break;
    }
    case Act::wait: {
      const TimeMs length = kWaits.at(step.how % kWaits.size());
      if (length > 0) {
        pass(now_ + length);
      } else if (!timers_.empty()) {
        const auto next =
            std::ranges::min_element(timers_, {}, &std::pair<TimerId, TimeMs>::second);
        pass(std::max(now_, next->second));
      }
      break;
    }
    case Act::call_in:
      call_in(step.how);
      break;
    case Act::request:
      ask(agent, step.how);
      break;
    case Act::transfer:
      transfer(agent, step.how);
      break;
    case Act::again:
      again(agent, step.how);
      break;
    case Act::phone: {
      Desk& desk = desks_[static_cast<std::size_t>(agent)];
      desk.phone = !desk.phone;
      put(core::PhoneReachable{.login = kLogins[static_cast<std::size_t>(agent)],
                               .reachable = desk.phone});
      break;
    }
    case Act::refresh:
      refresh(agent);
      break;
    case Act::supervise: {
      if (step.how % 2 == 1) {
        move_contact(agent, step);
        break;
      }
      Request& cancel = draft();
      cancel.kind = RequestKind::cancel_transfer;
      for (const Tracked& each : tracked_) {
        if (each.agent == agent && !each.outcome) cancel.transfer_id = to_string(each.id);
      }
      request(agent, true);
      break;
    }
    case Act::hours:
      put(core::QueueHours{.queue_arn = kThirdQueue, .open = step.how % 2 == 1});
      break;
    case Act::directory:
      change_directory(step.how);
      break;
    case Act::restart:
      restart(step.how);
      break;
  }
  switch_.tidy();
  fire_overdue();
}

void World::run_out() {
  for (int rounds = 0; !violation_; ++rounds) {
    if (rounds > 2'000) {
      fail(Rule::no_deadline, "it never comes to rest");
      return;
    }
    if (!switch_.pending.empty()) {
      std::size_t index = 0;
      while (!switch_.may_report(index)) ++index;
      report(index, Result::done);
      continue;
    }
    if (timers_.empty()) return;
    const auto next = std::ranges::min_element(timers_, {}, &std::pair<TimerId, TimeMs>::second);
    pass(std::max(now_, next->second));
  }
}

void World::settle() {
  for (int agent = 0; agent < kAgents; ++agent) refresh(agent);
  run_out();
  check_at_rest();
  for (int agent = 0; agent < kAgents; ++agent) refresh(agent);
  // Everybody hangs up.
  for (std::size_t i = 0; i < switch_.legs.size() && !violation_; ++i) {
    SimLeg& leg = switch_.legs[i];
    if (leg.state == LegState::up && !leg.told && leg.agent < 0) leg_event(leg, 0);
  }
  run_out();
  check_empty();
  for (int agent = 0; agent < kAgents; ++agent) refresh(agent);
}

}  // namespace baton::simulation
