#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/command.hpp"
#include "core/input.hpp"
#include "log/about.hpp"
#include "telephony/sip/dialog.hpp"
#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/leg_context.hpp"
#include "telephony/sip/leg_credentials.hpp"
#include "telephony/sip/leg_record.hpp"
#include "telephony/sip/media_plan.hpp"
#include "telephony/sip/phones_before.hpp"
#include "telephony/sip/refer.hpp"
#include "telephony/sip/session_timer.hpp"
#include "telephony/sip/trunks.hpp"

namespace baton::telephony::sip {

class InviteServer;
class Job;
class LegDialling;
class LegReinvite;

/// A leg as it is, for tests.
struct LegSnapshot {
  core::LegId leg;
  LegState state = LegState::incoming;
  Party party;
  std::vector<DialogSnapshot> dialogs;  ///< One, or, while it is dialled, one a phone or fork.
  std::string remote_sdp;
  std::string local_sdp;
  std::uint64_t sdp_session = 0;
  std::uint64_t sdp_version = 0;
  std::optional<core::LegId> bridged_to;
};

/// One party of a call: its dialog, its media, and what is going on with them. Loop thread only.
///
/// A leg is made by an INVITE that came in (incoming()) or by one of ours (dial()), and ends once:
/// LegEnded is sent then. The object lives on until the last of its transactions has ended.
class Leg : public DialogOwner, public std::enable_shared_from_this<Leg> {
 public:
  /// `code` 200: done. Else the SIP status of the failure.
  using Done = std::function<void(int code, const std::string& text)>;
  /// Makes the body of an offer when it is sent; nothing when there is none to make (488).
  using OfferMaker = std::function<std::optional<std::string>()>;
  /// Puts into a request what its dialog does not.
  using RequestMaker = std::function<void(TagList&)>;

  Leg(LegContext& context, core::LegId id, Party party);
  ~Leg() override;

  // Over a restart (leg_adopt.cpp).

  /// The leg of another process. Null where it cannot be gone on with; `why` then tells. Its
  /// bridge is the caller's to make.
  static std::shared_ptr<Leg> adopt(LegContext& context, const core::LegId& id,
                                    const LegRecord& record, std::string& why);
  /// What adopt() needs, or nothing while the leg ends.
  [[nodiscard]] std::optional<LegRecord> record() const;
  /// What the keeper notes of the leg.
  struct Kept {
    bool changed = false;  ///< Since the last record.
    bool stored = false;   ///< There is a record.
  };
  [[nodiscard]] Kept& kept() { return kept_; }
  [[nodiscard]] const Kept& kept() const { return kept_; }
  void changed() { context_.keeper->changed(*this); }
  /// A session refresh out of turn (RFC 4028 section 10): a party that hung up while nobody
  /// listened answers 481, one that is gone not at all, and the leg ends.
  void ask_if_it_lives();
  /// The party's connection died with the process before, and has not come back (leg_way.cpp). What
  /// is to be done with the leg waits for it, also the BYE of one that has ended.
  [[nodiscard]] bool lost_its_way() const { return way_ != nullptr; }
  /// The party is back, and reached there: "sip:host:port;transport=tcp".
  void found_its_way(const std::string& send_to);
  /// Does that once the party is back, or the leg has ended. Only while lost_its_way().
  void once_reachable(std::function<void()> action);
  /// The agent's phone has registered from there, and is reached there from now on.
  void follow_phone(const std::string& send_to);
  /// The party has moved: a re-INVITE of ours that the old address does not answer goes after it.
  void ask_where_it_is();
  /// The party has not come back in time.
  void stays_away();
  /// Where its requests go.
  [[nodiscard]] PhonesBefore::Place place() const;
  /// The same as one address: one that differs tells that the party has moved, and that whatever
  /// became of a request to the old one says nothing of it.
  [[nodiscard]] std::string reached_at() const;
  /// Before each request: makes that where they go.
  void mend_way();

  // Setting up (leg_incoming.cpp, leg_dialling.cpp).

  /// Takes an INVITE, whose SDP, if any, is read. False when it was refused at once: no leg.
  bool take_invite(ServerTransaction transaction, const sip_s* sip);
  /// Dials. Nothing: the first request is out. Else why not.
  struct Refusal {
    int code = 500;
    std::string text;
  };
  std::optional<Refusal> dial(const core::DialLeg& command, Leg* media_of);
  void ring(const Completion& completion);
  /// Accepts an incoming leg with a 200 of that SDP; done when the ACK is in.
  void accept(const std::string& sdp, Done done);
  /// Refuses an incoming leg, which ends it.
  void refuse(int code, const std::string& text);
  [[nodiscard]] bool incoming_has_offer() const;
  /// Acknowledges the 2xx that answered our INVITE, if that is still to be done. It waits for the
  /// commit of LegAnswered, which is known to be over when a command comes: a process that died
  /// between the two would leave a party in a call that the next one knows nothing of.
  void acknowledge_answer();
  /// Acknowledges the offer of an unacknowledged leg with that answer.
  void acknowledge(const std::string& sdp);
  /// The same while nobody is joined to it: by LegMedia::answer_owed().
  void acknowledge();

  // While it is up.

  /// Sends a re-INVITE (leg_reinvite.cpp). On 200 the answer is in media(). `done` is always
  /// called once, with 481 when the leg ends meanwhile. Only for the job that has the leg. `within`
  /// (else LegTimes::job_deadline): then the party is told that nobody waits any more, and `done`
  /// hears 504 where it obeys.
  void exchange(OfferMaker make, Done done,
                std::optional<std::chrono::milliseconds> within = std::nullopt);
  /// Lets the party hear the built-in source, or silence, as its SDP now has it.
  void play(core::Sound sound);
  void send_dtmf(std::string digits, Completion completion);
  void talk(Completion completion);
  void answer_refer(core::ReferId refer, int code, const Completion& completion);
  void notify_refer(core::ReferId refer, int code, bool final, Completion completion);
  /// Hangs up in whatever way the state needs.
  void end(int code, const std::string& text, Completion completion);
  /// Takes the leg out of its bridge, if any; both stay up.
  void leave_bridge();
  static void join(Leg& a, Leg& b);

  // Facts.

  [[nodiscard]] const core::LegId& id() const { return id_; }
  [[nodiscard]] LegState state() const { return state_; }
  [[nodiscard]] bool ended() const {
    return state_ == LegState::ended || state_ == LegState::ending;
  }
  [[nodiscard]] const Party& party() const { return party_; }
  /// Which call it is part of, for the log.
  void set_call(const log::Call& call) { call_ = call; }
  [[nodiscard]] LegMedia& media() { return media_; }
  [[nodiscard]] Leg* peer() const { return peer_; }
  /// It answered and was in no bridge and not parked since: it was offered the other's SDP.
  [[nodiscard]] bool fresh() const { return fresh_; }
  void set_fresh(bool fresh) { fresh_ = fresh; }
  /// give_up() follows at once: whatever waits for the leg until then has failed.
  void about_to_be_lost() { lost_ = true; }
  [[nodiscard]] bool is_lost() const { return lost_; }
  [[nodiscard]] core::Sound sound() const { return sound_; }
  [[nodiscard]] LegContext& context() { return context_; }
  [[nodiscard]] std::deque<std::shared_ptr<Job>>& jobs() { return jobs_; }
  [[nodiscard]] Dialog* dialog() { return dialog_.get(); }
  [[nodiscard]] SessionTimer& session_timer() { return session_timer_; }
  [[nodiscard]] LegSnapshot snapshot() const;

  // For the parts of a leg.

  void on_request(Dialog& dialog, ServerTransaction transaction, const sip_s* sip) override;
  /// Ends the leg: LegEnded, its jobs and waits fail. Does nothing for one that ended.
  void finish(core::EndCause cause, int code, const std::string& text);
  /// Lets go of everything without a word to anybody: the switch stops, or the leg never began.
  void abandon();
  /// Sends BYE and ends the leg for another reason than a command.
  void give_up(core::EndCause cause, int code, const std::string& text);
  /// An INVITE of ours that got a 2xx nobody wants: ACK and BYE. `offer`: what the ACK has to
  /// answer, if anything.
  void end_stray(std::shared_ptr<Dialog> dialog, ClientTransaction& invite, std::string_view offer);
  void confirm();
  /// (Re)starts the session timer after a refresh.
  void arm_session_timer();
  /// The same after one that the peer refused, and lived.
  void session_refresh_refused();
  /// Takes the party's remote target from its re-INVITE or UPDATE. True when it has moved.
  bool follow(const ServerTransaction& transaction, const sip_s* sip);
  /// Tags that every INVITE, UPDATE and 2xx of ours carries: Allow, Supported, User-Agent.
  void common_tags(TagList& tags, bool response) const;
  void sdp_tags(TagList& tags, const std::string& sdp) const;
  void contact_tag(TagList& tags, const Dialog& dialog) const;
  /// What its trunk may ask for in the dialog, whoever called.
  void use_trunks_credentials();
  /// Adds the credential that a 401 or 407 asks for. False when we have none.
  bool authorize(TagList& tags, const sip_s* response, const char* method,
                 const std::string& uri) const;
  /// Sends a request that is no INVITE in one of the leg's dialogs, and once more with our
  /// credential where a trunk asks for one (RFC 3261 section 22.2). `make` is called each time.
  ClientTransaction* request(Dialog& dialog, const char* method, const RequestMaker& make,
                             ClientTransaction::Handler handler);
  void learn_allow(const sip_s* sip);
  void reinvite_over(const LegReinvite& reinvite);
  /// A re-INVITE of ours waits to be tried again, and none is open.
  [[nodiscard]] bool backs_off() const;
  /// The party's own re-INVITE has its ACK.
  void party_is_done();
  [[nodiscard]] Allowed allows_info() const { return allows_info_; }
  [[nodiscard]] std::shared_ptr<Leg> self() { return shared_from_this(); }
  void send_bye(std::function<void()> answered);
  void set_peer_invite(std::unique_ptr<InviteServer> invite);
  [[nodiscard]] InviteServer* peer_invite() const { return invite_.get(); }
  void drop_peer_invite();

 private:
  friend class LegDialling;
  friend class LegReinvite;

  void on_bye(ServerTransaction transaction, const sip_s* sip);
  void on_info(ServerTransaction transaction, const sip_s* sip);
  void on_refer(ServerTransaction transaction, const sip_s* sip);
  void arm_session_timer(int seconds);
  void on_session_timer();
  void refresh_by_update();
  void look_again(const std::string& text);
  void send_next_digit();
  void fail_digits();
  void report_end(core::EndCause cause, int code, const std::string& text);
  void end_dialling();
  void forget_dialling();
  void await_invite();
  /// The ACK of our 200 is in, or will not come: sends the BYE of an EndLeg that waited for that.
  bool ends_after_ack();
  bool restore(const LegRecord& record, std::string& why);
  bool restore_invite(const LegRecord& record);
  /// Where the party that sent from there is reached by requests of ours, without its connection.
  [[nodiscard]] std::string way_without_connection(const std::string& source) const;
  /// That way as it is now: one by a connection of a trunk's party while it is up, and
  /// way_without_connection() afterwards only, since the trunk's address may be another machine.
  [[nodiscard]] std::string way_that_is_left(const std::string& send_to) const;
  void restore_way();
  void end_late();
  void forget_late();
  /// Notes which of the agent's phones the leg is with, where one is registered there.
  void learn_phone();
  /// `offer_due`: the 2xx brings the party's offer. `early_sdp`: its last SDP before that.
  void answered(std::unique_ptr<Dialog> dialog, const sip_s* sip, bool offer_due,
                ClientTransaction& invite, std::string early_sdp);

  LegContext& context_;
  const core::LegId id_;
  Party party_;
  log::Call call_;
  TrunkCall trunk_call_;  // Until the leg is over.
  LegState state_ = LegState::incoming;
  core::Sound sound_ = core::Sound::hold;
  Allowed allows_info_ = Allowed::unknown;
  Allowed allows_update_ = Allowed::unknown;
  bool fresh_ = false;
  bool lost_ = false;
  bool reported_ = false;        // LegEnded was sent.
  bool end_on_ack_ = false;      // EndLeg came before the ACK of our 200.
  bool wants_reliable_ = false;  // The INVITE required 100rel.
  std::shared_ptr<Leg> held_;    // Itself, while an ACK is still to be answered by a BYE.

  std::unique_ptr<Dialog> dialog_;
  LegMedia media_;
  Leg* peer_ = nullptr;
  SessionTimer session_timer_;
  Loop::Timer session_due_;
  Loop::Timer guard_;  // Deadline of `unacknowledged` and `ending`.

  Loop::Timer ack_due_;
  Kept kept_;
  int unreachable_ = 0;       // How often the transport said that nobody is there.
  PhoneIdentity phone_;       // Of an agent's leg.
  std::shared_ptr<Job> way_;  // Holds everything else back while the party is unreachable.

  std::deque<std::shared_ptr<Job>> jobs_;
  std::unique_ptr<LegDialling> dialling_;
  std::unique_ptr<Credentials> credentials_;  // What the trunk may ask for in the dialog, too.
  std::shared_ptr<LegReinvite> reinvite_;
  std::unique_ptr<InviteServer> invite_;  // The INVITE or re-INVITE of the party, until its ACK.
  ClientTransaction* unacknowledged_ = nullptr;  // Our INVITE, while its 2xx waits for our answer.
  ClientTransaction* answered_ = nullptr;        // Our INVITE, while its 2xx waits for its ACK.
  std::string invite_transport_;                 // By which the party's INVITE came.
  Done accepted_;                                // Waits for the ACK of accept()'s 200.
  core::EndCause end_cause_ = core::EndCause::local;
  std::vector<Completion> end_completions_;

  struct PendingRefer {
    core::ReferId refer = 0;
    std::uint32_t cseq = 0;
    bool suppressed = false;
    ServerTransaction transaction;
    Loop::Timer deadline;
  };
  struct Digits {
    std::string left;
    Completion completion;
  };
  std::deque<Digits> digits_;  // One row: the first one's digit is on its way.
  std::vector<PendingRefer> pending_refers_;
  bool stray_refer_told_ = false;
  std::vector<ReferSubscription> refers_;
};

}  // namespace baton::telephony::sip
