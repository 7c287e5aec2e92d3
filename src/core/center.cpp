#include "core/center.hpp"
#include "core/planted_fault.hpp"

#include <algorithm>
#include <utility>

namespace baton::core {

namespace {

/// How often the state is looked through for what has run out; that takes a moment for each agent.
constexpr TimeMs kSweepMs = 60'000;

std::uint64_t splitmix64(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

struct Unanswered {
  message::Reason reason;
  const char* text;
};

/// What it means that the leg which a trunk was to bring up was not answered in time. A destination
/// that lets it ring is nobody's fault; a trunk of which not even a 100 came is one for its
/// operator.
Unanswered unanswered(const Leg* dialled) {
  if (dialled != nullptr && dialled->unheard())
    return {.reason = message::Reason::carrierUnavailable,
            .text = "The trunk did not answer, not even by a 100"};
  return {.reason = message::Reason::noAnswer, .text = "No answer"};
}

}  // namespace

ContactCenter::ContactCenter() : impl_(std::make_unique<Impl>()) {}
ContactCenter::~ContactCenter() = default;
ContactCenter::ContactCenter(ContactCenter&&) noexcept = default;
ContactCenter& ContactCenter::operator=(ContactCenter&&) noexcept = default;

void ContactCenter::apply(const Input& input, Outputs& outputs) { impl_->apply(input, outputs); }

message::Event ContactCenter::read(std::string_view agent, message::RequestKind kind) const {
  return impl_->read(agent, kind);
}

std::uint64_t ContactCenter::sequence_of(std::string_view agent) const {
  const auto it = impl_->agents_.find(agent);
  return it == impl_->agents_.end() ? 0 : it->second.sequence;
}

const directory::DirectoryIndex& ContactCenter::directory() const { return *impl_->directory_; }

ContactCenter::Impl::Impl()
    : directory_(std::make_shared<const directory::DirectoryIndex>(directory::Directory{})) {}

void ContactCenter::Impl::apply(const Input& input, Outputs& outputs) {
  now_ = input.at;
  out_ = &outputs;
  random_state_ = splitmix64(input.entropy_high) ^ input.entropy_low;
  random_step_ = 0;
  ++counters_.inputs;
  forget_what_ran_out();
  std::visit([this](const auto& body) { on(body); }, input.body);
  for (const ContactId& id : to_store_) {
    const Contact* changed = contact(id);
    if (changed == nullptr) continue;
    auto record = std::make_shared<message::ContactView>();
    changed->tell(*record, queue_name(changed->queue_arn));
    out_->emplace_back(StoreContact{std::move(record)});
  }
  to_store_.clear();
  for (const TransferId& id : settled_) {
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) continue;
    keep_for_repeats(*found->second);
    transfers_.erase(found);
  }
  settled_.clear();
  for (const ContactId& id : over_) {
    const Contact* done = contact(id);
    if (done == nullptr) continue;
    for (const Leg& leg : done->legs) legs_.erase(leg.id);
    contacts_.erase(id);
  }
  over_.clear();
  out_ = nullptr;
}

void ContactCenter::Impl::keep_for_repeats(const Transfer& transfer) {
  Agent* who = transfer.view.request_id ? agent(transfer.agent) : nullptr;
  if (who == nullptr) return;
  const auto kept = who->replies.find(*transfer.view.request_id);
  if (kept == who->replies.end() || kept->second.reply.transfer_id != transfer.id) return;
  message::TransferStateChange& current = kept->second.reply.current.emplace(transfer.view.current);
  // Which may be 32 KiB, of each of a thousand requests for a day.
  if (current.options->note || !current.options->attributes.empty()) {
    message::OptionsInForce& options = current.options.own();
    options.note.reset();
    options.attributes.clear();
  }
}

message::Uuid ContactCenter::Impl::draw_id() {
  if (planted(PlantedFault::depends_on_the_process)) {
    random_state_ ^= reinterpret_cast<std::uintptr_t>(this);
  }
  const std::uint64_t high = splitmix64(random_state_ + 2 * random_step_);
  const std::uint64_t low = splitmix64(random_state_ + 2 * random_step_ + 1);
  ++random_step_;
  return message::uuid_v7(now_, high, low);
}

CommandId ContactCenter::Impl::command(CommandBody body, OpenCommand context) {
  const CommandId id = next_command_++;
  context.body = body;
  // Digits may be a card's number: they are kept nowhere, and not sent again.
  if (auto* dtmf = std::get_if<SendDtmf>(&context.body)) dtmf->digits.clear();
  if (auto* bridge = std::get_if<BridgeCommand>(&context.body)) bridge->order.digits.clear();
  commands_.emplace(id, std::move(context));
  auto& put_out = std::get<Command>(out_->emplace_back(std::in_place_type<Command>));
  put_out.id = id;
  put_out.body = std::move(body);
  return id;
}

TimerId ContactCenter::Impl::arm(TimerKind kind, const ContactId& contact, TimeMs at,
                                 const LegId& leg) {
  const TimerId id = next_timer_++;
  OpenTimer& timer = timers_[id];
  timer.kind = kind;
  timer.contact = contact;
  timer.leg = leg;
  timer.at = at;
  out_->emplace_back(ArmTimer{.timer = id, .at = at});
  return id;
}

void ContactCenter::Impl::cancel(TimerId& timer) {
  if (timer == 0) return;
  if (timers_.erase(timer) > 0) out_->emplace_back(CancelTimer{timer});
  timer = 0;
}

void ContactCenter::Impl::store(const Contact& contact) {
  if (std::ranges::find(to_store_, contact.id) == to_store_.end()) to_store_.push_back(contact.id);
}

void ContactCenter::Impl::store(const Transfer& transfer) {
  out_->emplace_back(StoreTransfer{std::make_shared<message::TransferView>(transfer.view)});
}

Agent* ContactCenter::Impl::agent(std::string_view login) {
  const auto it = agents_.find(login);
  return it == agents_.end() ? nullptr : &it->second;
}

Contact* ContactCenter::Impl::contact(const ContactId& id) {
  const auto it = contacts_.find(id);
  return it == contacts_.end() ? nullptr : it->second.get();
}

Contact* ContactCenter::Impl::contact_of_leg(const LegId& leg) {
  const auto it = legs_.find(leg);
  return it == legs_.end() ? nullptr : contact(it->second);
}

Transfer* ContactCenter::Impl::running_transfer(const Contact& contact) const {
  if (!contact.transfer) return nullptr;
  const auto it = transfers_.find(*contact.transfer);
  return it == transfers_.end() ? nullptr : it->second.get();
}

const std::string& ContactCenter::Impl::queue_name(std::string_view arn) const {
  static const std::string kNone;
  const directory::Queue* queue = directory_->queue(arn);
  return queue == nullptr ? kNone : queue->name;
}

const directory::Queue* ContactCenter::Impl::last_resort() const {
  const directory::Queue* queue = directory_->queue(policy_.last_resort_queue);
  return queue != nullptr ? queue : directory_->queue_by_name(policy_.last_resort_queue);
}

// ---------------------------------------------------------------------------------------------------------------------
// What the edges tell of themselves

void ContactCenter::Impl::on(const PolicyChanged& change) {
  const bool was_mirrored = mirrored();
  policy_ = change.policy;
  if (was_mirrored && !mirrored()) forget_mirrored();
  if (was_mirrored || !mirrored()) return;
  // Who is signed in there tells his session: nobody would sign out those of the back end before.
  for (auto& [login, each] : agents_) {
    if (each.logged_in) session_lost(each);
  }
}

void ContactCenter::Impl::on(const DirectoryChanged& change) {
  directory_ = std::make_shared<const directory::DirectoryIndex>(change.directory);
  for (const directory::Agent& record : directory_->directory().agents) {
    Agent& each = agents_[record.login];
    each.login = record.login;
    if (each.since == 0) each.since = now_;
  }
  find_records();
  forget_last_calls();
  for (const directory::Queue& queue : directory_->directory().queues) lines_[queue.arn];
  available_.clear();
  for (auto& [login, each] : agents_) index_availability(each);
  std::vector<ContactId> stranded;
  for (const auto& [arn, line] : lines_) {
    if (directory_->queue(arn) != nullptr) continue;
    for (const auto& [since, id] : line.waiting) stranded.push_back(id);
  }
  for (const ContactId& id : stranded) {
    if (Contact* call = contact(id)) (void)left_gone_queue(*call);
  }
  for (const directory::Queue& queue : directory_->directory().queues) route_queue(queue.arn);
}

void ContactCenter::Impl::find_records() {
  std::map<const directory::RoutingProfile*, message::Shared<message::RoutingView>> views;
  for (auto& [login, each] : agents_) {
    each.record = directory_->agent(login);
    const directory::RoutingProfile* profile =
        each.record == nullptr ? nullptr
                               : directory_->routing_profile(each.record->routing_profile);
    each.routing = {};
    if (profile == nullptr) continue;
    const auto [view, fresh] = views.try_emplace(profile);
    if (fresh) {
      message::RoutingView& told = view->second.own();
      told.name = profile->name;
      told.arn = profile->arn;
      if (const auto* queue = directory_->queue(profile->default_outbound_queue_arn)) {
        told.default_outbound_queue_name = queue->name;
        told.default_outbound_queue_arn = queue->arn;
      }
    }
    each.routing = view->second;
  }
}

void ContactCenter::Impl::forget_last_calls() {
  for (auto& [login, each] : agents_) {
    // A session at Amazon Connect that nobody reports for any more is given up by itself.
    if (each.finished && !each.may_act() && !each.session && each.activity != Activity::offered)
      clear_finished(each);
  }
}

void ContactCenter::Impl::forget_replies(Agent& agent) const {
  const TimeMs window = static_cast<TimeMs>(policy_.idempotency_hours) * 3'600'000;
  while (!agent.reply_order.empty()) {
    const auto oldest = agent.replies.find(agent.reply_order.front());
    if (oldest != agent.replies.end() && now_ - oldest->second.at < window) break;
    if (oldest != agent.replies.end()) agent.replies.erase(oldest);
    agent.reply_order.pop_front();
  }
}

void ContactCenter::Impl::forget_what_ran_out() {
  if (now_ - swept_at_ < kSweepMs) return;
  swept_at_ = now_;
  for (auto& [login, each] : agents_) forget_replies(each);
  dialled_.forget(now_);
}

void ContactCenter::Impl::on(const QueueHours& change) {
  lines_[change.queue_arn].open = change.open;
}

void ContactCenter::Impl::on(const PhoneReachable& event) {
  Agent* who = agent(event.login);
  if (who == nullptr || who->phone_reachable == event.reachable) return;
  who->phone_reachable = event.reachable;
  index_availability(*who);
  if (who->logged_in) agent_changed(*who);
  if (who->available()) route_agent(*who);
}

void ContactCenter::Impl::on(const TimerFired& event) {
  const auto it = timers_.find(event.timer);
  if (it == timers_.end()) return;
  const OpenTimer timer = it->second;
  timers_.erase(it);
  if (timer.kind == TimerKind::mirror_command) {
    mirrored_expired(timer.command);
    return;
  }
  if (timer.kind == TimerKind::mirror_lost) {
    if (Agent* who = agent(timer.agent);
        who != nullptr && who->session && who->session->lost_timer == event.timer) {
      who->session->lost_timer = 0;
      session_lost(*who);
    }
    return;
  }
  Contact* owner = contact(timer.contact);
  if (owner == nullptr) return;
  Transfer* transfer = running_transfer(*owner);
  switch (timer.kind) {
    case TimerKind::mirror_lost:
    case TimerKind::mirror_command:
      break;
    case TimerKind::mirror_step:
      if (transfer != nullptr && transfer->mirror && transfer->mirror->timer == event.timer) {
        transfer->mirror->timer = 0;
        step_expired(*owner, *transfer);
      }
      break;
    case TimerKind::offer:
      if (owner->offer && owner->offer->timer == event.timer) {
        owner->offer->timer = 0;
        const bool pressed =
            owner->offer->dialed && owner->offer->purpose == OfferPurpose::take_back;
        offer_failed(*owner, Activity::missed, "missed",
                     pressed ? message::Reason::agentUnavailable : message::Reason::noAnswer);
      }
      break;
    case TimerKind::dial_out:
      if (owner->dial_out && owner->dial_out->timer == event.timer) {
        owner->dial_out->timer = 0;
        const Unanswered why = unanswered(owner->customer());
        dial_out_failed(*owner, why.reason, 408, why.text);
      }
      break;
    case TimerKind::release_park:
      if (transfer != nullptr && transfer->park_timer == event.timer) {
        transfer->park_timer = 0;
        customer_owes_answer(*owner);
        stop_releasing(*owner);
        finish_release(*owner, *transfer);
      }
      break;
    case TimerKind::ring:
      if (transfer != nullptr && transfer->ring_timer == event.timer) {
        transfer->ring_timer = 0;
        const Unanswered why = unanswered(owner->leg(transfer->target_leg));
        fail_transfer(*owner, *transfer, why.reason,
                      message::BackendError{
                          .name = policy_.capabilities.backend, .code = 408, .text = why.text});
      }
      break;
    case TimerKind::queue_wait:
      if (owner->queue && owner->queue->timer == event.timer) {
        owner->queue->timer = 0;
        queue_wait_over(*owner);
      }
      break;
    case TimerKind::bridge:
      if (owner->bridge_timer == event.timer) {
        owner->bridge_timer = 0;
        // The result, should it still come, finds no open command.
        const auto open = commands_.find(std::exchange(owner->bridge_command, 0));
        if (open == commands_.end()) break;
        const OpenCommand given_up = open->second;
        commands_.erase(open);
        const Because asked(*this, given_up.agent, given_up.request_id);
        const CommandResult late{.command = 0,
                                 .ok = false,
                                 .code = 408,
                                 .text = "No answer to the re-INVITE",
                                 .failed_leg = {}};
        if (given_up.purpose == Purpose::resume_bridge) tell_failure(*owner, given_up, late);
        bridge_failed(*owner, given_up.purpose, late);
      }
      break;
    case TimerKind::silence:
      if (owner->silence_timer == event.timer) customer_answered(*owner);
      break;
    case TimerKind::part_leg:
      end_parting_legs(*owner);
      break;
    case TimerKind::end_leg:
      if (const Leg* leg = owner->leg(timer.leg);
          leg != nullptr && leg->phase == LegPhase::ending) {
        on(LegEnded{.leg = timer.leg,
                    .cause = EndCause::local,
                    .code = 0,
                    .text = "the switch did not report its end"});
      }
      break;
  }
}

void ContactCenter::Impl::tell_failure(const Contact& contact, const OpenCommand& open,
                                       const CommandResult& result) {
  Agent* asker = agent(open.agent);
  if (asker == nullptr) return;
  message::ApiError error;
  error.error_type = message::error_type(open.kind, "");
  error.error_message = message::error_message(error.error_type);
  error.msg = result.text.empty() ? "The phone did not carry it out." : result.text;
  if (open.purpose == Purpose::talk)
    error.msg += " The phone cannot be told to pick up: answer on the phone.";
  error.reason = message::Reason::backendRefused;
  error.contact_id = contact.id;
  error.backend = message::BackendError{
      .name = policy_.capabilities.backend, .code = result.code, .text = result.text};
  publish(*asker, std::move(error), open.request_id);
}

void ContactCenter::Impl::on(const CommandResult& result) {
  auto answered = commands_.extract(result.command);
  if (answered.empty()) return;
  const OpenCommand& open = answered.mapped();
  Contact* owner = contact(open.contact);
  if (owner == nullptr) return;
  Transfer* transfer = running_transfer(*owner);
  const Because asked(*this, open.agent, open.request_id);

  const bool dial = open.purpose == Purpose::offer_dial || open.purpose == Purpose::target_dial ||
                    open.purpose == Purpose::out_agent_dial ||
                    open.purpose == Purpose::out_number_dial;
  if (dial && !result.ok) {
    // There never was a leg, so no LegEnded will come for it.
    if (Leg* leg = owner->leg(open.leg); leg != nullptr && leg->phase != LegPhase::ended) {
      const bool given_up = leg->phase == LegPhase::ending;
      leg->phase = LegPhase::ended;
      leg->ended_at = now_;
      leg->end_code = result.code;
      leg->end_text = result.text;
      cancel(leg->end_timer);
      forget_if_over(*owner);
      if (given_up) return;  // What follows from its end was done when it was told to end.
    }
  }

  switch (open.purpose) {
    case Purpose::none:
      break;
    case Purpose::wait_park:
      end_parting_legs(*owner);
      break;
    case Purpose::hold_agent:
      if (Leg* leg = owner->leg(open.leg)) leg->parked = result.ok;
      break;
    case Purpose::answer_customer:
      // Where the leg is gone LegEnded follows, which ends the contact. Any other failure is about
      // a leg that was answered all the same: in a join that failed afterwards, by the process that
      // died, or its ACK is late.
      if (leg_is_gone(result)) break;
      if (Leg* leg = owner->leg(open.leg); leg != nullptr && leg->phase == LegPhase::incoming) {
        leg->phase = LegPhase::up;
        leg->parked = true;
        leg->answered_at = now_;
      }
      if (owner->agent_leg == open.leg && owner->dial_out) {
        dial_number_of(*owner);
      } else if (open.leg == owner->customer_leg && !owner->queue && !owner->offer &&
                 !owner->ended_at) {
        const directory::Queue* queue = directory_->queue(owner->queue_arn);
        // An import may take it away while he is being answered.
        const bool gone = queue == nullptr;
        if (gone) queue = last_resort();
        if (queue == nullptr) {
          end_contact(*owner, 480, kQueueGone);
        } else {
          // All of it is waiting: nobody has talked with him.
          owner->waited_ms = now_ - owner->queued_at;
          enqueue(*owner, queue->arn, owner->queued_at, gone, queue->max_wait_seconds);
          store(*owner);
          // Nobody is to answer him before it is known that he is there.
          if (!result.ok) ask_customer(*owner, Sound::queue);
          (void)try_offer(*owner);
        }
      }
      break;
    case Purpose::offer_dial:
      if (!result.ok && owner->offer && owner->offer->leg == open.leg) {
        offer_failed(
            *owner, Activity::missed, "missed", message::Reason::agentUnavailable,
            message::BackendError{
                .name = policy_.capabilities.backend, .code = result.code, .text = result.text});
      }
      break;
    case Purpose::out_agent_dial:
    case Purpose::out_number_dial:
      if (!result.ok && owner->dial_out) {
        dial_out_failed(*owner, message::Reason::carrierUnavailable, result.code, result.text);
      }
      break;
    case Purpose::target_dial:
      if (transfer == nullptr || transfer->target_leg != open.leg) break;
      if (result.ok) {
        if (transfer->state() == TransferState::accepted) {
          move(*owner, *transfer, TransferState::dialing,
               transfer->released ? Custody::server : Custody::agent);
        }
        if (transfer->view.current.options->release_on == message::ReleaseOn::accepted &&
            !transfer->released && !transfer->releasing) {
          begin_release(*owner, *transfer);
        }
      } else {
        message::Reason reason = reason_of_status(result.code);
        if (result.code == 0) reason = message::Reason::carrierUnavailable;
        fail_transfer(
            *owner, *transfer, reason,
            message::BackendError{
                .name = policy_.capabilities.backend, .code = result.code, .text = result.text});
      }
      break;
    case Purpose::hold_customer:
      if (Leg* leg = owner->leg(open.leg); leg != nullptr && result.ok && !owner->agent.empty()) {
        leg->parked = true;
        owner->held = true;
        owner->call_state_at = now_;
        if (Agent* who = agent(owner->agent)) publish_call_to(*who, *owner);
      } else if (!result.ok) {
        tell_failure(*owner, open, result);
        // The agent's side was held with him: both talk again.
        if (!owner->agent.empty() && !owner->held && (transfer == nullptr || !transfer->releasing))
          bridge(*owner, owner->agent_leg, Purpose::back_bridge);
      }
      break;
    case Purpose::release_park:
      if (planted(PlantedFault::customer_dropped) && !result.ok) end_contact(*owner);
      // Where the customer is gone, going on would offer somebody a dead call: his end comes next,
      // and if not, the park's deadline goes on.
      else if (transfer != nullptr && transfer->releasing && !leg_is_gone(result)) {
        // The switch waits no longer, which the customer may still do: nobody is to answer a leg
        // of which it is not known that it is there.
        if (!leg_answered(result)) ask_customer(*owner, release_sound(*transfer));
        finish_release(*owner, *transfer);
      }
      break;
    case Purpose::offer_bridge:
    case Purpose::target_bridge:
    case Purpose::out_bridge:
      if (leg_is_gone(result) && result.failed_leg) {
        // His end comes next, and tells why: by hanging up, maybe. If not, the join's deadline goes
        // on.
        commands_.insert(std::move(answered));
        return;
      }
      [[fallthrough]];
    case Purpose::resume_bridge:
    case Purpose::back_bridge:
      cancel(owner->bridge_timer);
      owner->bridge_command = 0;
      if (!result.ok) {
        if (open.purpose == Purpose::resume_bridge) tell_failure(*owner, open, result);
        bridge_failed(*owner, open.purpose, result);
        break;
      }
      cancel(owner->silence_timer);
      for (Leg& leg : owner->legs) {
        if (leg.id == owner->customer_leg || leg.id == open.leg) {
          leg.parked = false;
          if (leg.phase < LegPhase::up) {
            leg.phase = LegPhase::up;
            leg.answered_at = now_;
          }
        }
      }
      if (open.purpose == Purpose::offer_bridge) {
        if (owner->offer && owner->offer->leg == open.leg) offer_connected(*owner);
      } else if (open.purpose == Purpose::target_bridge) {
        if (transfer != nullptr && transfer->target_leg == open.leg) {
          owner->destination_leg = open.leg;
          transfer_connected(*owner, *transfer, transfer->number, false);
        }
      } else if (open.purpose == Purpose::resume_bridge ||
                 (open.purpose == Purpose::back_bridge && owner->held)) {
        // Back, too: a Hold that was put out before may have been done after it.
        owner->held = false;
        owner->call_state_at = now_;
        if (Agent* who = agent(owner->agent)) publish_call_to(*who, *owner);
      } else if (open.purpose == Purpose::out_bridge && owner->dial_out) {
        const Because made(*this, owner->agent, owner->dial_out->request_id);
        cancel(owner->dial_out->timer);
        owner->dial_out.reset();
        owner->call_state_at = now_;
        publish_call(*owner);
        store(*owner);
        // From now on he can be muted.
        if (Agent* who = agent(owner->agent)) agent_changed(*who);
      }
      break;
    case Purpose::mute:
      if (!result.ok) tell_failure(*owner, open, result);
      if (Agent* asker = agent(open.agent);
          asker != nullptr && result.ok && owner->agent == open.agent) {
        set_muted(*asker, open.kind == message::RequestKind::mute);
      }
      break;
    case Purpose::dtmf:
      if (!result.ok) tell_failure(*owner, open, result);
      break;
    case Purpose::talk:
      // Once the offer is over, what came of the Answer is told.
      if (!result.ok && owner->offer && owner->offer->leg == open.leg) {
        tell_failure(*owner, open, result);
        // What a CancelTransfer asked for comes by his picking up as well.
        if (owner->offer->asked == message::RequestKind::answer) given_up(*owner->offer);
      }
      break;
    case Purpose::mirror_add:
    case Purpose::mirror_leave:
    case Purpose::mirror_resume:
    case Purpose::mirror_control:
    case Purpose::mirror_cold:
      break;  // Answered by BridgeDone.
    case Purpose::refer_outcome:
      // Any answer of the phone's but that it knows no such dialog: it has read how its transfer
      // ended, and hangs up on purpose from now on. 503 is said where nothing could be sent.
      if (owner->untold_refer && owner->untold_refer->command == result.command &&
          leg_answered(result) && result.code != 503)
        owner->untold_refer.reset();
      break;
  }
  if (open.leg == owner->customer_leg && std::holds_alternative<ParkLeg>(open.body) &&
      leg_answered(result) && !planted(PlantedFault::answer_not_heard)) {
    customer_answered(*owner);
  }
}

}  // namespace baton::core
