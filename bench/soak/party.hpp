#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "timers.hpp"

namespace baton::bench {

enum class Phase : std::uint8_t {
  calling,   ///< Our INVITE is out, or theirs was not answered yet.
  answered,  ///< Our 200 is out, the ACK is not here.
  up,
  leaving,  ///< Our BYE is out.
  ended,
};

/// A party that is there no more, and did not say so.
enum class Gone : std::uint8_t {
  no,
  silent,     ///< Without power: it answers nothing.
  forgotten,  ///< Started anew: 481 to all that belongs to the call.
};

/// Who ended a leg, as the party saw it.
enum class EndedBy : std::uint8_t {
  them,     ///< The server's BYE or CANCEL.
  us,       ///< Our BYE or CANCEL, or our refusal.
  refused,  ///< The server's final answer to our INVITE.
  nobody,   ///< No answer within 64*T1 (RFC 3261, section 17).
};

/// One dialog of a party with the server.
struct Leg {
  std::string call_id;
  std::string user;    ///< Who the party is: a login, or a number.
  std::string number;  ///< The number of the customer whom the call is about.
  bool ours = false;   ///< The party called.
  Phase phase = Phase::calling;
  Gone gone = Gone::no;
  std::string own, theirs;   ///< From and To of our requests.
  std::string target;        ///< The Request-URI of what we send inside the dialog.
  std::uint32_t cseq = 0;    ///< Of our last request.
  std::uint32_t invite = 0;  ///< CSeq of their last INVITE.
  std::string first_invite;  ///< Theirs, until it has a final answer.
  std::string answer;        ///< Our last answer to their last INVITE, for its repetitions.
  bool acknowledged = true;
  bool provisional = false;  ///< Our INVITE has a 1xx.
  bool leave = false;        ///< To be left as soon as that is allowed.
  std::string request;       ///< Ours without a final answer; sent again until then.
  std::string method;        ///< Of it.
  unsigned round = 0;        ///< Counts our requests, so that a timer knows its own.
  std::string branch;        ///< Of our INVITE; its CANCEL and a failure's ACK have the same.
  std::string ack;           ///< Of our INVITE's 2xx.
  std::string sdp;
  unsigned sdp_version = 0;
  int code = 0;       ///< Of the answer that refused us.
  std::string story;  ///< What went (>) and came (<), a line each, until it is too long.
};

struct PartyFigures {
  std::uint64_t messages = 0;
  std::uint64_t repeated = 0;           ///< Sent again by us, for want of an answer.
  std::uint64_t strangers = 0;          ///< Requests inside of dialogs that we do not know.
  std::uint64_t unknown_to_server = 0;  ///< 481 to our BYE.
};

/// Many SIP users on one UDP socket of 127.0.0.1, as in one phone system: transactions and dialogs
/// as RFC 3261 has them, with their repetitions, so that a server that was away for a second finds
/// what it missed. Everything else is decided by the hooks. One thread.
class Party {
 public:
  struct Hooks {
    std::function<void(Leg&)> called;  ///< A first INVITE is here.
    std::function<void(Leg&)>
        answered;  ///< The call is up: our INVITE has its 2xx, theirs its ACK.
    std::function<void(Leg&, EndedBy)> ended;
    std::function<void(std::string_view)> registered;  ///< An answer to a REGISTER.
  };

  Party(Timers& timers, Hooks hooks) : timers_(timers), hooks_(std::move(hooks)) {}
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;
  ~Party();

  /// False where that port of 127.0.0.1 is taken; 0: a free one.
  [[nodiscard]] bool open(std::uint16_t port, std::uint16_t server_port, std::uint16_t media_port);
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Takes all that has come.
  void receive();

  /// Calls `to` as `from`.
  Leg& call(const std::string& from, const std::string& to);
  void ring(Leg& leg);
  void accept(Leg& leg);
  void refuse(Leg& leg, int code, std::string_view phrase);
  /// BYE, CANCEL, or either as soon as it is allowed.
  void hang_up(Leg& leg);
  /// The party goes without a word.
  static void die(Leg& leg, Gone how) { leg.gone = how; }
  [[nodiscard]] Leg* find(const std::string& call_id);
  /// Anything of ours that is no part of a dialog.
  void send(const std::string& text);
  [[nodiscard]] std::string new_branch();
  [[nodiscard]] std::string contact(std::string_view user) const;

  /// Legs that are neither ended nor dead.
  [[nodiscard]] std::size_t alive() const;
  [[nodiscard]] const PartyFigures& figures() const { return figures_; }
  [[nodiscard]] const std::unordered_map<std::string, std::unique_ptr<Leg>>& legs() const {
    return legs_;
  }

 private:
  void take(std::string_view message);
  void take_request(std::string_view message);
  void take_invite(Leg& leg, std::string_view message);
  void take_response(std::string_view message);
  void take_invite_response(Leg& leg, std::string_view message, int code);
  void respond(std::string_view request, const Leg* leg, std::string_view status,
               std::string_view more = {}, std::string_view body = {});
  [[nodiscard]] std::string response(std::string_view request, const Leg* leg,
                                     std::string_view status, std::string_view more,
                                     std::string_view body) const;
  [[nodiscard]] std::string request(Leg& leg, std::string_view method, std::uint32_t cseq,
                                    std::string_view branch, std::string_view body = {}) const;
  void start(Leg& leg, std::string method, std::string text);
  void repeat(const std::string& call_id, unsigned round, double wait, double spent);
  void repeat_answer(const std::string& call_id, std::uint32_t invite, double wait, double spent);
  void say_bye(Leg& leg);
  void end(Leg& leg, EndedBy by);
  [[nodiscard]] std::string own_sdp(Leg& leg, std::string_view offer) const;
  void note(char way, std::string_view message);

  Timers& timers_;
  Hooks hooks_;
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
  std::uint16_t server_port_ = 0;
  std::uint16_t media_port_ = 0;
  std::uint64_t branches_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Leg>> legs_;
  PartyFigures figures_;
};

}  // namespace baton::bench
