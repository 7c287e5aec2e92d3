#include "telephony/sip/leg_dialling.hpp"

#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>
#include <utility>

#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/own_address.hpp"

namespace baton::telephony::sip {
namespace {

std::string transport_of(std::string_view uri) {
  const auto at = uri.find(";transport=");
  if (at == std::string_view::npos) return "udp";
  std::string_view value = uri.substr(at + 11);
  value = value.substr(0, value.find_first_of(";>?"));
  return std::string(value);
}

/// The URI without the parameters that are about the way and not about who is called.
std::string called_uri(std::string_view uri) {
  return std::string(uri.substr(0, uri.find_first_of(";?")));
}

/// Which of two refusals tells more: a phone that was busy more than one that is gone (RFC 3261
/// section 16.7, simplified: 6xx, then 4xx but for 408, then 408, then the rest).
int weight(int code) {
  if (code >= 600) return 4;
  if (code == 408) return 2;
  if (code >= 400 && code < 500) return 3;
  return 1;
}

}  // namespace

LegDialling::LegDialling(Leg& leg, Content content)
    : leg_(leg.weak_from_this()), context_(leg.context()), content_(std::move(content)) {}

LegDialling::~LegDialling() = default;

bool LegDialling::start(const std::vector<Way>& ways) {
  const auto leg = leg_.lock();
  bool any = false;
  for (const Way& way : ways) {
    auto branch = std::make_shared<Branch>();
    branch->way = way;
    branch->offer = content_.offer;
    const std::string& to = way.send_to.empty() ? way.request_uri : way.send_to;
    const std::string contact = context_.endpoint->contact_uri(transport_of(to), to);
    const std::size_t number = branches_.size();
    branch->number = number;
    branch->seed = Dialog::dial(context_.dialogs(), leg.get(),
                                context_.identifiers->call_id(leg->id(), number),
                                context_.identifiers->local_tag(leg->id(), number), content_.from,
                                name_addr({}, called_uri(way.request_uri)), contact);
    branches_.push_back(branch);
    if (!branch->seed) {
      branch->final_code = 503;
      branch->made_up = true;
      branch->final_text = "The INVITE could not be made.";
      continue;
    }
    branch->seed->set_send_to(way.send_to);
    if (send(*branch, nullptr)) {
      any = true;
    } else {
      branch->final_code = 503;
      branch->made_up = true;
      branch->final_text = "The INVITE could not be sent.";
    }
  }
  return any;
}

bool LegDialling::send(Branch& branch, const sip_s* challenge) {
  const auto leg = leg_.lock();
  if (!leg) return false;
  // One challenge for each INVITE that is made anew, which bears no credential at first.
  branch.authorized = challenge != nullptr;
  TagList tags;
  tags.add(SIPTAG_MAX_FORWARDS_STR(tags.keep(std::to_string(content_.max_forwards))));
  leg->common_tags(tags, false);
  leg->session_timer().on_request(tags);
  for (const auto& [name, value] : content_.headers) tags.header(name, value);
  if (branch.way.internal) {
    tags.header(kInternalHeader, context_.endpoint->internal_mark(branch.seed->call_id()));
  }
  if (challenge != nullptr &&
      !add_credential(tags, challenge, branch.way.credentials, "INVITE", branch.way.request_uri)) {
    return false;
  }
  leg->sdp_tags(tags, branch.offer);
  // The stack would keep each 100 to itself.
  if (!leg->party().trunk.empty() && !heard_) tags.add(NTATAG_PASS_100(1));
  tags.add(NTATAG_BRANCH_KEY(
      tags.keep(context_.identifiers->branch(leg->id(), branch.number, branch.attempts++))));
  // The handler keeps the leg, which owns this object, until the INVITE's final response.
  branch.invite = branch.seed->send(
      "INVITE", tags,
      [leg, self = this, weak = branch.weak_from_this()](ClientTransaction& transaction,
                                                         const Response& response) {
        if (const auto alive = weak.lock()) self->on_response(*alive, transaction, response);
      },
      branch.way.request_uri.c_str());
  return branch.invite != nullptr;
}

Dialog* LegDialling::dialog_of(Branch& branch, const sip_s* sip) {
  const std::string tag = to_tag(sip);
  if (tag.empty()) return nullptr;
  if (branch.seed && branch.seed->learn(sip)) return branch.seed.get();
  for (const auto& fork : branch.forks) {
    if (fork && fork->learn(sip)) return fork.get();
  }
  // One INVITE, several phones behind a proxy: each has a dialog of its own (RFC 3261
  // section 13.2.2.4). A trunk that makes up tags without end gets no more than a few.
  constexpr std::size_t kMaxForks = 16;
  if (branch.forks.size() >= kMaxForks || !branch.seed) return nullptr;
  auto fork = branch.seed->fork();
  if (!fork || !fork->learn(sip)) return nullptr;
  branch.forks.push_back(std::move(fork));
  return branch.forks.back().get();
}

bool LegDialling::has(const Branch& branch, const Dialog& dialog) {
  return branch.seed.get() == &dialog ||
         std::any_of(branch.forks.begin(), branch.forks.end(),
                     [&](const auto& fork) { return fork.get() == &dialog; });
}

/// A trunk whose Contact is a name is reached where it was called: the stack must not look names up
/// that it is sent. A fork begins with its sibling's way, and has a Contact of its own.
void LegDialling::learn_way(const Branch& branch, Dialog& dialog, const sip_s* sip) {
  if (!branch.way.send_to.empty() || sip->sip_contact == nullptr) return;
  dialog.set_send_to(contact_is_a_name(sip) ? branch.way.request_uri : std::string());
}

std::unique_ptr<Dialog> LegDialling::take_dialog(Branch& branch, const sip_s* sip) {
  Dialog* dialog = dialog_of(branch, sip);
  if (dialog == nullptr) return nullptr;
  if (dialog == branch.seed.get()) return std::move(branch.seed);
  for (auto& fork : branch.forks) {
    if (fork.get() == dialog) return std::move(fork);
  }
  return nullptr;
}

void LegDialling::on_response(Branch& branch, ClientTransaction& transaction,
                              const Response& response) {
  const auto leg = leg_.lock();
  if (!leg) return;
  if (response.provisional()) {
    on_provisional(branch, response);
    return;
  }
  branch.invite = nullptr;
  if (response.success()) {
    on_success(branch, transaction, response);
    return;
  }
  if (!over_ && !leg->ended() && try_again(branch, response)) {
    note_heard();
    return;
  }
  branch.final_code = response.status;
  // What the stack makes up comes from nobody: time-outs and transports that failed.
  branch.made_up = nta_sip_is_internal(response.sip) != 0;
  branch.final_text = response.sip != nullptr ? reason_text(response.sip) : "No answer";
  conclude();
}

void LegDialling::on_provisional(Branch& branch, const Response& response) {
  const auto leg = leg_.lock();
  const sip_s* sip = response.sip;
  if (sip == nullptr) return;
  note_heard();
  if (response.status <= 100) return;
  Dialog* dialog = dialog_of(branch, sip);
  if (dialog != nullptr) {
    learn_way(branch, *dialog, sip);
    acknowledge_provisional(branch, *dialog, sip);
  }
  if (over_ || leg->ended()) return;
  leg->learn_allow(sip);
  if (response.status == 180) {
    branch.ringing = true;
    if (!rang_) {
      rang_ = true;
      context_.loop->cancel(heard_timer_);
      context_.emit(core::LegRinging{leg->id()});
    }
  }
}

/// What rings within a moment, as most do, need not be told twice: each event is an input of the
/// core, and a commit of the journal.
void LegDialling::note_heard() {
  const auto leg = leg_.lock();
  if (heard_ || !leg || leg->party().trunk.empty()) return;
  heard_ = true;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started_);
  const auto left = std::max(context_.times.heard - since, std::chrono::milliseconds::zero());
  heard_timer_ = context_.loop->after(left, [this, weak = leg_] {
    const auto alive = weak.lock();
    if (!alive || alive->state() != LegState::dialling || over_ || rang_) return;
    context_.emit(core::LegHeard{alive->id()});
  });
}

void LegDialling::acknowledge_provisional(Branch& branch, Dialog& dialog, const sip_s* sip) {
  if (!is_reliable(sip)) return;
  const auto rseq = static_cast<std::uint32_t>(sip->sip_rseq->rs_response);
  // RFC 3262 section 4: one that comes again, or out of order, is not acknowledged again.
  if (branch.last_rseq != 0 && rseq != branch.last_rseq + 1 && &dialog == branch.seed.get()) return;
  if (&dialog == branch.seed.get()) branch.last_rseq = rseq;
  std::string answer;
  const std::string_view sdp = sdp_body(sip);
  const auto leg = leg_.lock();
  const auto known = branch.early.find(&dialog);
  const bool updated = known != branch.early.end() && known->second.updated;
  if (!sdp.empty() && !updated && leg) {
    // Other phones and forks have their own, so the leg's media waits for the one that wins.
    LegMedia media = leg->media();
    if (!branch.offer.empty()) {
      if (!media.receive_answer(sdp)) {
        branch.early.insert_or_assign(&dialog, Early{std::move(media)});
      }
    } else if (known == branch.early.end()) {
      // Their offer in a reliable 183 must be answered in the PRACK (section 5). Nothing flows
      // until the call is answered and bridged.
      media.offer_failed();
      if (!media.receive_offer(sdp)) {
        answer = media.answer_owed(context_.source());
        branch.early.emplace(&dialog, Early{std::move(media)});
      }
    }
  }
  send_prack(branch, dialog, {.rack = rack(sip), .answer = std::move(answer)}, nullptr);
}

void LegDialling::send_prack(Branch& branch, Dialog& dialog, const Prack& prack,
                             const sip_s* challenge) {
  const auto leg = leg_.lock();
  if (!leg) return;
  TagList tags;
  tags.header("RAck", prack.rack);
  leg->sdp_tags(tags, prack.answer);
  if (challenge != nullptr && !add_credential(tags, challenge, branch.way.credentials, "PRACK",
                                              dialog.snapshot().remote_target)) {
    return;
  }
  dialog.send("PRACK", tags,
              [self = this, weak = branch.weak_from_this(), early = &dialog, prack,
               authorized = challenge != nullptr](ClientTransaction&, const Response& response) {
                if (authorized || (response.status != 401 && response.status != 407)) return;
                // Without it the phone would repeat its response until it gives the call up (RFC
                // 3262 section 3). Not once it has answered: then nobody waits for the PRACK.
                const auto alive = weak.lock();
                if (alive && has(*alive, *early)) {
                  self->send_prack(*alive, *early, prack, response.sip);
                }
              });
}

void LegDialling::on_update(Dialog& dialog, ServerTransaction transaction, const sip_s* sip) {
  const auto leg = leg_.lock();
  const auto branch =
      std::find_if(branches_.begin(), branches_.end(),
                   [&](const std::shared_ptr<Branch>& each) { return has(*each, dialog); });
  if (!leg || branch == branches_.end()) {
    transaction.reply(481);
    return;
  }
  TagList tags;
  leg->common_tags(tags, true);
  if (const auto least = leg->session_timer().too_small(sip)) {
    tags.header("Min-SE", std::to_string(*least));
    transaction.reply(422, "Session Interval Too Small", &tags);
    return;
  }
  const std::string_view offer = sdp_body(sip);
  if (!offer.empty()) {
    const auto early = (*branch)->early.find(&dialog);
    if (early == (*branch)->early.end()) {
      // The INVITE's own offer has no answer yet.
      transaction.reply(491, nullptr, &tags);
      return;
    }
    LegMedia& media = early->second.media;
    if (const auto error = media.receive_offer(offer)) {
      transaction.reply(error->status, nullptr, &tags);
      return;
    }
    const auto answer = media.answer_parked(context_.source());
    if (!answer) {
      media.refuse_offer();
      transaction.reply(488, nullptr, &tags);
      return;
    }
    early->second.updated = true;
    leg->sdp_tags(tags, *answer);
  }
  leg->learn_allow(sip);
  dialog.refresh_target(sip);
  leg->contact_tag(tags, dialog);
  transaction.reply(200, nullptr, &tags);
}

void LegDialling::on_success(Branch& branch, ClientTransaction& transaction,
                             const Response& response) {
  const auto leg = leg_.lock();
  auto dialog = take_dialog(branch, response.sip);
  if (!dialog) {
    // A 2xx without a tag makes no dialog: there is nothing to acknowledge it in.
    branch.final_code = 500;
    branch.final_text = "The answer had no tag.";
    transaction.close();
    conclude();
    return;
  }
  learn_way(branch, *dialog, response.sip);
  auto early = branch.early.extract(dialog.get());
  const bool offer_due = branch.offer.empty() && early.empty();
  // A second 2xx is of a dialog that nobody has, and is to be ended (RFC 3261 section 13.2.2.4).
  branch.early.clear();
  branch.forks.clear();
  branch.seed.reset();
  if (over_ || leg->ended()) {
    context_.counters.late_answers_ended.fetch_add(1, std::memory_order_relaxed);
    leg->end_stray(std::move(dialog), transaction,
                   offer_due ? sdp_body(response.sip) : std::string_view());
    branch.final_code = 487;
    conclude();
    return;
  }
  over_ = true;
  context_.loop->cancel(heard_timer_);
  winner_ = &branch.way;
  for (const auto& other : branches_) {
    if (other.get() != &branch) cancel(*other);
  }
  branch.final_code = 200;
  std::string early_sdp;
  if (early) {
    early_sdp = early.mapped().media.remote();
    // Where the party offered, the leg's media knows nothing of it yet.
    if (early.mapped().updated || branch.offer.empty()) {
      leg->media() = std::move(early.mapped().media);
    }
  }
  leg->answered(std::move(dialog), response.sip, offer_due, transaction, std::move(early_sdp));
}

bool LegDialling::try_again(Branch& branch, const Response& response) {
  const auto leg = leg_.lock();
  switch (response.status) {
    case 401:
    case 407:
      if (branch.authorized || branch.way.credentials.username.empty() || response.sip == nullptr)
        return false;
      return begin_anew(branch) && send(branch, response.sip);
    case 422:
      if (branch.lengthened || !leg->session_timer().learn_too_small(response.sip)) return false;
      branch.lengthened = true;
      return begin_anew(branch) && send(branch, nullptr);
    case 415:
    case 488:
    case 606:
      // Our offer does not suit: let the party make one.
      if (branch.offer.empty()) return false;
      branch.offer.clear();
      return begin_anew(branch) && send(branch, nullptr);
    default:
      return false;
  }
}

/// The early dialogs ended with the refusal (RFC 3261 section 12.3), and the INVITE that follows
/// it is in none: its To has no tag, and it goes where the first one went.
bool LegDialling::begin_anew(Branch& branch) {
  branch.last_rseq = 0;
  branch.early.clear();
  branch.forks.clear();
  if (!branch.seed->established()) return true;
  auto seed = branch.seed->fork();
  if (!seed) return false;
  branch.seed = std::move(seed);
  return true;
}

void LegDialling::cancel(Branch& branch) {
  if (branch.invite == nullptr || branch.canceled) return;
  branch.canceled = true;
  branch.invite->cancel();
}

bool LegDialling::cancel() {
  over_ = true;
  context_.loop->cancel(heard_timer_);
  bool open = false;
  for (const auto& branch : branches_) {
    if (branch->invite != nullptr) open = true;
    cancel(*branch);
  }
  return !open;
}

bool LegDialling::idle() const {
  return std::none_of(branches_.begin(), branches_.end(),
                      [](const auto& branch) { return branch->invite != nullptr; });
}

void LegDialling::conclude() {
  const auto leg = leg_.lock();
  if (winner_ != nullptr) {
    if (leg->state() == LegState::confirmed) leg->forget_dialling();
    return;
  }
  const Branch* best = nullptr;
  for (const auto& branch : branches_) {
    if (branch->final_code == 0) return;
    if (branch->final_code == 200) return;
    if (best == nullptr || weight(branch->final_code) > weight(best->final_code)) {
      best = branch.get();
    }
  }
  if (best == nullptr || concluded_) return;
  concluded_ = true;
  context_.loop->cancel(heard_timer_);
  if (leg->state() == LegState::ending) {
    leg->finish(core::EndCause::local, best->final_code, best->final_text);
  } else {
    leg->finish(best->made_up ? core::EndCause::unreachable : core::EndCause::refused,
                best->final_code, best->final_text);
  }
}

void LegDialling::talk(Completion completion) {
  struct Answers {
    std::size_t open = 0;
    int code = 480;
  };
  const auto answers = std::make_shared<Answers>();
  for (const auto& branch : branches_) {
    if (branch->invite == nullptr || !branch->seed || !branch->seed->established()) continue;
    TagList tags;
    tags.header("Event", "talk").header("Subscription-State", "active");
    ++answers->open;
    ClientTransaction* sent = branch->seed->send(
        "NOTIFY", tags, [answers, completion](ClientTransaction&, const Response& response) {
          if (response.provisional()) return;
          if (response.success()) completion.ok();
          answers->code = response.status;
          if (--answers->open == 0) completion.fail(answers->code, "The phone refused to pick up.");
        });
    if (sent == nullptr) --answers->open;
  }
  if (answers->open == 0) completion.fail(480, "No phone of this leg rings in a dialog.");
}

DialRecord LegDialling::record() const {
  DialRecord record;
  record.from = content_.from;
  for (const auto& [name, value] : content_.headers) record.headers.push_back({name, value});
  record.offer = !content_.offer.empty();
  record.max_forwards = content_.max_forwards;
  for (const auto& branch : branches_) {
    record.ways.push_back({.request_uri = branch->way.request_uri,
                           .send_to = branch->way.send_to,
                           .internal = branch->way.internal});
  }
  return record;
}

std::vector<DialogSnapshot> LegDialling::snapshots() const {
  std::vector<DialogSnapshot> all;
  for (const auto& branch : branches_) {
    if (branch->invite == nullptr || !branch->seed) continue;
    all.push_back(branch->seed->snapshot());
    all.back().invite_branch = branch->invite->branch();
    for (const auto& fork : branch->forks) {
      if (fork) all.push_back(fork->snapshot());
    }
  }
  return all;
}

}  // namespace baton::telephony::sip
