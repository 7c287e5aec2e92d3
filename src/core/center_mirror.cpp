// A session at Amazon Connect: who reports for the agent, and what follows from what is reported.

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/center.hpp"

namespace baton::core {

using message::BridgeAction;
using message::BridgeConnection;
using message::BridgeContact;
using message::BridgeSnapshot;
using message::Reason;

namespace {

/// How long after a failed transfer a hold counts as its doing.
constexpr TimeMs kOwedMs = 3000;

/// What the agent's state at Amazon Connect means here (the library's AgentErrorStates and system
/// states by name, since the type that the service sends with AfterCallWork is not documented).
Activity activity_of(std::string_view state, std::string_view type) {
  constexpr auto kNames = std::to_array<std::pair<std::string_view, Activity>>({
      {"AfterCallWork", Activity::acw},
      {"Busy", Activity::busy},
      {"CallingCustomer", Activity::busy},
      {"Dialing", Activity::busy},
      {"Joining", Activity::busy},
      {"PendingBusy", Activity::offered},
      {"Pending", Activity::offered},
      {"MissedCallAgent", Activity::missed},
      {"BadAddressCustomer", Activity::unreached},
      {"FailedConnectCustomer", Activity::unreached},
      {"LineEngagedCustomer", Activity::unreached},
      {"MissedCallCustomer", Activity::unreached},
  });
  for (const auto& [name, activity] : kNames) {
    if (name == state) return activity;
  }
  // FailedConnectAgent and the others: no call comes to him until he has cleared it.
  return type == "error" ? Activity::rejected : Activity::idle;
}

LegPhase leg_phase_of(std::string_view state) {
  if (state == "disconnected") return LegPhase::ended;
  if (state == "init" || state == "connecting") return LegPhase::ringing;
  return LegPhase::up;
}

/// Whether the agent's own connection is that of a call of his: a supervisor who listens in has
/// none.
bool takes_part(const BridgeContact& seen) {
  const BridgeConnection* own = agent_of(seen);
  return own != nullptr && is_active(*own) && own->state != "silent_monitor" &&
         own->state != "barge";
}

/// The agent's own connection, which is another one each time that a contact is offered to him.
LegId own_leg(const BridgeContact& seen) {
  const BridgeConnection* own = agent_of(seen);
  return own == nullptr ? LegId{} : message::bridge_id(own->id);
}

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// The lease: one bridge acts

void ContactCenter::Impl::on(const BridgeOpened& event) {
  Agent* who = agent(event.agent);
  if (!mirrored() || who == nullptr || !who->may_act()) return;
  if (!who->session) who->session.emplace();
  MirrorSession& session = *who->session;
  session.instance = event.hello.instance;
  session.library = event.hello.library;
  const BridgeTab fresh{
      .bridge = event.bridge, .tab = event.hello.tab, .cold_transfer = event.hello.cold_transfer};
  // The same tab again is a page that was loaded anew: what it had before is dead, told or not.
  std::erase_if(session.standbys, [&](const BridgeTab& each) { return each.tab == fresh.tab; });
  const bool anew = session.leased.bridge != 0 && session.leased.tab == fresh.tab;
  if (anew) {
    session.leased = {};
    session.standbys.insert(session.standbys.begin(), fresh);
  } else {
    session.standbys.push_back(fresh);
  }
  if (session.leased.bridge == 0) grant_lease(*who);
  if (anew) sdk_is_gone(*who);
}

void ContactCenter::Impl::on(const BridgeClosed& event) {
  Agent* who = agent(event.agent);
  if (who == nullptr || !who->session) return;
  MirrorSession& session = *who->session;
  std::erase_if(session.standbys,
                [&](const BridgeTab& each) { return each.bridge == event.bridge; });
  if (session.leased.bridge != event.bridge) return;
  lease_gone(*who);
  sdk_is_gone(*who);
}

void ContactCenter::Impl::grant_lease(Agent& agent) {
  MirrorSession& session = *agent.session;
  session.leased = session.standbys.front();
  session.standbys.erase(session.standbys.begin());
  ++session.epoch;
  session.leased_at = now_;
  session.reported = false;
  session.alive = false;
  cancel(session.lost_timer);
  // What the tab before was told is its own to answer: its results are of an older epoch.
  order(agent, {.action = BridgeAction::lease, .endpoints = session.endpoints.digest});
}

void ContactCenter::Impl::lease_gone(Agent& agent) {
  MirrorSession& session = *agent.session;
  session.leased = {};
  session.alive = false;
  if (!session.standbys.empty()) {
    grant_lease(agent);
    return;
  }
  if (session.lost_timer == 0) {
    session.lost_timer =
        arm(TimerKind::mirror_lost, {}, now_ + policy_.mirror.settle_timeout_seconds * 1000LL);
    timers_.at(session.lost_timer).agent = agent.login;
  }
  on(PhoneReachable{.login = agent.login, .reachable = false});
}

void ContactCenter::Impl::session_lost(Agent& agent) {
  for (Contact* call : mirrored_contacts(agent)) {
    if (Transfer* transfer = running_transfer(*call)) {
      cancel(transfer->mirror->timer);
      transfer->failure = Reason::timeout;
      transfer->failure_stage = message::to_string(transfer->state());
      end_transfer(*call, *transfer, TransferState::failed, Custody::unknown, Reason::timeout);
    }
    mirror_over(agent, *call, MirrorPhase::ended);
  }
  agent.finished.reset();
  agent.finished_before.clear();
  agent.muted = false;
  set_activity(agent, Activity::idle);
  const bool was_in = std::exchange(agent.logged_in, false);
  agent.since = now_;
  index_availability(agent);
  if (was_in) agent.tell(publish<message::LogoutSuccess>(agent).agent);
}

void ContactCenter::Impl::restart_sessions() {
  // What was asked for and not answered may or may not have happened: it is never asked for again.
  for (const CommandId id : open_commands()) {
    OpenCommand open = commands_.at(id);
    commands_.erase(id);
    cancel(open.timer);
    if (open.purpose != Purpose::mirror_control) continue;
    mirrored_done(open, {.command = id,
                         .ok = false,
                         .error = {},
                         .text = "The server was restarted before Amazon Connect answered."});
  }
  for (auto& [login, each] : agents_) {
    if (!each.session) continue;
    each.session->standbys.clear();
    each.session->cause.reset();
    lease_gone(each);
  }
  std::vector<ContactId> calls;
  for (const auto& [id, each] : contacts_) calls.push_back(id);
  std::ranges::sort(calls);
  for (const ContactId& id : calls) {
    Contact& call = *contact(id);
    Transfer* transfer = running_transfer(call);
    if (transfer == nullptr || !transfer->mirror) continue;
    const MirrorStep step = transfer->mirror->step;
    if (step == MirrorStep::adding || step == MirrorStep::leaving || step == MirrorStep::cold)
      outcome_unknown(call, *transfer, "The server was restarted before Amazon Connect answered.",
                      kSettleMs);
  }
}

void ContactCenter::Impl::forget_mirrored() {
  for (auto& [login, each] : agents_) {
    if (!each.session) continue;
    cancel(each.session->lost_timer);
    session_lost(each);
    each.session.reset();
  }
}

CommandId ContactCenter::Impl::order(Agent& agent, message::BridgeOrder body, OpenCommand context) {
  const MirrorSession& session = *agent.session;
  body.epoch = session.epoch;
  body.at = now_;
  BridgeCommand command_body{
      .agent = agent.login, .bridge = session.leased.bridge, .order = std::move(body)};
  if (context.purpose == Purpose::none) {
    // Nothing is answered: it is shown by the next snapshot.
    out_->emplace_back(Command{.id = 0, .body = std::move(command_body)});
    return 0;
  }
  context.agent = agent.login;
  TimeMs until = now_ + command_body.order.deadline_ms + kSettleMs;
  if (command_body.order.action == BridgeAction::coldTransfer) until += kSdkPatienceMs;
  const CommandId id = command(std::move(command_body), std::move(context));
  const TimerId timer = arm(TimerKind::mirror_command, {}, until);
  timers_.at(timer).command = id;
  commands_.at(id).timer = timer;
  return id;
}

void ContactCenter::Impl::mirrored_expired(CommandId command) {
  const auto found = commands_.find(command);
  if (found == commands_.end()) return;
  const OpenCommand open = std::move(found->second);
  commands_.erase(found);
  // A step of a transfer has its own deadline, which asks for a snapshot.
  if (open.purpose == Purpose::mirror_add || open.purpose == Purpose::mirror_leave ||
      open.purpose == Purpose::mirror_cold) {
    return;
  }
  mirrored_done(open, {.command = command,
                       .ok = false,
                       .error = "Expired",
                       .text = "Amazon Connect did not answer."});
}

void ContactCenter::Impl::ask_for_report(Agent& agent) {
  if (agent.session && agent.session->leased.bridge != 0)
    order(agent, {.action = BridgeAction::report});
}

std::optional<std::string> ContactCenter::Impl::cause_of(const Agent& agent) const {
  if (!agent.session || now_ > agent.session->cause_until) return {};
  return agent.session->cause;
}

// ---------------------------------------------------------------------------------------------------------------------
// What is reported

std::vector<Contact*> ContactCenter::Impl::mirrored_contacts(const Agent& agent) {
  std::vector<Contact*> calls;
  for (const auto& [id, each] : contacts_) {
    if (each->mirror && !each->ended_at && each->mirror->agent == agent.login)
      calls.push_back(each.get());
  }
  std::ranges::sort(calls, {}, [](const Contact* each) { return each->id; });
  return calls;
}

void ContactCenter::Impl::on(const BridgeReport& event) {
  Agent* who = agent(event.agent);
  if (who == nullptr || !who->session) return;
  MirrorSession& session = *who->session;
  // Of a tab that does not act, or from before its lease.
  if (session.leased.bridge != event.bridge || session.epoch != event.snapshot.epoch) return;
  // What this page shows is older than what the one before has shown: it has yet to hear of that.
  // One that stays behind for long has another clock, or the session is another one.
  const bool behind = event.snapshot.taken_at != 0 && event.snapshot.taken_at < session.taken_at;
  if (!session.reported && behind && now_ - session.leased_at < kCatchUpMs) return;
  session.taken_at = event.snapshot.taken_at;
  const bool first = !std::exchange(session.reported, true);
  session.alive = event.snapshot.alive;
  if (!who->phone_reachable) {
    who->phone_reachable = true;
    index_availability(*who);
  }
  if (!who->logged_in) {
    who->logged_in = true;
    who->since = now_;
    who->idle_since = now_;
    tell_agent(publish<message::LoginSuccess>(*who).agent, *who);
  }
  std::set<ContactId> listed;
  std::set<LegId> offered;
  for (const BridgeContact& each : event.snapshot.contacts) {
    listed.insert(message::bridge_id(each.id));
    if (phase_of(each) == MirrorPhase::offered) offered.insert(own_leg(each));
  }
  std::erase_if(session.passed_on, [&](const LegId& leg) { return !offered.contains(leg); });
  const bool called_out = calls_out(*who);
  for (const BridgeContact& each : event.snapshot.contacts)
    mirror_contact(*who, each, event.snapshot);
  // What is no longer listed was cleared, and had ended before.
  for (Contact* call : mirrored_contacts(*who)) {
    if (listed.contains(call->id) || waits_for_sdk(*call, nullptr)) continue;
    call->mirror->last.state = kUnlisted;
    dial_over(*who, *call, call->mirror->last, event.snapshot);
    mirror_over(*who, *call, MirrorPhase::ended);
  }
  forget_cleared(*who, event.snapshot);
  mirror_agent(*who, event.snapshot, first, called_out);
}

void ContactCenter::Impl::on(const BridgeListed& event) {
  Agent* who = agent(event.agent);
  if (who == nullptr || !who->session) return;
  MirrorSession& session = *who->session;
  const message::BridgeEndpoints& told = event.endpoints;
  if (session.leased.bridge != event.bridge || session.epoch != told.epoch) return;
  MirrorEndpoints& list = session.endpoints;
  if (told.part == 0) {
    list.next_part = 0;
    list.arrived.clear();
  }
  // A part that does not follow the one before: a later list begins with its own first.
  if (told.part != list.next_part) return;
  ++list.next_part;
  list.arrived.insert(list.arrived.end(), told.arns.begin(), told.arns.end());
  // A list that is longer than can be kept is none: what is not in it may be usable all the same.
  const bool known = told.known && list.arrived.size() <= message::kMaxBridgeEndpoints;
  if (known && !told.last) return;
  std::vector<std::string> arns = std::exchange(list.arrived, {});
  list.next_part = 0;
  list.known = known;
  list.digest = known ? told.digest : std::string{};
  list.arns = known ? std::move(arns) : std::vector<std::string>{};
  std::ranges::sort(list.arns);
}

void ContactCenter::Impl::mirror_contact(Agent& agent, const BridgeContact& seen,
                                         const BridgeSnapshot& snapshot) {
  const ContactId id = message::bridge_id(seen.id);
  const MirrorPhase phase = phase_of(seen);
  const bool over = phase > MirrorPhase::active;
  if (std::ranges::find(agent.session->passed_on, own_leg(seen)) != agent.session->passed_on.end())
    return;
  Contact* call = contact(id);
  const bool is_new = call == nullptr;
  if (is_new) {
    // Of a call that was over before anybody looked, only the agent's state tells.
    if (over || contacts_.size() >= static_cast<std::size_t>(policy_.max_contacts)) return;
    auto fresh = std::make_unique<Contact>();
    call = fresh.get();
    call->id = id;
    call->started_at = now_;
    call->call_state_at = now_;
    call->mirror.emplace().agent = agent.login;
    contacts_.emplace(id, std::move(fresh));
  }
  if (!call->mirror || call->ended_at) return;
  if (call->mirror->agent != agent.login) {
    // Amazon Connect offers a contact to one agent after the other under one id, and their sessions
    // report in any order, or not at all any more. Who talks on it keeps it.
    if (over || !call->offer || !takes_part(seen)) return;
    pass_on(*call, agent);
  }
  if (over) {
    if (waits_for_sdk(*call, &seen)) return;
    // After the end connections may still be shown as they were: they say nothing but that there
    // was one.
    Transfer* transfer = running_transfer(*call);
    if (transfer != nullptr && transfer->mirror && transfer->mirror->third_party.empty() &&
        transfer->mirror->step == MirrorStep::settling) {
      if (const BridgeConnection* party = third_party_of(seen)) {
        transfer->mirror->third_party = party->id;
        call->mirror->last = seen;  // The evidence.
      }
    }
    dial_over(agent, *call, seen, snapshot);
    mirror_over(agent, *call, phase);
    return;
  }
  // One that he missed is offered to him again: what was left of it is not there any more.
  drop_finished(agent, [&id](const ContactId& finished) { return finished == id; });
  MirrorContact& mirror = *call->mirror;
  mirror.last = seen;
  mirror_legs(*call, seen);

  const BridgeConnection* customer = customer_of(seen);
  call->queue_arn = seen.queue_arn;
  call->original_queue_arn = seen.queue_arn;
  if (!seen.queue_arn.empty() && call->queued_at == 0) call->queued_at = now_;
  if (customer != nullptr) {
    call->outbound = customer->type == "outbound";
    call->customer_number = customer->number;
    if (call->outbound) call->dialed_number = customer->number;
    call->variables = {};
  }
  const bool was_held = call->held;
  call->held = customer != nullptr && customer->state == "hold";
  if (call->held != was_held) call->call_state_at = now_;
  std::optional<std::string> made_by;  // The SetMakeCall by which he talks on it now.
  if (phase == MirrorPhase::offered) {
    if (!call->offer)
      call->offer = Offer{.agent = agent.login, .leg = call->agent_leg, .since = now_};
    call->offer->leg = call->agent_leg;
    call->agent.clear();
    call->dial_out.reset();
  } else {
    if (std::exchange(call->offer, std::nullopt)) call->call_state_at = now_;
    call->agent = agent.login;
    if (phase == MirrorPhase::dialing) {
      if (!call->dial_out) {
        call->dial_out = DialOut{
            .number = call->customer_number, .number_facts = {}, .caller_id = {}, .request_id = {}};
        dial_shown(agent, *call->dial_out);
      }
    } else if (std::optional<DialOut> made = std::exchange(call->dial_out, std::nullopt)) {
      made_by = std::move(made->request_id);
      call->call_state_at = now_;
    } else if (is_new && call->outbound) {
      // It was answered before anybody looked.
      DialOut answered{
          .number = call->customer_number, .number_facts = {}, .caller_id = {}, .request_id = {}};
      dial_shown(agent, answered);
      made_by = std::move(answered.request_id);
    }
  }

  Transfer* transfer = running_transfer(*call);
  if (transfer != nullptr && transfer->mirror) {
    transfer_seen(*call, *transfer);
  } else if (const BridgeConnection* party = third_party_of(seen)) {
    third_party_seen(*call, *party);
  }
  // A failed attempt can leave him on hold, and the snapshot that shows it may come after. A hold
  // that comes later is the agent's own.
  if (mirror.resume_owed && now_ - mirror.failed_at > kOwedMs) mirror.resume_owed = false;
  if (mirror.resume_owed && call->held && third_party_of(seen) == nullptr) {
    mirror.resume_owed = false;
    resume_customer(*call);
  }

  const std::string now_shown = seen.state + (call->held ? "/hold/" : "/") +
                                (customer == nullptr ? "" : customer->state) + "/" +
                                (agent_of(seen) == nullptr ? "" : agent_of(seen)->state) +
                                (call->transfer ? "/transfer" : "");
  if (std::exchange(mirror.told, now_shown) != now_shown) {
    publish_call_to(agent, *call, made_by ? made_by : cause_of(agent));
    store(*call);
  }
}

void ContactCenter::Impl::mirror_legs(Contact& contact, const BridgeContact& seen) {
  const BridgeConnection* customer = customer_of(seen);
  for (const BridgeConnection& each : seen.connections) {
    const LegId id = message::bridge_id(each.id);
    Leg* leg = contact.leg(id);
    if (leg == nullptr) {
      Leg fresh;
      fresh.id = id;
      fresh.role = each.type == "agent" ? LegRole::agent
                   : &each == customer  ? LegRole::customer
                                        : LegRole::destination;
      fresh.party = each.type == "agent" ? contact.mirror->agent : each.number;
      fresh.started_at = now_;
      leg = &contact.legs.emplace_back(std::move(fresh));
    }
    const LegPhase phase = leg_phase_of(each.state);
    leg->parked = each.state == "hold";
    if (phase == LegPhase::up && !leg->answered_at) leg->answered_at = now_;
    if (phase == LegPhase::ended && !leg->ended_at) leg->ended_at = now_;
    if (phase != LegPhase::ended) leg->ended_at.reset();
    leg->phase = phase;
    if (&each == customer) contact.customer_leg = id;
    if (each.type == "agent") contact.agent_leg = id;
  }
}

void ContactCenter::Impl::mirror_agent(Agent& agent, const BridgeSnapshot& snapshot, bool first,
                                       bool called_out) {
  MirrorSession& session = *agent.session;
  const std::string before =
      agent.state_type() + agent.state_name() + (agent.muted ? "/muted" : "");
  session.state = snapshot.state;
  session.state_type = snapshot.state_type;
  agent.muted = snapshot.muted;
  const Activity activity = activity_of(snapshot.state, snapshot.state_type);
  if (activity == Activity::idle && agent.chosen.label != snapshot.state) {
    const directory::AgentState* known = directory_->agent_state({}, snapshot.state);
    agent.chosen = known != nullptr && known->label == snapshot.state
                       ? *known
                       : directory::AgentState{snapshot.state, snapshot.state, snapshot.state_type};
    agent.since = now_;
    agent.idle_since = now_;
  }
  set_activity(agent, activity);
  index_availability(agent);

  const Contact* shown = agent.contact ? contact(*agent.contact) : nullptr;
  if (shown == nullptr || shown->ended_at) {
    agent.contact.reset();
    for (const Contact* call : mirrored_contacts(agent)) {
      // The one that he talks on before one that is only offered.
      if (!agent.contact || (!call->offer && contact(*agent.contact)->offer))
        agent.contact = call->id;
    }
  }
  const std::string after = agent.state_type() + agent.state_name() + (agent.muted ? "/muted" : "");
  // Who calls and who talks are both Busy, but one of them has nobody to be muted for.
  if (first || before != after || called_out != calls_out(agent))
    agent_changed(agent, cause_of(agent));
}

}  // namespace baton::core
