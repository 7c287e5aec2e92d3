// A call at Amazon Connect that is over for its agent: it ended, was missed, or is another one's
// now.

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "core/center.hpp"

namespace baton::core {

using message::BridgeContact;
using message::BridgeSnapshot;

namespace {

std::string_view event_of(MirrorPhase phase) {
  if (phase == MirrorPhase::missed) return "missed";
  return phase == MirrorPhase::rejected ? "Rejected" : "ACW";
}

}  // namespace

void ContactCenter::Impl::mirror_over(Agent& agent, Contact& contact, MirrorPhase phase) {
  Transfer* transfer = running_transfer(contact);
  if (transfer != nullptr && transfer->mirror) transfer_over(contact, *transfer);
  // What was not offered to him cannot be missed: a number that he called was not reached.
  if (!contact.offer) phase = MirrorPhase::ended;
  const bool taken = phase == MirrorPhase::ended;
  // Who was offered the call and is not busy with it has nothing to do after it.
  const Activity then = phase == MirrorPhase::missed     ? Activity::missed
                        : phase == MirrorPhase::rejected ? Activity::rejected
                        : contact.offer                  ? Activity::idle
                                                         : Activity::acw;
  std::optional<std::string> made_by;
  if (contact.dial_out) made_by = contact.dial_out->request_id;
  const Because made(*this, agent.login, made_by);
  tell_over(agent, contact, then, taken && contact.offer ? "Dropped" : event_of(phase));
  contact.offer.reset();
  contact.dial_out.reset();
  contact.agent.clear();
  contact.ended_at = now_;
  for (Leg& leg : contact.legs) {
    if (leg.phase == LegPhase::ended) continue;
    leg.phase = LegPhase::ended;
    leg.ended_at = now_;
  }
  forget_if_over(contact);
}

void ContactCenter::Impl::tell_over(Agent& agent, Contact& contact, Activity then,
                                    std::string_view event) {
  const std::optional<ContactId> other = agent.contact == contact.id ? std::nullopt : agent.contact;
  // One that ended before him and is not cleared yet is shown until it is.
  std::optional<FinishedCall> before = std::exchange(agent.finished, std::nullopt);
  finish_call_for(agent, contact, then, event);
  if (before && agent.finished) {
    agent.finished_before.push_back(std::move(*before));
  } else if (before) {
    agent.finished = std::move(before);
  }
  agent.contact = other;
}

void ContactCenter::Impl::pass_on(Contact& contact, const Agent& to) {
  // Whether he let it ring or rejected it his own session tells later, if ever.
  Agent& from = *agent(contact.mirror->agent);
  tell_over(from, contact, Activity::missed, event_of(MirrorPhase::missed));
  if (Leg* leg = contact.leg(contact.agent_leg); leg != nullptr && leg->phase != LegPhase::ended) {
    leg->phase = LegPhase::ended;
    leg->ended_at = now_;
  }
  from.session->passed_on.push_back(contact.agent_leg);
  contact.offer.reset();
  contact.agent_leg = {};
  contact.mirror.emplace().agent = to.login;
}

void ContactCenter::Impl::forget_cleared(Agent& agent, const BridgeSnapshot& snapshot) {
  std::set<ContactId> listed;
  for (const BridgeContact& each : snapshot.contacts) listed.insert(message::bridge_id(each.id));
  drop_finished(agent, [&](const ContactId& contact) { return !listed.contains(contact); });
}

void ContactCenter::Impl::drop_finished(Agent& agent,
                                        const std::function<bool(const ContactId&)>& is_gone) {
  if (agent.finished) agent.finished_before.push_back(std::move(*agent.finished));
  agent.finished.reset();
  std::vector<FinishedCall> left;
  for (FinishedCall& call : agent.finished_before) {
    if (!is_gone(call.contact)) {
      left.push_back(std::move(call));
      continue;
    }
    call.agent_leg.leg.buttons = {};
    for (message::CallEvent* each : {&call.agent_leg, &call.customer_leg}) {
      each->event = "Dropped";
      publish(agent, std::move(*each), cause_of(agent));
    }
  }
  if (!left.empty()) {
    agent.finished = std::move(left.back());
    left.pop_back();
  }
  agent.finished_before = std::move(left);
}

}  // namespace baton::core
