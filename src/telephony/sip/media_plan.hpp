#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "telephony/sip/sdp.hpp"

namespace baton::telephony::sip {

/// Where the built-in source sends from, as its SDP tells a parked party.
struct LocalMedia {
  std::string address;  ///< Numeric.
  int port = 0;         ///< RTP, even. The port after it (RTCP) is not used.
};

/// Where a parked party wants to hear the built-in source.
struct Listener {
  std::string address;   ///< Numeric, as the party's SDP gave it.
  int port = 0;          ///< 1 to 65,535.
  int payload_type = 0;  ///< The party's number for the encoding.
  bool a_law = false;    ///< PCMA, else PCMU.

  friend bool operator==(const Listener&, const Listener&) = default;
};

/// What an offer to one leg is made of.
enum class OfferFrom : std::uint8_t {
  /// The other party's last SDP: for a party that has just answered, or that has just offered.
  /// Where it answered an
  /// offer of ours that was itself restricted (park, hold, mute), that restriction is not taken for
  /// the party's will.
  last,
  /// Everything the other party ever showed, at its last known address, sendrecv: for a party that
  /// is new, or when
  /// two parked parties meet.
  widest,
};

/// Whose turn it is in the exchange of offers and answers.
enum class MediaTurn : std::uint8_t {
  none,
  local_offered,
  remote_answered,
  remote_offered,
  local_answered
};
BOOST_DESCRIBE_ENUM(MediaTurn, none, local_offered, remote_answered, remote_offered, local_answered)

/// One m-line of a dialog as it was last sent, for the line that keeps its place once it is
/// disabled.
struct MediaSlot {
  std::string kind;
  std::string proto;
  std::string format;
};
BOOST_DESCRIBE_STRUCT(MediaSlot, (), (kind, proto, format))

/// The session that a dialog's offers and answers have agreed on so far.
struct MediaState {
  std::string remote;
  std::string local;
  std::string widest;
  std::vector<MediaSlot> layout;
  /// Line of this dialog -> line of the leg `paired_with`, or -1.
  std::vector<int> pairs;
  std::uint64_t paired_with = 0;
  MediaTurn turn = MediaTurn::none;
  bool parked = false;
  bool on_source = false;
  bool held_by_party = false;
  bool remote_was_offer = false;
};
BOOST_DESCRIBE_STRUCT(MediaState, (),
                      (remote, local, widest, layout, pairs, paired_with, turn, parked, on_source,
                       held_by_party, remote_was_offer))

/// What a restarted process needs in order to go on with a leg's media (LegMedia::record).
struct MediaRecord {
  std::uint64_t session = 0;
  std::uint64_t version = 0;
  bool muted = false;
  MediaState state;
};
BOOST_DESCRIBE_STRUCT(MediaRecord, (), (session, version, muted, state))

/// The media of one leg (one SIP dialog) in the plan "pass-through": each party gets the other's
/// SDP, so that the media flows straight between them. A value of about 2 kB; no I/O, no clock. One
/// thread at a time.
///
/// It keeps what RFC 3264 asks of the one dialog: an `o=` of our own with one session id, whose
/// version goes up by one when the body changes and stays when not (section 8); m-lines that are
/// only ever disabled, never removed or reordered (section 8.2); an answer with exactly the offer's
/// m-lines (section 6). How the m-lines of two legs belong together is remembered, so that an
/// answer goes back to the line that asked.
///
/// The order of calls is that of offer and answer. Towards the party: offer_*() then
/// receive_answer() or offer_failed(). From the party: receive_offer() then answer_*() or
/// refuse_offer(). receive_answer() and answer_*() may be repeated within an exchange (early
/// answers in 18x, forks); the last one counts.
class LegMedia {
 public:
  /// `origin_address`: our own numeric address for o= (and c= where no other is known).
  /// `session_id`: unique among the process's legs, for o= and to tell legs apart; 1 to 2^62.
  LegMedia(std::string origin_address, std::uint64_t session_id);
  /// The media of a leg that another process had.
  LegMedia(std::string origin_address, MediaRecord record);

  /// What another process needs to go on. `settled`: the leg is up, so that an exchange that is
  /// open counts as one that was never begun: whoever began it begins it anew, and by the same
  /// state the same offer gets the same version again (RFC 3264 section 8 counts by one).
  [[nodiscard]] MediaRecord record(bool settled) const;

  // From the party.

  /// The party's offer (INVITE, re-INVITE, UPDATE, or our offerless request's 2xx). On an error
  /// nothing changed. 491: an offer of our own is not answered yet.
  [[nodiscard]] std::optional<SdpError> receive_offer(std::string_view body);
  /// The party's answer (18x, 2xx, ACK, PRACK). Missing m-lines count as rejected, surplus ones are
  /// ignored. 488: it is no SDP, or there is no offer of ours. Nothing changed then.
  /// `final` false: an early answer in an unreliable 18x, which offer_failed() can still take back.
  [[nodiscard]] std::optional<SdpError> receive_answer(std::string_view body, bool final = true);
  /// The same for the answer in an ACK to the offer that the party asked for, by a re-INVITE
  /// without one: of all answers this one tells whether the party holds, by its own doing, wherever
  /// our offer would have let it hear.
  [[nodiscard]] std::optional<SdpError> receive_asked_answer(std::string_view body);
  /// The offer that we sent was refused or withdrawn: the session is as it was (RFC 3261
  /// section 14.1). The version in o= never goes back. No effect when none is open.
  void offer_failed();
  /// We refused the party's offer (488, 491, 500): the session is as it was. No effect when none is
  /// open.
  void refuse_offer();

  // To the party: the body to send. Each remembers what it gave.

  /// An offer made of the other leg. nullopt: the other has shown no SDP yet (use offer_source() or
  /// offer_hold()).
  [[nodiscard]] std::optional<std::string> offer_from(const LegMedia& other, OfferFrom from);
  /// The answer to this party's offer, made of the other's last SDP (its answer to the relayed
  /// offer, or what it sent before). Lines that it does not serve, or has no encoding in common
  /// for, are rejected. nullopt: no offer is to be answered, or no audio line is left (refuse with
  /// 488, or answer_source()).
  [[nodiscard]] std::optional<std::string> answer_from(const LegMedia& other);
  /// An offer by which this party hears the built-in source: sendonly, PCMU and PCMA as far as the
  /// party has shown to have them (both for a new party), audio lines beyond the first and other
  /// media disabled. nullopt: the party has neither, wants SRTP, or uses the other IP version: then
  /// offer_hold().
  [[nodiscard]] std::optional<std::string> offer_source(const LocalMedia& source);
  /// The same as an answer to the party's offer. nullopt: as above; then answer_hold(), or 488 on a
  /// first INVITE.
  [[nodiscard]] std::optional<std::string> answer_source(const LocalMedia& source);
  /// Hold without a sound: our last SDP with all media inactive; c= and ports stay.
  [[nodiscard]] std::string offer_hold();
  /// The offer that parks the party: offer_source(), where there is a source that suits, else
  /// offer_hold().
  [[nodiscard]] std::string offer_parked(const std::optional<LocalMedia>& source);
  /// An answer by which nothing flows. All lines of the offer are kept, inactive, where a port of
  /// ours is known for them, else rejected. nullopt: no offer is to be answered, or no line is
  /// left.
  [[nodiscard]] std::optional<std::string> answer_hold();
  /// The answer that parks the party: answer_source(), where there is a source that suits, else
  /// answer_hold(). nullopt: as for that.
  [[nodiscard]] std::optional<std::string> answer_parked(const std::optional<LocalMedia>& source);
  /// The answer that an ACK or a PRACK owes to the party's offer while nobody is joined to it (RFC
  /// 3261 section 13.2.2.4, RFC 3262 section 5): answer_parked(), else all lines are rejected.
  /// Empty only where no offer is to be answered.
  [[nodiscard]] std::string answer_owed(const std::optional<LocalMedia>& source);
  /// Our last SDP once more with the same version: a session refresh. nullopt: none was sent yet.
  [[nodiscard]] std::optional<std::string> offer_again();

  /// Mutes the party: from the next body on. What we send to it says "sendonly" at most, so it
  /// answers "recvonly" and stops sending, while it still hears the other; what is made of it for
  /// the other leg says "recvonly" at most. (A muted party that is *offered* recvonly would be
  /// asked to send only: the opposite.) One re-INVITE to the muted party is enough to mute it; the
  /// other need not be told, it merely gets no packets. Whatever it was told while the first was
  /// muted said that it hears nothing, though, so needs_reoffer() is to be asked once that is over.
  void set_muted(bool muted) { muted_ = muted; }
  [[nodiscard]] bool muted() const { return muted_; }

  // What is known.

  /// The party's last SDP (offer or answer) as it came; empty before the first.
  [[nodiscard]] const std::string& remote() const { return now_.remote; }
  /// The last body sent to the party; empty before the first.
  [[nodiscard]] const std::string& local() const { return now_.local; }
  /// Everything the party ever showed, sendrecv, at its last known address; empty before the first.
  [[nodiscard]] const std::string& widest() const { return now_.widest; }
  /// An offer of ours is open: an offer of the party's now is glare (491).
  [[nodiscard]] bool offer_open() const { return now_.turn == Turn::local_offered; }
  /// The party's offer is not answered yet.
  [[nodiscard]] bool answer_due() const { return now_.turn == Turn::remote_offered; }
  /// What we last sent parks the party: the built-in source or hold.
  [[nodiscard]] bool parked() const { return now_.parked; }
  /// The party has put us on hold by its own offer: it does not want to hear (sendonly, inactive,
  /// or 0.0.0.0). An answer to our own park or hold does not count, nor does a refresh that repeats
  /// it, and it stays until the party's next offer that is none, or receive_asked_answer().
  [[nodiscard]] bool held_by_party() const { return now_.held_by_party; }
  /// Where the built-in source is to be sent after offer_source()/receive_answer() or
  /// receive_offer()/answer_source(): nullopt when the party does not want to receive now, or is
  /// not parked on the source.
  [[nodiscard]] std::optional<Listener> listener() const;

  [[nodiscard]] std::uint64_t session_id() const { return session_id_; }
  /// Version of the last body sent; 0 before the first.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  /// M-lines that this dialog has by now. Never shrinks, but for offer_failed().
  [[nodiscard]] std::size_t layout_size() const { return now_.layout.size(); }

 private:
  using Turn = MediaTurn;
  using State = MediaState;

  friend class MediaComposer;
  friend bool needs_reoffer(const LegMedia& to, const LegMedia& from);

  /// The party's offer is open, or was answered and may be answered again (18x then 2xx).
  [[nodiscard]] bool answerable() const {
    return now_.turn == Turn::remote_offered || now_.turn == Turn::local_answered;
  }
  void begin_exchange();
  void learn(std::string text, Sdp sdp);
  std::string commit(Sdp body, Turn turn, bool parked, bool on_source);

  std::string origin_address_;
  std::uint64_t session_id_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t version_before_ = 0;  // When the exchange that is open began.
  bool muted_ = false;
  State now_;
  /// The session before the exchange that is open; shared since states are never changed once put
  /// aside.
  std::shared_ptr<const State> before_;
};

/// After `from` answered an offer made of `to` (bridge), whether `to` must be offered again: what
/// `to` was last told of `from` (address, port, direction, keys, ICE, encodings that `to` chose and
/// their numbers) no longer holds. Encodings that `to` does not use may differ. `to` was never told
/// anything of `from`: true. The caller does this once a bridge, never in a loop.
[[nodiscard]] bool needs_reoffer(const LegMedia& to, const LegMedia& from);

}  // namespace baton::telephony::sip
