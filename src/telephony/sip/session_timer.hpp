#pragma once

#include <optional>
#include <string>

#include "telephony/sip/leg_record.hpp"

struct sip_s;

namespace baton::telephony::sip {

class TagList;

/// What both ends of a dialog agreed on about session timers (RFC 4028). A value; the owner keeps
/// the clock.
///
/// Every leg has one, since a peer that vanished without a BYE is found by nothing else. Where the
/// peer does not know the extension we refresh alone (sections 7.2 and 9).
class SessionTimer {
 public:
  /// `wanted` seconds between refreshes, 0: none of our own wish (the peer's is still kept);
  /// `minimum` is the least that we accept.
  SessionTimer(int wanted, int minimum) : wanted_(wanted), minimum_(minimum) {}
  /// What another process had agreed on.
  explicit SessionTimer(const SessionRecord& record)
      : wanted_(record.wanted),
        minimum_(record.minimum),
        interval_(record.interval),
        we_refresh_(record.we_refresh),
        peer_can_(record.peer_can) {}
  [[nodiscard]] SessionRecord record() const {
    return {.wanted = wanted_,
            .minimum = minimum_,
            .interval = interval_,
            .we_refresh = we_refresh_,
            .peer_can = peer_can_};
  }

  /// Puts Session-Expires and Min-SE on a request of ours (INVITE, re-INVITE, UPDATE).
  void on_request(TagList& tags) const;
  /// Takes a 2xx to it.
  void learn_answer(const sip_s* response);
  /// Takes a 422 to it: the next request asks for the peer's minimum. False when the 422 names none
  /// or no more than we asked for: trying again would not help.
  [[nodiscard]] bool learn_too_small(const sip_s* response);

  /// The least that we accept when a peer's INVITE or UPDATE asks for less and could do with more:
  /// answer 422 with Min-SE. Nothing: accept it.
  [[nodiscard]] std::optional<int> too_small(const sip_s* request) const;
  /// Settles the timer by a peer's INVITE or UPDATE.
  void settle(const sip_s* request);
  /// Puts what was settled on our 2xx to it.
  void on_answer(TagList& tags) const;

  /// Seconds; 0: no timer.
  [[nodiscard]] int interval() const { return interval_; }
  [[nodiscard]] bool we_refresh() const { return we_refresh_; }
  /// Seconds from a refresh until we refresh again (half the interval), or, when that is the peer's
  /// duty, until we give it up (section 10: a third of the interval, at most 32 s, before the end).
  [[nodiscard]] int seconds_to_act() const;
  /// The same after a refresh of ours that was refused. Only a 2xx sets the peer's timer anew
  /// (section 9), so that it hangs up after two thirds of a short interval: a twelfth each leaves
  /// some tries until then. A peer that has no timer has proved that it lives, as by a 2xx.
  [[nodiscard]] int seconds_to_retry() const;

  friend bool operator==(const SessionTimer&, const SessionTimer&) = default;

 private:
  int wanted_;
  int minimum_;
  int interval_ = 0;
  bool we_refresh_ = false;
  bool peer_can_ = false;
};

}  // namespace baton::telephony::sip
