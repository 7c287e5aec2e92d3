#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "telephony/sip/leg.hpp"

namespace baton::telephony::sip {

/// One re-INVITE of ours on a confirmed leg, with what RFC 3261 section 14.1 asks for: 491 is tried
/// again after a back-off, 408 and 481 end the leg, every other failure leaves the call as it was.
/// A party whose address refuses everything is looked for once more and once more; then the leg has
/// ended, too. One that has not answered in time is sent a CANCEL: a 100 ends the stack's own
/// deadline, and without an end nothing could be done with the leg any more. Loop thread only.
class LegReinvite : public std::enable_shared_from_this<LegReinvite> {
 public:
  LegReinvite(Leg& leg, Leg::OfferMaker make, Leg::Done done, std::chrono::milliseconds within);
  LegReinvite(const LegReinvite&) = delete;
  LegReinvite& operator=(const LegReinvite&) = delete;
  ~LegReinvite();

  void start();
  /// The party is reached elsewhere now. One that the old address has not answered at all goes to
  /// the new one at once, and has its time there: nobody was there, and silence lasts 32 s.
  void party_moved();
  /// None is open, but one is to be tried again after a back-off: the party's own may come first,
  /// which is what the back-off is for (RFC 3261 section 14.1).
  [[nodiscard]] bool backs_off() const { return backs_off_; }
  /// The party's own re-INVITE has its ACK: one that backs off need not wait any longer.
  void party_is_done();
  /// The leg has ended; whoever waits hears 481.
  void leg_ended();

 private:
  void send(const sip_s* challenge);
  void send_where_it_is();
  void on_response(ClientTransaction& transaction, const Response& response);
  /// One that party_moved() left behind: the ACK of a 2xx is owed all the same.
  void superseded(ClientTransaction& transaction, const Response& response);
  void on_provisional(const sip_s* response);
  void back_off(std::chrono::milliseconds at_least);
  void try_again();
  void look_again(const std::string& text);
  void arm_deadline();
  void done(int code, const std::string& text);

  std::shared_ptr<Leg> leg_;
  Leg::OfferMaker make_;
  Leg::Done done_;
  std::chrono::milliseconds within_;
  Loop::Clock::time_point give_up_at_;
  Loop::Clock::time_point retry_not_before_;  // As a Retry-After had it.
  Loop::Timer retry_;
  Loop::Timer deadline_;
  ClientTransaction* open_ = nullptr;  // Until its final response.
  bool cancelled_ = false;
  bool backs_off_ = false;
  std::string offer_;
  std::string asked_;         // Leg::reached_at() of the last one.
  std::string early_answer_;  // Of a reliable provisional response.
  std::uint32_t last_rseq_ = 0;
  bool moved_ = false;  // The last one is not the first address's.
  bool authorized_ = false;
  bool lengthened_ = false;  // A 422 was obeyed once.
  int unreachable_ = 0;      // How often the transport said that nobody is there.
};

}  // namespace baton::telephony::sip
