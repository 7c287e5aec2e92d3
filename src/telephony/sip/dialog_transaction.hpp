#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "telephony/sip/loop.hpp"

struct nta_outgoing_magic_s;
struct nta_outgoing_s;
struct nta_incoming_s;
struct nta_leg_s;
struct sip_s;

namespace baton::telephony::sip {

class TagList;

/// A response to a request of ours. `sip` is absent where the stack made the response up (408 for
/// silence, 503 for a transport that failed).
struct Response {
  int status = 0;
  const sip_s* sip = nullptr;

  [[nodiscard]] bool provisional() const { return status < 200; }
  [[nodiscard]] bool success() const { return status >= 200 && status < 300; }
};

class ClientTransactions;

/// One request of ours and whatever answers it. Loop thread only.
///
/// Anything but an INVITE ends itself after its final response. An INVITE that got a 2xx stays
/// until it was acknowledged (the stack looks the INVITE up to acknowledge it) and close() was
/// called.
class ClientTransaction {
 public:
  using Handler = std::function<void(ClientTransaction&, const Response&)>;

  ClientTransaction(const ClientTransaction&) = delete;
  ClientTransaction& operator=(const ClientTransaction&) = delete;
  ~ClientTransaction();

  /// Forgets the handler and leaves the rest to the stack. The object must not be used afterwards.
  void close();

  /// Sends CANCEL (RFC 3261 section 9.1): the stack holds it back until a provisional response is
  /// in. The INVITE's final response still comes to the handler.
  void cancel(const TagList* tags = nullptr);

  [[nodiscard]] nta_outgoing_s* raw() const { return orq_; }
  [[nodiscard]] std::uint32_t cseq() const;
  [[nodiscard]] std::string branch() const;

 private:
  friend class ClientTransactions;
  ClientTransaction(ClientTransactions& owner, Handler handler);
  static int on_response(nta_outgoing_magic_s* magic, nta_outgoing_s* orq, const sip_s* sip);

  ClientTransactions& owner_;
  Handler handler_;
  nta_outgoing_s* orq_ = nullptr;
  bool invite_ = false;
  std::list<std::unique_ptr<ClientTransaction>>::iterator self_;
};

/// All of a switch's open requests, so that none outlives the stack. Loop thread only.
class ClientTransactions {
 public:
  explicit ClientTransactions(Loop& loop) : loop_(loop) {}
  ClientTransactions(const ClientTransactions&) = delete;
  ClientTransactions& operator=(const ClientTransactions&) = delete;
  ~ClientTransactions() = default;

  /// Sends a request in a dialog. `route` (or null) is where it goes whatever the target says,
  /// `request_uri` (or null) the Request-URI of a dialog that has no target yet. Null when the
  /// stack refuses the request (no such transport, an address that is not numeric).
  ClientTransaction* send(nta_leg_s* leg, const char* method, const char* route,
                          const char* request_uri, TagList& tags,
                          ClientTransaction::Handler handler);

  /// Ends all of them; no handler runs any more.
  void clear();
  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  friend class ClientTransaction;
  void release(ClientTransaction& transaction);

  Loop& loop_;
  std::list<std::unique_ptr<ClientTransaction>> open_;
};

/// One request of the peer that waits for our answer. Move-only: it is answered exactly once, with
/// 500 when it is dropped unanswered (but for drop_silently()). Loop thread only.
class ServerTransaction {
 public:
  ServerTransaction() = default;
  explicit ServerTransaction(nta_incoming_s* irq) : irq_(irq) {}
  ServerTransaction(ServerTransaction&& other) noexcept : irq_(other.irq_) { other.irq_ = nullptr; }
  ServerTransaction& operator=(ServerTransaction&& other) noexcept;
  ServerTransaction(const ServerTransaction&) = delete;
  ServerTransaction& operator=(const ServerTransaction&) = delete;
  ~ServerTransaction();

  explicit operator bool() const { return irq_ != nullptr; }
  [[nodiscard]] nta_incoming_s* raw() const { return irq_; }

  /// Sends a response. A final one other than a 2xx to an INVITE ends the transaction.
  void reply(int status, const char* phrase = nullptr, TagList* tags = nullptr);
  /// Leaves the rest to the stack.
  void close();

  /// From now on a request that is dropped on this thread gets no answer at all, and a new one is
  /// to be dropped at once: the thread's stack is about to end, and the process after it gets the
  /// repetition (RFC 3261, section 17.1). For the rest of the thread's life.
  static void drop_silently();
  [[nodiscard]] static bool drops_silently();

 private:
  nta_incoming_s* irq_ = nullptr;
};

}  // namespace baton::telephony::sip
