#include "telephony/sip/dialog_transaction.hpp"

#include <sofia-sip/nta.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tag.h>

#include <utility>

#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/response_figures.hpp"

namespace baton::telephony::sip {

namespace {

// Each stack has a loop thread of its own.
thread_local bool silent_thread = false;

}  // namespace

ClientTransaction::ClientTransaction(ClientTransactions& owner, Handler handler)
    : owner_(owner), handler_(std::move(handler)) {}

ClientTransaction::~ClientTransaction() {
  if (orq_ != nullptr) nta_outgoing_destroy(orq_);
}

void ClientTransaction::close() { owner_.release(*this); }

void ClientTransaction::cancel(const TagList* /*tags*/) {
  if (orq_ == nullptr) return;
  nta_outgoing_t* cancel = nta_outgoing_tcancel(orq_, nullptr, nullptr, TAG_END());
  // Without a callback the stack may answer "none of your business", which is -1.
  if (cancel != nullptr && cancel != reinterpret_cast<nta_outgoing_t*>(-1)) {
    nta_outgoing_destroy(cancel);
  }
}

std::uint32_t ClientTransaction::cseq() const { return orq_ ? nta_outgoing_cseq(orq_) : 0; }

std::string ClientTransaction::branch() const {
  const char* branch = orq_ ? nta_outgoing_branch(orq_) : nullptr;
  return branch ? branch : "";
}

int ClientTransaction::on_response(nta_outgoing_magic_s* magic, nta_outgoing_s* orq,
                                   const sip_s* sip) {
  auto* self = reinterpret_cast<ClientTransaction*>(magic);
  const Response response{nta_outgoing_status(orq), sip};
  responses_received.count(response.status);
  const bool ends = response.status >= 300 || (response.status >= 200 && !self->invite_);
  // close() during the handler only queues the object's end, so it is still there afterwards.
  if (self->handler_) self->handler_(*self, response);
  if (ends) self->close();
  return 0;
}

ClientTransaction* ClientTransactions::send(nta_leg_s* leg, const char* method, const char* route,
                                            const char* request_uri, TagList& tags,
                                            ClientTransaction::Handler handler) {
  if (leg == nullptr) return nullptr;
  std::unique_ptr<ClientTransaction> transaction(new ClientTransaction(*this, std::move(handler)));
  const sip_method_t code = sip_method_code(method);
  transaction->invite_ = code == sip_method_invite;
  transaction->orq_ = nta_outgoing_tcreate(
      leg, &ClientTransaction::on_response,
      reinterpret_cast<nta_outgoing_magic_t*>(transaction.get()),
      reinterpret_cast<const url_string_t*>(route), code, method,
      reinterpret_cast<const url_string_t*>(request_uri), TAG_NEXT(tags.done()));
  if (transaction->orq_ == nullptr) return nullptr;
  open_.push_back(std::move(transaction));
  open_.back()->self_ = std::prev(open_.end());
  return open_.back().get();
}

void ClientTransactions::release(ClientTransaction& transaction) {
  if (transaction.orq_ == nullptr) return;
  nta_outgoing_destroy(transaction.orq_);
  transaction.orq_ = nullptr;
  // A handler may be running in it: its memory goes after the callback has returned.
  std::shared_ptr<ClientTransaction> last(std::move(*transaction.self_));
  open_.erase(transaction.self_);
  loop_.defer([last = std::move(last)] {});
}

void ClientTransactions::clear() { open_.clear(); }

ServerTransaction& ServerTransaction::operator=(ServerTransaction&& other) noexcept {
  if (this != &other) {
    close();
    irq_ = std::exchange(other.irq_, nullptr);
  }
  return *this;
}

ServerTransaction::~ServerTransaction() { close(); }

void ServerTransaction::reply(int status, const char* phrase, TagList* tags) {
  if (irq_ == nullptr) return;
  responses_sent.count(status);
  if (phrase == nullptr) phrase = sip_status_phrase(status);
  if (phrase == nullptr) phrase = "Unknown";
  if (tags != nullptr) {
    nta_incoming_treply(irq_, status, phrase, TAG_NEXT(tags->done()));
  } else {
    nta_incoming_treply(irq_, status, phrase, TAG_END());
  }
  const bool waits_for_ack =
      nta_incoming_method(irq_) == sip_method_invite && status >= 200 && status < 300;
  if (status >= 200 && !waits_for_ack) close();
}

void ServerTransaction::close() {
  if (irq_ == nullptr) return;
  nta_incoming_s* irq = std::exchange(irq_, nullptr);
  nta_incoming_bind(irq, nullptr, nullptr);
  // Destroyed without an answer it would get a 500; the stack's own end frees it without a word.
  if (silent_thread && nta_incoming_status(irq) < 200) return;
  nta_incoming_destroy(irq);
}

void ServerTransaction::drop_silently() { silent_thread = true; }

bool ServerTransaction::drops_silently() { return silent_thread; }

}  // namespace baton::telephony::sip
