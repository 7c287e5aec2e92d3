#include "telephony/sip/sip_switch.hpp"

#include <pthread.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <exception>
#include <unordered_map>
#include <utility>
#include <variant>

#include "message/uuid.hpp"
#include "telephony/sip/bridge.hpp"
#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/endpoint.hpp"
#include "telephony/sip/leg.hpp"
#include "telephony/sip/leg_context.hpp"
#include "telephony/sip/message_size.hpp"
#include "telephony/sip/message_text.hpp"
#include "telephony/sip/own_address.hpp"
#include "telephony/sip/phones_before.hpp"
#include "telephony/sip/tone_source.hpp"

namespace baton::telephony::sip {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

/// What of a customer's INVITE may be shown to the parties that he is put through to. Everything
/// else (Via, Record-Route, User-Agent, ...) tells of the way it came and stays here.
core::Presentation presentation_of(const sip_s* sip, const std::vector<std::string>& pass) {
  core::Presentation shown;
  if (sip->sip_from != nullptr) {
    shown.from_number = subscriber_number(text::dialled_user(sip->sip_from->a_url));
    if (sip->sip_from->a_display != nullptr) {
      std::string_view name = sip->sip_from->a_display;
      if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
      }
      shown.from_name = clean_header(name);
    }
  }
  const auto take = [&](const std::string& name) {
    if (auto value = text_header(sip, name)) shown.headers[name] = clean_header(*value);
  };
  // RFC 3325 section 9.3: an identity that is to stay private does not leave the trust domain.
  if (!wants_privacy(sip)) take("P-Asserted-Identity");
  take("User-to-User");
  for (const std::string& name : pass) take(name);
  return shown;
}

}  // namespace

class SipSwitch::Impl : public InviteHandler {
 public:
  Impl(SipConfig config, std::vector<AgentSecret> agents, std::vector<std::string> numbers,
       Sink sink)
      : sink_(std::move(sink)),
        endpoint_(std::move(config), this, [this](core::InputBody body) { emit(std::move(body)); }),
        transactions_(endpoint_.loop()) {
    endpoint_.set_agents(std::move(agents));
    endpoint_.set_inbound_numbers(std::move(numbers));
    context_.endpoint = &endpoint_;
    context_.loop = &endpoint_.loop();
    context_.transactions = &transactions_;
    context_.headers = std::make_unique<StackHeaders>(endpoint_.config().user_agent);
    context_.emit = [this](core::InputBody body) { emit(std::move(body)); };
    context_.forget = [this](const core::LegId& id) { legs_.erase(id); };
    // o= session ids are unique in the process's life, and differ from those of the one before.
    context_.next_session = (static_cast<std::uint64_t>(std::time(nullptr)) << 24U) + 1;
  }

  ~Impl() override { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::optional<std::string> start() {
    try {
      const SipConfig& config = endpoint_.config();
      ToneSource::Config tone;
      tone.address = sound_address(config);
      tone.port_min = config.media_port_min;
      tone.port_max = config.media_port_max;
      tone.port_before = sound_port_before();
      tone.queue_sound = config.queue_sound;
      tone.hold_sound = config.hold_sound;
      tone.ringback_sound = config.ringback_sound;
      tone_ = std::make_unique<ToneSource>(tone);
      if (keep_sound_port_) keep_sound_port_(tone_->local_media().port);
      context_.tone = tone_.get();
      if (!identifiers_) identifiers_.emplace(std::string());
      context_.identifiers = &*identifiers_;
      keeper_.emplace(endpoint_.loop(), std::move(keep_legs_));
      context_.keeper = &*keeper_;
      endpoint_.start([this] { take_over(); });
      running_ = true;
      endpoint_.loop().call([this] { pthread_getcpuclockid(pthread_self(), &cpu_clock_); });
      return std::nullopt;
    } catch (const std::exception& fault) {
      context_.tone = nullptr;
      tone_.reset();
      return fault.what();
    }
  }

  void fall_silent() {
    if (running_) endpoint_.loop().call([] { ServerTransaction::drop_silently(); });
  }

  void stop() {
    if (!running_.exchange(false)) return;
    endpoint_.stop([this] {
      silent_ = true;
      ServerTransaction::drop_silently();
      keeper_->stop();
      transactions_.clear();
      const auto legs = std::exchange(legs_, {});
      for (const auto& [id, leg] : legs) leg->abandon();
    });
    context_.tone = nullptr;
    tone_.reset();
  }

  void keep_with(Keeper legs, PhoneKeeper phones, AfterCommit after_commit) {
    endpoint_.answer_after(std::move(after_commit));
    keep_legs_ = std::move(legs);
    keep_lost_ = keep_legs_;
    endpoint_.keep_phones(
        [phones = std::move(phones)](const std::string& login, const Binding& binding,
                                     bool removed) { phones({login, binding}, removed); });
  }

  void restore(SavedSwitch saved) {
    identifiers_.emplace(std::move(saved.key));
    saved_legs_ = std::move(saved.legs);
    saved_phones_ = std::move(saved.phones);
    sound_port_ = saved.sound_port;
    keep_sound_port_ = std::move(saved.keep_sound_port);
    call_of_ = std::move(saved.call_of);
    goes_on_ = true;
  }

  void open_commands_are_out() {
    endpoint_.loop().post([this] { endpoint_.hold_stray_answers(false); });
  }

  [[nodiscard]] const std::vector<core::LegId>& adopted_legs() const { return adopted_; }
  [[nodiscard]] const std::vector<core::LegId>& awaited_legs() const { return awaited_; }
  [[nodiscard]] const std::vector<std::string>& reachable_phones() const { return reachable_; }

  void submit(std::vector<core::Command> commands) {
    const auto batch = std::make_shared<std::vector<core::Command>>(std::move(commands));
    const bool posted = endpoint_.loop().post([this, batch] {
      for (const core::Command& command : *batch) carry_out(command);
    });
    if (posted) return;
    for (const core::Command& command : *batch) {
      sink_(core::CommandResult{command.id, false, 503, "The SIP back end is stopped.", {}});
    }
  }

  /// Of a call that comes in. Unique, not secret: it opens nothing.
  core::LegId new_leg_id() {
    using std::chrono::milliseconds;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return message::uuid_v7(std::chrono::duration_cast<milliseconds>(now).count(),
                            context_.random(), context_.random());
  }

  void on_invite(SipCaller caller, nta_incoming_s* irq, const sip_s* sip,
                 std::string_view dialled) override {
    ServerTransaction transaction(irq);
    const core::LegId id = new_leg_id();
    Party party;
    switch (caller.kind) {
      case SipCaller::Kind::agent:
        party.agent = caller.name;
        break;
      case SipCaller::Kind::trunk:
        party.trunk = caller.name;
        break;
      case SipCaller::Kind::internal:
        party.trunk = kOwnCalls;
        break;
    }
    const auto leg = std::make_shared<Leg>(context_, id, party);
    if (!leg->take_invite(std::move(transaction), sip)) return;
    legs_.emplace(id, leg);
    core::LegIncoming incoming;
    incoming.leg = id;
    incoming.trunk = party.trunk;
    incoming.from_agent = party.agent;
    incoming.to_number = std::string(dialled);
    incoming.presentation = presentation_of(sip, endpoint_.config().pass_headers);
    if (sip->sip_max_forwards != nullptr) {
      incoming.max_forwards = static_cast<int>(sip->sip_max_forwards->mf_count);
    }
    emit(std::move(incoming));
  }

  void on_registered(const std::string& login, const Binding& binding,
                     const std::vector<Binding>& before) override {
    follow_phone(login, binding, before);
    if (lost_ways_ == 0) return;
    const std::vector<Binding> registered = endpoint_.bindings(login);
    std::vector<std::pair<std::shared_ptr<Leg>, std::string>> found;
    std::size_t lost = 0;
    for (const auto& [id, leg] : legs_) {
      if (!leg->lost_its_way()) continue;
      ++lost;
      if (leg->party().agent != login) continue;
      // That this one is there may show that one before it is the one that was missing.
      const PhonesBefore::Place place = leg->place();
      const auto back = std::ranges::find_if(registered, [&](const Binding& each) {
        return phones_before_.is_of_call(login, place, each, registered);
      });
      if (back != registered.end()) found.emplace_back(leg, back->via_route);
    }
    lost_ways_ = lost - found.size();
    if (lost_ways_ == 0) forget_phones_before();
    for (const auto& [leg, send_to] : found) leg->found_its_way(send_to);
  }

  [[nodiscard]] std::size_t dialogs() const override { return legs_.size(); }

  [[nodiscard]] std::vector<LegSnapshot> snapshots() {
    std::vector<LegSnapshot> all;
    endpoint_.loop().call([&] {
      all.reserve(legs_.size());
      for (const auto& [id, leg] : legs_) all.push_back(leg->snapshot());
    });
    return all;
  }

  [[nodiscard]] std::chrono::nanoseconds loop_cpu_time() const {
    timespec used{};
    if (!running_ || clock_gettime(cpu_clock_, &used) != 0) return {};
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  }

  [[nodiscard]] SwitchStats stats() const {
    const SwitchCounters& own = context_.counters;
    const SipCounters& door = endpoint_.counters();
    SwitchStats stats;
    stats.legs_open = own.legs_open;
    stats.legs_incoming = own.legs_incoming;
    stats.legs_dialled = own.legs_dialled;
    stats.legs_adopted = own.legs_adopted;
    if (keeper_) {
      stats.leg_records = keeper_->records();
      stats.leg_record_bytes = keeper_->bytes();
    }
    stats.commands = own.commands;
    stats.commands_failed = own.commands_failed;
    stats.reinvites = own.reinvites;
    stats.glare = own.glare;
    stats.relayed_offers = own.relayed_offers;
    stats.sessions_expired = own.sessions_expired;
    stats.unacknowledged = own.unacknowledged;
    stats.late_answers_ended = own.late_answers_ended + door.stray_answers;
    stats.invites_admitted = door.invites_admitted;
    stats.registers_accepted = door.registers_accepted;
    stats.challenged = door.challenged;
    stats.credentials_wrong = door.credentials_wrong;
    stats.throttled = door.throttled;
    stats.unknown_peer = door.unknown_peer;
    stats.foreign_registers = door.foreign_register;
    stats.not_inbound = door.not_inbound;
    stats.method_refused = door.method_refused;
    stats.screened = door.screened;
    stats.dialogs_full = door.dialogs_full;
    stats.transactions_full = door.transactions_full;
    stats.headers_full = door.headers_full + own.headers_full;
    stats.contacts_full = door.contacts_full;
    stats.too_large = messages_too_large();
    stats.malformed = door.malformed;
    stats.trunks_full = endpoint_.trunks_full();
    if (running_ && tone_) {
      const auto sound = tone_->stats();
      stats.sound_streams_open = sound.streams;
      stats.sound_packets = sound.packets;
    }
    return stats;
  }

  Endpoint& endpoint() { return endpoint_; }
  LegContext& context() { return context_; }

 private:
  /// A phone whose connection was remade, or that has another port of its NAT now, need not say so
  /// in its calls.
  void follow_phone(const std::string& login, const Binding& phone,
                    const std::vector<Binding>& before) {
    // Most registrations are refreshed from where they were, and legs may be thousands.
    if (!before.empty() && before.front().contact == phone.contact &&
        before.front().via_route == phone.via_route) {
      return;
    }
    for (const auto& [id, leg] : legs_) {
      if (leg->party().agent != login || leg->ended() || leg->lost_its_way()) continue;
      if (has_moved(leg->place(), phone, before)) leg->follow_phone(phone.via_route);
    }
  }

  void emit(core::InputBody body) {
    if (silent_) return;
    if (keeper_) keeper_->flush(true);
    sink_(std::move(body));
  }

  /// The port that the process before told its parked parties, or 0.
  [[nodiscard]] int sound_port_before() const {
    if (sound_port_ != 0) return sound_port_;
    for (const SavedLeg& saved : saved_legs_) {
      LegRecord record;
      if (!read(saved.state, record).empty() || !record.media.state.on_source) continue;
      const auto parsed = Sdp::parse(record.media.state.local);
      const Sdp* sdp = std::get_if<Sdp>(&parsed);
      if (sdp == nullptr) continue;
      const auto heard = std::ranges::find_if(sdp->media, &SdpMedia::enabled);
      if (heard != sdp->media.end()) return heard->port;
    }
    return 0;
  }

  /// Goes on with what another process had.
  void take_over() {
    endpoint_.hold_stray_answers(goes_on_);
    std::vector<std::pair<std::string, Binding>> phones;
    for (SavedPhone& phone : std::exchange(saved_phones_, {})) {
      phones.emplace_back(std::move(phone.login), std::move(phone.binding));
    }
    reachable_ = endpoint_.take_over(phones);
    std::vector<std::pair<std::shared_ptr<Leg>, LegRecord>> taken;
    for (const SavedLeg& saved : std::exchange(saved_legs_, {})) {
      LegRecord record;
      std::string why = read(saved.state, record);
      std::shared_ptr<Leg> leg;
      if (why.empty()) leg = Leg::adopt(context_, saved.leg, record, why);
      if (!leg) {
        const log::About about(call_of_ ? call_of_(saved.leg) : log::Call{});
        spdlog::warn("sip: leg {} of the process before is lost: {}", to_string(saved.leg), why);
        if (keep_lost_) keep_lost_({.leg = saved.leg, .state = {}}, false);
        continue;
      }
      if (call_of_) leg->set_call(call_of_(saved.leg));
      context_.counters.legs_adopted.fetch_add(1, std::memory_order_relaxed);
      legs_.emplace(saved.leg, leg);
      adopted_.push_back(saved.leg);
      taken.emplace_back(leg, std::move(record));
    }
    rejoin(taken);
    phones_before_ = PhonesBefore(phones);
    waited_for_ = std::move(phones);
    if (lost_ways_ == 0) {
      forget_phones_before();
    } else {
      // Each leg's own deadline, which began before, is over by then.
      endpoint_.loop().after(std::chrono::seconds(endpoint_.config().reconnect_seconds),
                             [this] { forget_phones_before(); });
    }
    if (!adopted_.empty())
      spdlog::info("sip: {} legs of the process before go on", adopted_.size());
  }

  /// A process that follows while a leg still waits has to tell its phone from the others, too.
  void forget_phones_before() {
    phones_before_ = {};
    endpoint_.let_go(std::exchange(waited_for_, {}));
  }

  void rejoin(const std::vector<std::pair<std::shared_ptr<Leg>, LegRecord>>& taken) {
    std::unordered_map<core::LegId, const LegRecord*> records;
    for (const auto& [leg, record] : taken) records.emplace(leg->id(), &record);
    for (const auto& [leg, record] : taken) {
      if (leg->state() != LegState::confirmed) continue;
      const auto other = record.bridged_to ? find(*record.bridged_to) : nullptr;
      if (other && other != leg && other->state() == LegState::confirmed) {
        // One that had just answered was not written again when the other was joined to it.
        const LegRecord& theirs = *records.at(other->id());
        if (theirs.bridged_to == leg->id() || (!theirs.bridged_to && theirs.fresh)) {
          Leg::join(*leg, *other);
        }
      }
    }
    for (const auto& [leg, record] : taken) {
      if (leg->state() != LegState::confirmed) continue;
      if (leg->peer() == nullptr) leg->play(leg->sound());
      // The next process is to begin beyond the CSeq of this one, of which checks, session
      // refreshes and digits leave no record.
      leg->changed();
    }
    ask_who_lives(taken);
  }

  /// Paced, so that thousands of calls are not asked at once.
  void ask_who_lives(const std::vector<std::pair<std::shared_ptr<Leg>, LegRecord>>& taken) {
    const std::chrono::microseconds apart{
        1'000'000 / std::max(1, endpoint_.config().restart_checks_per_second)};
    auto due = std::chrono::microseconds(context_.times.first_check);
    for (const auto& [leg, record] : taken) {
      if (leg->lost_its_way()) {
        ++lost_ways_;
        awaited_.push_back(leg->id());
        continue;
      }
      if (leg->state() != LegState::confirmed) continue;
      endpoint_.loop().after(std::chrono::duration_cast<std::chrono::milliseconds>(due),
                             [weak = leg->weak_from_this()] {
                               if (const auto each = weak.lock()) each->ask_if_it_lives();
                             });
      due += apart;
    }
  }

  std::shared_ptr<Leg> find(const core::LegId& id) const {
    const auto found = legs_.find(id);
    return found == legs_.end() ? nullptr : found->second;
  }

  void carry_out(const core::Command& command) {
    context_.counters.commands.fetch_add(1, std::memory_order_relaxed);
    const Completion done(context_, command.id);
    const auto with = [&](const core::LegId& id, const auto& action) {
      if (const auto leg = find(id)) {
        leg->acknowledge_answer();
        action(*leg);
      } else {
        done.fail(481, "There is no such leg.", id);
      }
    };
    std::visit(
        Overloaded{
            [&](const core::RingLeg& body) { with(body.leg, [&](Leg& leg) { leg.ring(done); }); },
            [&](const core::AnswerLeg& body) {
              with(body.leg, [&](Leg& leg) { bridge_answer(leg, body.sound, done); });
            },
            [&](const core::DialLeg& body) { dial(body, done); },
            [&](const core::ParkLeg& body) {
              with(body.leg, [&](Leg& leg) { bridge_park(leg, body.sound, done); });
            },
            [&](const core::BridgeLegs& body) {
              with(body.a, [&](Leg& a) {
                with(body.b, [&](Leg& b) {
                  if (&a == &b) {
                    done.fail(400, "A leg cannot be joined to itself.", body.a);
                  } else {
                    bridge_join(a, b, done);
                  }
                });
              });
            },
            [&](const core::EndLeg& body) {
              if (const auto leg = find(body.leg)) {
                leg->end(body.code, body.text, done);
              } else {
                // It has ended already, maybe in the process before.
                done.ok();
              }
            },
            [&](const core::MuteLeg& body) {
              with(body.leg, [&](Leg& leg) { bridge_mute(leg, body.muted, done); });
            },
            [&](const core::SendDtmf& body) {
              with(body.leg, [&](Leg& leg) { leg.send_dtmf(body.digits, done); });
            },
            [&](const core::TalkLeg& body) { with(body.leg, [&](Leg& leg) { leg.talk(done); }); },
            [&](const core::AnswerRefer& body) {
              with(body.leg, [&](Leg& leg) { leg.answer_refer(body.refer, body.code, done); });
            },
            [&](const core::BridgeCommand&) {
              done.fail(501, "Calls of this back end are not at Amazon Connect.", {});
            },
            [&](const core::NotifyRefer& body) {
              with(body.leg,
                   [&](Leg& leg) { leg.notify_refer(body.refer, body.code, body.final, done); });
            },
        },
        command.body);
  }

  void dial(const core::DialLeg& body, const Completion& done) {
    if (find(body.leg)) {
      // Dialled by the process before, and taken over.
      done.ok();
      return;
    }
    Party party;
    if (const auto* phone = std::get_if<core::AgentPhone>(&body.target)) {
      party.agent = phone->login;
    } else {
      party.trunk = "outside";
    }
    const auto media_of = body.media_of ? find(*body.media_of) : nullptr;
    const auto leg = std::make_shared<Leg>(context_, body.leg, std::move(party));
    if (const auto refusal = leg->dial(body, media_of.get())) {
      leg->abandon();
      done.fail(refusal->code, refusal->text, body.leg);
      return;
    }
    legs_.emplace(body.leg, leg);
    done.ok();
  }

  Sink sink_;
  Keeper keep_legs_;
  Keeper keep_lost_;
  std::vector<SavedLeg> saved_legs_;
  std::vector<SavedPhone> saved_phones_;
  int sound_port_ = 0;
  std::function<void(int)> keep_sound_port_;
  std::function<log::Call(const core::LegId&)> call_of_;
  bool goes_on_ = false;        // What another process had was handed over.
  std::size_t lost_ways_ = 0;   // Legs that wait for their party's connection, at most.
  PhonesBefore phones_before_;  // While there are such legs.
  std::vector<std::pair<std::string, Binding>> waited_for_;  // The same, as the store has them.
  std::vector<core::LegId> adopted_;
  std::vector<core::LegId> awaited_;
  std::vector<std::string> reachable_;
  std::optional<LegIdentifiers> identifiers_;
  std::atomic<bool> silent_{false};
  std::atomic<bool> running_{false};
  clockid_t cpu_clock_{};
  Endpoint endpoint_;
  ClientTransactions transactions_;
  std::unique_ptr<ToneSource> tone_;
  std::optional<LegKeeper> keeper_;
  LegContext context_;
  std::unordered_map<core::LegId, std::shared_ptr<Leg>> legs_;
};

SipSwitch::SipSwitch(SipConfig config, std::vector<AgentSecret> agents,
                     std::vector<std::string> inbound_numbers, Sink sink)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(agents), std::move(inbound_numbers),
                                   std::move(sink))) {}

SipSwitch::~SipSwitch() = default;

std::optional<std::string> SipSwitch::start() { return impl_->start(); }
void SipSwitch::keep_with(Keeper legs, PhoneKeeper phones, AfterCommit after_commit) {
  impl_->keep_with(std::move(legs), std::move(phones), std::move(after_commit));
}
void SipSwitch::audit_with(const SignInSink& sink) { impl_->endpoint().audit_with(sink); }
void SipSwitch::restore(SavedSwitch saved) { impl_->restore(std::move(saved)); }
void SipSwitch::open_commands_are_out() { impl_->open_commands_are_out(); }
const std::vector<core::LegId>& SipSwitch::adopted_legs() const { return impl_->adopted_legs(); }
const std::vector<core::LegId>& SipSwitch::awaited_legs() const { return impl_->awaited_legs(); }
const std::vector<std::string>& SipSwitch::reachable_phones() const {
  return impl_->reachable_phones();
}
void SipSwitch::fall_silent() { impl_->fall_silent(); }

void SipSwitch::stop() { impl_->stop(); }
void SipSwitch::submit(std::vector<core::Command> commands) { impl_->submit(std::move(commands)); }
message::Capabilities SipSwitch::capabilities() const { return {}; }
std::vector<ListenAddress> SipSwitch::bound() const { return impl_->endpoint().bound(); }
void SipSwitch::set_secrets(std::vector<AgentSecret> agents) {
  impl_->endpoint().set_agents(std::move(agents));
}
void SipSwitch::set_inbound_numbers(std::vector<std::string> numbers) {
  impl_->endpoint().set_inbound_numbers(std::move(numbers));
}
SwitchStats SipSwitch::stats() const { return impl_->stats(); }
std::chrono::nanoseconds SipSwitch::loop_cpu_time() const { return impl_->loop_cpu_time(); }
std::vector<LegSnapshot> SipSwitch::snapshots() const { return impl_->snapshots(); }
void SipSwitch::set_times(const LegTimes& times) { impl_->context().times = times; }

}  // namespace baton::telephony::sip
