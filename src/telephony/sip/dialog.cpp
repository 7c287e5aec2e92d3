#include "telephony/sip/dialog.hpp"

#include <sofia-sip/nta.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_alloc.h>

#include <array>
#include <utility>

#include "memory/lifetime.hpp"
#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/stack_headers.hpp"

namespace baton::telephony::sip {
namespace {

/// A home of the stack's allocator that lives as long as the object.
class Home {
 public:
  Home() { su_home_init(&home_); }
  ~Home() { su_home_deinit(&home_); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  su_home_t* get() { return &home_; }

 private:
  su_home_t home_{};
};

template <typename Header>
std::string encoded(Home& home, const Header* header) {
  if (header == nullptr) return {};
  char* text = sip_header_as_string(home.get(), reinterpret_cast<const sip_header_t*>(header));
  return text ? text : "";
}

std::string url_text(Home& home, const url_t* url) {
  if (url == nullptr) return {};
  char* text = url_as_string(home.get(), url);
  return text ? text : "";
}

/// The address without its tag, which is a dialog's and not the party's.
std::string address_text(Home& home, const sip_addr_t* address) {
  if (address == nullptr) return {};
  return name_addr(address->a_display ? address->a_display : "", url_text(home, address->a_url));
}

bool needs_contact(sip_method_t method) {
  return method == sip_method_invite || method == sip_method_update ||
         method == sip_method_subscribe || method == sip_method_notify ||
         method == sip_method_refer;
}

}  // namespace

std::string name_addr(std::string_view display, std::string_view uri) {
  std::string text;
  if (!display.empty()) {
    if (display.front() == '"') {
      text.append(display);
    } else {
      text.push_back('"');
      for (const char c : display) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) continue;
        if (c == '"' || c == '\\') text.push_back('\\');
        text.push_back(c);
      }
      text.push_back('"');
    }
    text.push_back(' ');
  }
  text.append("<").append(uri).append(">");
  return text;
}

std::unique_ptr<Dialog> Dialog::dial(const DialogContext& context, DialogOwner* owner,
                                     std::string call_id, const std::string& local_tag,
                                     std::string local_uri, std::string remote_uri,
                                     std::string local_contact) {
  std::unique_ptr<Dialog> dialog(new Dialog(context, owner));
  dialog->we_called_ = true;
  dialog->call_id_ = std::move(call_id);
  dialog->local_uri_ = std::move(local_uri);
  dialog->remote_uri_ = std::move(remote_uri);
  dialog->local_contact_ = std::move(local_contact);
  const memory::Hint lasts(memory::short_lived_malloc, false);
  // With 0 the stack would begin with a number made of the time, which no other process can repeat.
  Home home;
  sip_cseq_t* before_first = sip_cseq_create(home.get(), 1, SIP_METHOD_INVITE);
  dialog->leg_ = nta_leg_tcreate(
      context.agent, &Dialog::on_leg_request, reinterpret_cast<nta_leg_magic_t*>(dialog.get()),
      SIPTAG_CALL_ID_STR(dialog->call_id_.c_str()), SIPTAG_FROM_STR(dialog->local_uri_.c_str()),
      SIPTAG_TO_STR(dialog->remote_uri_.c_str()), SIPTAG_CSEQ(before_first), TAG_END());
  if (dialog->leg_ == nullptr || nta_leg_tag(dialog->leg_, local_tag.c_str()) == nullptr) {
    return nullptr;
  }
  return dialog;
}

std::unique_ptr<Dialog> Dialog::accept(const DialogContext& context, DialogOwner* owner,
                                       nta_incoming_s* irq, const sip_s* sip,
                                       std::string local_contact) {
  std::unique_ptr<Dialog> dialog(new Dialog(context, owner));
  dialog->call_id_ = sip->sip_call_id->i_id;
  dialog->local_contact_ = std::move(local_contact);
  Home home;
  dialog->local_uri_ = address_text(home, sip->sip_to);
  dialog->remote_uri_ = address_text(home, sip->sip_from);
  const memory::Hint lasts(memory::short_lived_malloc, false);
  dialog->leg_ = nta_leg_tcreate(
      context.agent, &Dialog::on_leg_request, reinterpret_cast<nta_leg_magic_t*>(dialog.get()),
      SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_FROM(sip->sip_to), SIPTAG_TO(sip->sip_from),
      NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
  if (dialog->leg_ == nullptr) return nullptr;
  const char* tag = nta_incoming_tag(irq, nullptr);
  if (nta_leg_tag(dialog->leg_, tag) == nullptr) return nullptr;
  nta_leg_server_route(dialog->leg_, sip->sip_record_route, sip->sip_contact);
  return dialog;
}

std::unique_ptr<Dialog> Dialog::adopt(const DialogContext& context, DialogOwner* owner,
                                      const DialogSnapshot& snapshot) {
  std::unique_ptr<Dialog> dialog(new Dialog(context, owner));
  dialog->we_called_ = snapshot.we_called;
  dialog->call_id_ = snapshot.call_id;
  dialog->local_uri_ = snapshot.local_uri;
  dialog->remote_uri_ = snapshot.remote_uri;
  dialog->local_contact_ = snapshot.local_contact;
  dialog->send_to_ = snapshot.send_to;
  const memory::Hint lasts(memory::short_lived_malloc, false);
  Home home;
  sip_cseq_t* cseq = sip_cseq_create(home.get(), snapshot.local_cseq, SIP_METHOD_OPTIONS);
  dialog->leg_ = nta_leg_tcreate(
      context.agent, &Dialog::on_leg_request, reinterpret_cast<nta_leg_magic_t*>(dialog.get()),
      SIPTAG_CALL_ID_STR(snapshot.call_id.c_str()), SIPTAG_FROM_STR(snapshot.local_uri.c_str()),
      SIPTAG_TO_STR(snapshot.remote_uri.c_str()), SIPTAG_CSEQ(cseq),
      NTATAG_REMOTE_CSEQ(snapshot.remote_cseq), TAG_END());
  if (dialog->leg_ == nullptr) return nullptr;
  if (nta_leg_tag(dialog->leg_, snapshot.local_tag.c_str()) == nullptr) return nullptr;
  if (!snapshot.remote_tag.empty() &&
      nta_leg_rtag(dialog->leg_, snapshot.remote_tag.c_str()) == nullptr) {
    return nullptr;
  }
  // With SIPTAG_ROUTE the stack would not notice a loose route and would route strictly: the route
  // set goes in as the Record-Route that it came from.
  sip_record_route_t* reverse = nullptr;
  sip_record_route_t** tail = &reverse;
  for (auto route = snapshot.route_set.begin(); route != snapshot.route_set.end(); ++route) {
    *tail = sip_record_route_make(home.get(), route->c_str());
    if (*tail == nullptr) return nullptr;
    tail = &(*tail)->r_next;
  }
  sip_contact_t* target = nullptr;
  if (!snapshot.remote_target.empty()) {
    target = sip_contact_make(home.get(), ("<" + snapshot.remote_target + ">").c_str());
    if (target == nullptr) return nullptr;
  }
  // server_route keeps the order as given; the snapshot's is the one in which we send.
  if (reverse != nullptr || target != nullptr) {
    nta_leg_server_route(dialog->leg_, reverse, target);
  }
  return dialog;
}

Dialog::~Dialog() {
  if (leg_ == nullptr) return;
  nta_leg_bind(leg_, nullptr, nullptr);
  // A callback of this leg may be running.
  nta_leg_s* leg = leg_;
  context_.loop->defer([leg] { nta_leg_destroy(leg); });
}

bool Dialog::learn(const sip_s* response) {
  if (response == nullptr || response->sip_to == nullptr) return true;
  const char* tag = response->sip_to->a_tag;
  if (tag == nullptr || *tag == '\0') return true;
  const memory::Hint lasts(memory::short_lived_malloc, false);
  if (nta_leg_rtag(leg_, tag) == nullptr) return false;
  nta_leg_client_reroute(leg_, response->sip_record_route, response->sip_contact,
                         response->sip_status->st_status >= 200 ? 1 : 0);
  return true;
}

bool Dialog::refresh_target(const sip_s* message) {
  if (message == nullptr || message->sip_contact == nullptr) return false;
  const sip_route_t* route = nullptr;
  const sip_contact_t* before = nullptr;
  nta_leg_get_route(leg_, &route, &before);
  const bool moved =
      before == nullptr || url_cmp_all(before->m_url, message->sip_contact->m_url) != 0;
  const memory::Hint lasts(memory::short_lived_malloc, false);
  nta_leg_server_route(leg_, nullptr, message->sip_contact);
  return moved;
}

std::unique_ptr<Dialog> Dialog::fork() const {
  DialogSnapshot seed = snapshot();
  seed.remote_tag.clear();
  seed.remote_target.clear();
  seed.route_set.clear();
  return adopt(context_, owner_, seed);
}

ClientTransaction* Dialog::send(const char* method, TagList& tags,
                                ClientTransaction::Handler handler, const char* request_uri) {
  if (needs_contact(sip_method_code(method))) {
    context_.headers->add_contact(tags, local_contact_);
  }
  return context_.transactions->send(leg_, method, send_to_.empty() ? nullptr : send_to_.c_str(),
                                     request_uri, tags, std::move(handler));
}

void Dialog::ack(const ClientTransaction& invite, TagList& tags) {
  // The stack looks the INVITE up by CSeq to acknowledge in its place, and takes 2xx that come
  // again to this ACK from now on.
  sip_cseq_t cseq[1];
  sip_cseq_init(cseq);
  cseq->cs_seq = invite.cseq();
  cseq->cs_method = sip_method_ack;
  cseq->cs_method_name = sip_method_name_ack;
  tags.add(SIPTAG_CSEQ(cseq));
  nta_outgoing_t* ack = nta_outgoing_tcreate(
      leg_, nullptr, nullptr,
      send_to_.empty() ? nullptr : reinterpret_cast<const url_string_t*>(send_to_.c_str()),
      SIP_METHOD_ACK, nullptr, TAG_NEXT(tags.done()));
  if (ack != nullptr) nta_outgoing_destroy(ack);
}

bool Dialog::established() const {
  const char* tag = nta_leg_get_rtag(leg_);
  return tag != nullptr && *tag != '\0';
}

DialogSnapshot Dialog::snapshot() const {
  DialogSnapshot snapshot;
  snapshot.call_id = call_id_;
  snapshot.local_uri = local_uri_;
  snapshot.remote_uri = remote_uri_;
  const char* tag = nta_leg_get_tag(leg_);
  snapshot.local_tag = tag ? tag : "";
  tag = nta_leg_get_rtag(leg_);
  snapshot.remote_tag = tag ? tag : "";
  snapshot.local_cseq = nta_leg_get_seq(leg_);
  snapshot.remote_cseq = nta_leg_get_rseq(leg_);
  snapshot.local_contact = local_contact_;
  snapshot.send_to = send_to_;
  snapshot.we_called = we_called_;
  Home home;
  const sip_route_t* route = nullptr;
  const sip_contact_t* target = nullptr;
  nta_leg_get_route(leg_, &route, &target);
  if (target != nullptr) snapshot.remote_target = url_text(home, target->m_url);
  for (; route != nullptr; route = route->r_next) {
    snapshot.route_set.push_back("<" + url_text(home, route->r_url) + ">");
  }
  return snapshot;
}

int Dialog::on_leg_request(nta_leg_magic_s* magic, nta_leg_s* /*leg*/, nta_incoming_s* irq,
                           const sip_s* sip) {
  auto* self = reinterpret_cast<Dialog*>(magic);
  // An ACK that belongs to no INVITE of ours that waits for it: there is nothing to answer.
  if (sip->sip_request->rq_method == sip_method_ack) return 500;
  ServerTransaction transaction(irq);
  if (ServerTransaction::drops_silently()) return 0;
  self->owner_->on_request(*self, std::move(transaction), sip);
  return 0;
}

}  // namespace baton::telephony::sip
