#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "telephony/sip/leg.hpp"

namespace baton::telephony::sip {

/// The INVITEs of a leg that is being dialled: one to each phone of an agent, or one to a trunk.
/// The first 2xx wins; all others are cancelled, and a 2xx of theirs is acknowledged and ended.
/// Loop thread only.
class LegDialling {
 public:
  /// Where one INVITE goes.
  struct Way {
    std::string request_uri;
    std::string send_to;  ///< Empty: where the Request-URI says.
    Credentials credentials;
    bool internal = false;  ///< To ourselves.
  };

  /// What all INVITEs of the leg say.
  struct Content {
    std::string from;  ///< name-addr.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string offer;  ///< Empty: none, the answer brings it.
    int max_forwards = 70;
  };

  LegDialling(Leg& leg, Content content);
  LegDialling(const LegDialling&) = delete;
  LegDialling& operator=(const LegDialling&) = delete;
  ~LegDialling();

  /// Sends the INVITEs. False when none could be sent.
  bool start(const std::vector<Way>& ways);
  /// Cancels what is not answered; finals still come. True when nothing is open.
  bool cancel();
  /// Answers an UPDATE that came in an early dialog (RFC 3311 section 5.2): by ourselves, since
  /// nobody is joined to the leg yet.
  void on_update(Dialog& dialog, ServerTransaction transaction, const sip_s* sip);
  /// NOTIFY with Event: talk to every phone that rings.
  void talk(Completion completion);
  [[nodiscard]] std::vector<DialogSnapshot> snapshots() const;
  /// What another process needs to send the same INVITEs again.
  [[nodiscard]] DialRecord record() const;
  /// No INVITE waits for its final response.
  [[nodiscard]] bool idle() const;

 private:
  /// Offer and answer of an early dialog, which a reliable provisional response has completed.
  struct Early {
    LegMedia media;
    bool updated = false;  // By an UPDATE: SDP of later responses to the INVITE does not count.
  };

  struct Branch : std::enable_shared_from_this<Branch> {
    Way way;
    std::unique_ptr<Dialog> seed;                // The dialog of the INVITE itself.
    std::vector<std::unique_ptr<Dialog>> forks;  // Dialogs of other remote tags.
    ClientTransaction* invite = nullptr;         // Until its final response.
    std::string offer;                           // As sent; empty: delayed.
    std::map<const Dialog*, Early> early;        // Of the dialogs above.
    std::uint32_t last_rseq = 0;
    bool ringing = false;
    bool authorized = false;
    bool lengthened = false;
    bool canceled = false;
    int final_code = 0;
    bool made_up = false;      // The final response is the stack's own: nobody answered.
    std::size_t number = 0;    // Of the way, from 0.
    std::size_t attempts = 0;  // INVITEs sent.
    std::string final_text;
  };

  struct Prack {
    std::string rack;
    std::string answer;  // To the response's offer, if it had one.
  };

  bool send(Branch& branch, const sip_s* challenge);
  void send_prack(Branch& branch, Dialog& dialog, const Prack& prack, const sip_s* challenge);
  static bool has(const Branch& branch, const Dialog& dialog);
  void on_response(Branch& branch, ClientTransaction& transaction, const Response& response);
  void on_provisional(Branch& branch, const Response& response);
  void note_heard();
  void on_success(Branch& branch, ClientTransaction& transaction, const Response& response);
  bool try_again(Branch& branch, const Response& response);
  bool begin_anew(Branch& branch);
  void acknowledge_provisional(Branch& branch, Dialog& dialog, const sip_s* sip);
  static void learn_way(const Branch& branch, Dialog& dialog, const sip_s* sip);
  Dialog* dialog_of(Branch& branch, const sip_s* sip);
  std::unique_ptr<Dialog> take_dialog(Branch& branch, const sip_s* sip);
  void cancel(Branch& branch);
  void conclude();

  std::weak_ptr<Leg> leg_;
  LegContext& context_;
  Content content_;
  std::vector<std::shared_ptr<Branch>> branches_;
  const Way* winner_ = nullptr;
  bool over_ = false;  // A winner was found, or the leg does not want one any more.
  bool rang_ = false;
  bool heard_ = false;  // A response came, if only a 100.
  Loop::Timer heard_timer_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  bool concluded_ = false;
};

}  // namespace baton::telephony::sip
