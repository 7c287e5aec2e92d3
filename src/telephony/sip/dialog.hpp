#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "telephony/sip/dialog_snapshot.hpp"
#include "telephony/sip/dialog_transaction.hpp"

struct nta_agent_s;
struct nta_incoming_s;
struct nta_leg_magic_s;
struct nta_leg_s;
struct sip_s;

namespace baton::telephony::sip {

class Dialog;
class StackHeaders;

/// Gets the requests that a peer sends inside a dialog.
class DialogOwner {
 public:
  virtual ~DialogOwner() = default;
  /// A request inside the dialog, no ACK and no CANCEL. `transaction` is the owner's to answer.
  virtual void on_request(Dialog& dialog, ServerTransaction transaction, const sip_s* sip) = 0;
};

/// The dialogs' common surroundings. Loop thread only.
struct DialogContext {
  nta_agent_s* agent = nullptr;
  Loop* loop = nullptr;
  ClientTransactions* transactions = nullptr;
  StackHeaders* headers = nullptr;
};

/// One SIP dialog (RFC 3261 section 12), early or confirmed: the stack's leg and what the stack
/// does not tell of it. Loop thread only.
class Dialog {
 public:
  /// A dialog-to-be of a call that we make, whose first request has CSeq 2. The URIs are name-addr
  /// or addr-spec.
  static std::unique_ptr<Dialog> dial(const DialogContext& context, DialogOwner* owner,
                                      std::string call_id, const std::string& local_tag,
                                      std::string local_uri, std::string remote_uri,
                                      std::string local_contact);
  /// The dialog of an INVITE that came in; our tag is set on both.
  static std::unique_ptr<Dialog> accept(const DialogContext& context, DialogOwner* owner,
                                        nta_incoming_s* irq, const sip_s* sip,
                                        std::string local_contact);
  /// A dialog that another process had. Null where the snapshot is not one the stack can take.
  static std::unique_ptr<Dialog> adopt(const DialogContext& context, DialogOwner* owner,
                                       const DialogSnapshot& snapshot);

  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;
  /// Takes the leg out of the stack; safe within a callback of the stack.
  ~Dialog();

  /// Takes the remote tag, route set and target of a response to our INVITE (section 12.1.2).
  /// False when the dialog has another remote tag already: the response is of another fork.
  bool learn(const sip_s* response);
  /// Takes a new remote target: a Contact of a re-INVITE, UPDATE or their 2xx (section 12.2). True
  /// when it is another one than before.
  bool refresh_target(const sip_s* message);
  /// Another dialog of the same INVITE, for a fork with another remote tag.
  [[nodiscard]] std::unique_ptr<Dialog> fork() const;

  /// Sends a request in the dialog, with our Contact where the method needs one. Null when the
  /// stack refuses it.
  ClientTransaction* send(const char* method, TagList& tags, ClientTransaction::Handler handler,
                          const char* request_uri = nullptr);
  /// Acknowledges a 2xx of `invite`.
  void ack(const ClientTransaction& invite, TagList& tags);

  /// Where requests go whatever the target says; empty: by route set and target.
  void set_send_to(std::string uri) { send_to_ = std::move(uri); }
  [[nodiscard]] const std::string& send_to() const { return send_to_; }

  [[nodiscard]] bool established() const;  ///< The remote tag is known.
  [[nodiscard]] bool we_called() const { return we_called_; }
  [[nodiscard]] const std::string& call_id() const { return call_id_; }
  [[nodiscard]] const std::string& local_contact() const { return local_contact_; }
  [[nodiscard]] DialogSnapshot snapshot() const;
  [[nodiscard]] nta_leg_s* raw() const { return leg_; }

 private:
  Dialog(const DialogContext& context, DialogOwner* owner) : context_(context), owner_(owner) {}
  static int on_leg_request(nta_leg_magic_s* magic, nta_leg_s* leg, nta_incoming_s* irq,
                            const sip_s* sip);

  DialogContext context_;
  DialogOwner* owner_;
  nta_leg_s* leg_ = nullptr;
  bool we_called_ = false;
  std::string call_id_;
  std::string local_uri_;
  std::string remote_uri_;
  std::string local_contact_;
  std::string send_to_;
};

/// "<uri>", with a quoted display name in front where there is one.
[[nodiscard]] std::string name_addr(std::string_view display, std::string_view uri);

}  // namespace baton::telephony::sip
