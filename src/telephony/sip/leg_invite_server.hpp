#pragma once

#include <functional>

#include "telephony/sip/dialog_snapshot.hpp"
#include "telephony/sip/dialog_transaction.hpp"

struct nta_incoming_magic_s;

namespace baton::telephony::sip {

/// An INVITE or re-INVITE of a party, from its arrival to the ACK. Loop thread only.
class InviteServer {
 public:
  /// What may come after the INVITE; each at most once, and one of them ends it. Set before the
  /// loop goes on.
  struct Handlers {
    std::function<void(const sip_s* ack)> on_ack;  ///< Of our 2xx; the body may hold the answer.
    std::function<void(const sip_s* cancel)> on_cancel;
    std::function<void()> on_silence;  ///< Nobody acknowledged our 2xx, or no PRACK came, for 32 s.
  };

  InviteServer(ServerTransaction transaction, bool has_offer);
  InviteServer(const InviteServer&) = delete;
  InviteServer& operator=(const InviteServer&) = delete;
  ~InviteServer() = default;

  void set_handlers(Handlers handlers) { handlers_ = std::move(handlers); }

  [[nodiscard]] bool has_offer() const { return has_offer_; }
  [[nodiscard]] bool answered() const { return answered_; }  ///< A final response is out.
  [[nodiscard]] nta_incoming_s* raw() const { return transaction_.raw(); }

  /// Keeps what a final response by another process needs of the INVITE.
  void add_to(DialogSnapshot& snapshot) const;

  /// A 100, where no response is out yet.
  void say_trying();
  /// A provisional response; `reliably` as RFC 3262 has it (the party required 100rel).
  void progress(int status, TagList& tags, bool reliably);
  void accept(TagList& tags);  ///< 200.
  void refuse(int status, const char* phrase = nullptr, TagList* tags = nullptr);

 private:
  static int on_event(nta_incoming_magic_s* magic, nta_incoming_s* irq, const sip_s* sip);

  ServerTransaction transaction_;
  Handlers handlers_;
  bool has_offer_;
  bool answered_ = false;
};

}  // namespace baton::telephony::sip
