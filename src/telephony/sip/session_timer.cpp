#include "telephony/sip/session_timer.hpp"

#include <sofia-sip/sip.h>
#include <strings.h>

#include <algorithm>
#include <limits>

#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/dialog_tags.hpp"

namespace baton::telephony::sip {
namespace {

/// RFC 4028 section 4: the smallest value that Min-SE may have.
constexpr int kSmallestInterval = 90;

int seconds(unsigned long value) {
  return static_cast<int>(
      std::min<unsigned long>(value, static_cast<unsigned long>(std::numeric_limits<int>::max())));
}

bool is(const char* refresher, const char* who) {
  return refresher != nullptr && strcasecmp(refresher, who) == 0;
}

}  // namespace

void SessionTimer::on_request(TagList& tags) const {
  const int ask = interval_ > 0 ? interval_ : wanted_;
  if (ask <= 0) return;
  std::string value = std::to_string(ask);
  // In a refresh the roles stay as they are (section 7.4); the first request leaves the choice.
  if (interval_ > 0) value += we_refresh_ ? ";refresher=uac" : ";refresher=uas";
  tags.header("Session-Expires", value);
  if (minimum_ > kSmallestInterval) tags.header("Min-SE", std::to_string(minimum_));
}

void SessionTimer::learn_answer(const sip_s* response) {
  if (response == nullptr) return;
  const sip_session_expires_t* expires = response->sip_session_expires;
  if (expires != nullptr && expires->x_delta > 0) {
    interval_ = seconds(expires->x_delta);
    peer_can_ = true;
    we_refresh_ = !is(expires->x_refresher, "uas");
  } else if (wanted_ > 0) {
    // The peer has no session timers: we refresh alone, and its answers prove that it lives.
    interval_ = interval_ > 0 ? interval_ : wanted_;
    peer_can_ = false;
    we_refresh_ = true;
  }
}

bool SessionTimer::learn_too_small(const sip_s* response) {
  if (response == nullptr || response->sip_min_se == nullptr) return false;
  const int least = seconds(response->sip_min_se->min_delta);
  if (least <= std::max(wanted_, interval_)) return false;
  minimum_ = std::max(minimum_, least);
  wanted_ = least;
  if (interval_ > 0) interval_ = least;
  return true;
}

std::optional<int> SessionTimer::too_small(const sip_s* request) const {
  const sip_session_expires_t* expires = request->sip_session_expires;
  const int least = std::max(minimum_, kSmallestInterval);
  if (expires == nullptr || !supports(request, "timer")) return std::nullopt;
  if (seconds(expires->x_delta) >= least) return std::nullopt;
  return least;
}

void SessionTimer::settle(const sip_s* request) {
  const sip_session_expires_t* expires = request->sip_session_expires;
  peer_can_ = supports(request, "timer");
  const int asked = expires != nullptr ? seconds(expires->x_delta) : 0;
  int least = std::max(minimum_, kSmallestInterval);
  if (request->sip_min_se != nullptr)
    least = std::max(least, seconds(request->sip_min_se->min_delta));
  if (asked == 0 && wanted_ <= 0) {
    interval_ = 0;
    return;
  }
  const int interval = asked == 0 ? wanted_ : wanted_ <= 0 ? asked : std::min(asked, wanted_);
  interval_ = std::max(interval, least);
  we_refresh_ = !peer_can_ || is(expires != nullptr ? expires->x_refresher : nullptr, "uas");
}

void SessionTimer::on_answer(TagList& tags) const {
  if (interval_ <= 0 || !peer_can_) return;
  tags.header("Session-Expires",
              std::to_string(interval_) + (we_refresh_ ? ";refresher=uas" : ";refresher=uac"));
  // Section 9, table 2: a peer that is to refresh must understand that it is.
  if (!we_refresh_) tags.add(SIPTAG_REQUIRE_STR("timer"));
}

int SessionTimer::seconds_to_act() const {
  if (interval_ <= 0) return 0;
  if (we_refresh_) return std::max(1, interval_ / 2);
  return std::max(1, interval_ - std::min(32, interval_ / 3));
}

int SessionTimer::seconds_to_retry() const {
  return we_refresh_ && peer_can_ ? std::max(1, interval_ / 12) : seconds_to_act();
}

}  // namespace baton::telephony::sip
