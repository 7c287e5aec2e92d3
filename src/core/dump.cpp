#include <algorithm>
#include <string>

#include "core/center.hpp"

namespace baton::core {

namespace {

std::string text(bool value) { return value ? "yes" : "no"; }

std::string text(const DialCount& count) {
  return std::to_string(count.in_minute) + '@' + std::to_string(count.minute) + ',' +
         std::to_string(count.in_day) + '@' + std::to_string(count.day);
}

}  // namespace

std::string ContactCenter::dump() const {
  const Impl& s = *impl_;
  std::string out;
  const auto line = [&out](const std::string& fact) {
    out += fact;
    out += '\n';
  };
  line("directory " + std::to_string(s.directory_->directory().version));
  line("next command " + std::to_string(s.next_command_) + " timer " +
       std::to_string(s.next_timer_));
  for (const auto& [login, a] : s.agents_) {
    line("agent " + login + " in=" + text(a.logged_in) + " phone=" + text(a.phone_reachable) +
         " muted=" + text(a.muted) + " state=" + a.state_name() + " chosen=" + a.chosen.code +
         " since=" + std::to_string(a.since) + " idle=" + std::to_string(a.idle_since) +
         " contact=" + (a.contact ? to_string(*a.contact) : "-") +
         " finished=" + (a.finished ? to_string(a.finished->contact) : "-") + "+" +
         std::to_string(a.finished_before.size()) + " running=" + std::to_string(a.running.size()) +
         " sequence=" + std::to_string(a.sequence) +
         " replies=" + std::to_string(a.replies.size()) + " dials=" + text(a.dials));
    if (a.session) {
      line("  session lease=" + std::to_string(a.session->epoch) +
           " bridge=" + std::to_string(a.session->leased.bridge) +
           " standbys=" + std::to_string(a.session->standbys.size()) +
           " reported=" + text(a.session->reported) + " alive=" + text(a.session->alive));
    }
  }
  std::vector<const Contact*> contacts;
  for (const auto& [id, c] : s.contacts_) contacts.push_back(c.get());
  std::ranges::sort(contacts, {}, [](const Contact* c) { return c->id; });
  for (const Contact* c : contacts) {
    line("contact " + to_string(c->id) + " agent=" + c->agent + " held=" + text(c->held) +
         " queue=" + (c->queue ? c->queue->arn + "@" + std::to_string(c->queue->since) : "-") +
         " offer=" +
         (c->offer ? c->offer->agent + (c->offer->bridging ? " bridging"
                                        : c->offer->dialed ? " dialed"
                                                           : "")
                   : "-") +
         " out=" + text(c->dial_out.has_value()) + " destination=" + to_string(c->destination_leg) +
         " transfer=" + (c->transfer ? to_string(*c->transfer) : "-") + " silent=" +
         text(c->silence_timer != 0) + " waited=" + std::to_string(c->waited_ms) + " untold=" +
         (c->untold_refer ? std::to_string(c->untold_refer->command) + '@' +
                                std::to_string(c->untold_refer->until)
                          : "-") +
         " moves=" + std::to_string(c->moves.size()) + " ended=" + text(c->ended_at.has_value()));
    for (const Leg& leg : c->legs) {
      line("  leg " + to_string(leg.id) + " role=" + std::to_string(static_cast<int>(leg.role)) +
           " phase=" + std::to_string(static_cast<int>(leg.phase)) + " party=" + leg.party +
           " parked=" + text(leg.parked) + " heard=" + text(leg.heard));
    }
    for (const auto& [name, value] : c->attributes) line("  attribute " + name + "=" + value);
  }
  std::vector<const Transfer*> transfers;
  for (const auto& [id, t] : s.transfers_) transfers.push_back(t.get());
  std::ranges::sort(transfers, {}, [](const Transfer* t) { return t->id; });
  for (const Transfer* t : transfers) {
    line("transfer " + to_string(t->id) + " contact=" + to_string(t->contact) +
         " agent=" + t->agent + " state=" + std::string(message::to_string(t->state())) +
         " custody=" + std::string(message::to_string(t->custody())) + " left=" + text(t->left) +
         " released=" + text(t->released) + " releasing=" + text(t->releasing) +
         " answered=" + text(t->answered) + " step=" + std::to_string(t->next_step) +
         " failure=" + std::string(message::to_string(t->failure)) +
         (t->mirror ? " step=" + std::to_string(static_cast<int>(t->mirror->step)) + " party=" +
                          t->mirror->third_party + " leave=" + text(t->mirror->leave_sent) +
                          " cold=" + text(t->mirror->cold) + text(t->mirror->confirmed) +
                          text(t->mirror->contact_over)
                    : std::string{}));
  }
  for (const auto& [arn, l] : s.lines_) {
    line("queue " + arn + " open=" + text(l.open) + " waiting=" + std::to_string(l.waiting.size()) +
         " average=" + std::to_string(l.average_wait_ms));
  }
  for (const auto& [arn, set] : s.available_) {
    for (const auto& [priority, since, login] : set) {
      line("available " + arn + " " + std::to_string(priority) + " " + std::to_string(since) + " " +
           login);
    }
  }
  for (const NumberDials& each : s.dialled_.save())
    line("dialled " + each.number + ' ' + text(each.count));
  std::vector<CommandId> commands;
  for (const auto& [id, open] : s.commands_) commands.push_back(id);
  std::ranges::sort(commands);
  for (const CommandId id : commands) {
    line("command " + std::to_string(id) +
         " purpose=" + std::to_string(static_cast<int>(s.commands_.at(id).purpose)));
  }
  std::vector<TimerId> timers;
  for (const auto& [id, open] : s.timers_) timers.push_back(id);
  std::ranges::sort(timers);
  for (const TimerId id : timers) {
    const OpenTimer& open = s.timers_.at(id);
    line("timer " + std::to_string(id) + " kind=" + std::to_string(static_cast<int>(open.kind)) +
         " at=" + std::to_string(open.at));
  }
  return out;
}

}  // namespace baton::core
