#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <spdlog/spdlog.h>

#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/dialog_transaction.hpp"
#include "telephony/sip/endpoint_impl.hpp"
#include "telephony/sip/refer.hpp"
#include "telephony/sip/response_figures.hpp"
#include "telephony/sip/screen.hpp"

// Requests outside dialogs: who may register and call, and the right refusal for everything else.

namespace baton::telephony::sip {

using namespace text;

namespace {

constexpr const char* kAllow =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY, REGISTER";
constexpr const char* kNotKept = "The Registration Cannot Be Kept";
constexpr const char* kSupported = "100rel, timer, norefersub";

}  // namespace

void Endpoint::Impl::reply(MessageGuard& msg, int code, const char* phrase, tag_type_t tag,
                           tag_value_t value) {
  sip_t* sip = sip_object(msg.get());
  if (code > 100 && sip->sip_to->a_tag == nullptr) {
    // The same request gets the same tag each time, though nothing is remembered (RFC 3261
    // section 8.2.7).
    const std::string seed = fmt::format("{}|{}|{}|{}|{}", tag_key, text_of(sip->sip_call_id->i_id),
                                         text_of(sip->sip_from->a_tag),
                                         text_of(sip->sip_via->v_branch), sip->sip_cseq->cs_seq);
    const std::string to_tag = md5_hex(seed).substr(0, 16);
    sip_to_tag(msg_home(msg.get()), sip->sip_to, to_tag.c_str());
  }
  responses_sent.count(code);
  nta_msg_treply(endpoint.agent_, msg.release(), code, phrase, SIPTAG_SERVER_STR(server_text()),
                 tag, value, TAG_END());
}

void Endpoint::Impl::challenge(MessageGuard& msg, std::string_view network, bool proxy,
                               bool stale) {
  counters().challenged++;
  const std::string text = digest.challenge(network, unix_now(), stale);
  if (proxy) {
    reply(msg, SIP_407_PROXY_AUTH_REQUIRED, SIPTAG_PROXY_AUTHENTICATE_STR(text.c_str()));
  } else {
    reply(msg, SIP_401_UNAUTHORIZED, SIPTAG_WWW_AUTHENTICATE_STR(text.c_str()));
  }
}

Endpoint::Impl::Proof Endpoint::Impl::prove(MessageGuard& msg, const sip_t* sip,
                                            const std::optional<DigestParams>& credential,
                                            std::string_view user, std::string_view ha1,
                                            bool proxy) {
  const Source source = source_of(msg.get());
  const std::string network = network_of(source.host);
  if (!credential) {
    challenge(msg, network, proxy, false);
    return Proof::answered;
  }
  const auto now = unix_now();
  // A phone that is signed in already goes on, whoever else guesses from behind its address.
  if (const auto wait = guard.wait(network, user, now); wait > 0 && !is_his_phone(user, source)) {
    counters().throttled++;
    tell_throttled(network, user, source, sip, now, now + wait);
    reply(msg, 503, "Too Many Wrong Passwords",
          SIPTAG_RETRY_AFTER_STR(std::to_string(wait).c_str()));
    return Proof::answered;
  }
  using Verdict = DigestServer::Verdict;
  auto verdict = digest.check(*credential, ha1, text_of(sip->sip_request->rq_method_name),
                              url_text(sip->sip_request->rq_url), network, now);
  // Only as the one whom the request is from; somebody else's good credential is a wrong one.
  if (verdict == Verdict::ok && username_of(credential) != user) verdict = Verdict::wrong;
  switch (verdict) {
    case Verdict::ok:
      guard.succeeded(network, user);
      return Proof::good;
    case Verdict::stale:
      counters().credentials_stale++;
      challenge(msg, network, proxy, true);
      return Proof::answered;
    case Verdict::malformed:
      counters().credentials_wrong++;
      challenge(msg, network, proxy, false);
      return Proof::answered;
    case Verdict::wrong:
      break;
  }
  counters().credentials_wrong++;
  guard.failed(network, user, now);
  tell_refused(SignIn::What::wrong_password, user, source, sip);
  if (const auto wait = guard.wait(network, user, now); wait > 0) {
    spdlog::warn("SIP: wrong passwords from {}; credentials from there are refused for {} s",
                 network, wait);
  }
  reply(msg, SIP_403_FORBIDDEN);
  return Proof::answered;
}

void Endpoint::Impl::tell_refused(SignIn::What what, std::string_view user, const Source& source,
                                  const sip_t* sip) const {
  if (!sign_ins) return;
  const bool ours = is_agent(user) || trunks.by_username(user) != nullptr;
  sign_ins({.what = what,
            .login = ours ? std::string(user) : std::string(),
            .host = source.host,
            .method = text_of(sip->sip_request->rq_method_name)});
}

void Endpoint::Impl::tell_throttled(std::string_view network, std::string_view user,
                                    const Source& source, const sip_t* sip, std::int64_t now,
                                    std::int64_t until) {
  if (told_throttled.tell(network, now, until))
    tell_refused(SignIn::What::throttled, user, source, sip);
}

void Endpoint::Impl::tell_stray_refer(const Source& source, const sip_t* sip) {
  constexpr std::int64_t kAnHour = 3600;
  const std::int64_t now = unix_now();
  if (!sign_ins || !told_refer.tell(network_of(source.host), now, now + kAnHour)) return;
  ReferTarget target;
  (void)parse_refer(sip, target);
  // Whom it is from was not proved, so it is told of nobody.
  sign_ins({.what = SignIn::What::stray_refer,
            .login = {},
            .host = source.host,
            .method = "REFER",
            .target = std::move(target.user)});
}

bool Endpoint::Impl::is_his_phone(std::string_view login, const Source& source) const {
  const std::string from = to_uri(source);
  return std::ranges::any_of(registrar.bindings(login),
                             [&from](const Binding& each) { return each.via_route == from; });
}

bool Endpoint::Impl::overloaded() {
  const auto& config = endpoint.config_;
  if (handler != nullptr && config.max_dialogs >= 0 &&
      handler->dialogs() >= static_cast<std::size_t>(config.max_dialogs)) {
    counters().dialogs_full++;
  } else if (endpoint.transactions() >=
             static_cast<std::size_t>(std::max(0, config.max_transactions))) {
    counters().transactions_full++;
  } else {
    return false;
  }
  return true;
}

bool Endpoint::Impl::refuse_unsupported(MessageGuard& msg, sip_t* sip) {
  const std::string unknown = unknown_extensions(sip);
  if (unknown.empty()) return false;
  counters().malformed++;
  reply(msg, SIP_420_BAD_EXTENSION, SIPTAG_UNSUPPORTED_STR(unknown.c_str()));
  return true;
}

void Endpoint::Impl::request(msg_t* raw, sip_t* sip) {
  MessageGuard msg(raw);
  if (sip == nullptr || sip->sip_request == nullptr) return;
  const auto method = sip->sip_request->rq_method;
  // An ACK is never answered. Those to what we refuse without a transaction arrive here too.
  if (method == sip_method_ack) return;
  if (ServerTransaction::drops_silently()) return;
  if (const auto refusal = screen(sip)) {
    counters().screened++;
    if (refusal->code != 0) reply(msg, refusal->code, refusal->phrase);
    return;
  }
  if (has_more_headers(sip, endpoint.config_.max_headers)) {
    counters().headers_full++;
    reply(msg, 400, kTooManyHeaders);
    return;
  }
  const bool in_dialog = sip->sip_to->a_tag != nullptr;
  switch (method) {
    case sip_method_register:
      register_phone(msg, sip, source_of(raw));
      return;
    case sip_method_invite:
      if (in_dialog) break;
      invite(msg, sip, source_of(raw));
      return;
    case sip_method_options:
      if (in_dialog) break;
      if (refuse_unsupported(msg, sip)) return;
      counters().options++;
      responses_sent.count(200);
      nta_msg_treply(endpoint.agent_, msg.release(), SIP_200_OK, SIPTAG_SERVER_STR(server_text()),
                     SIPTAG_ALLOW_STR(kAllow), SIPTAG_SUPPORTED_STR(kSupported),
                     SIPTAG_ACCEPT_STR("application/sdp"), TAG_END());
      return;
    case sip_method_refer:
      if (in_dialog) break;
      counters().method_refused++;
      tell_stray_refer(source_of(raw), sip);
      reply(msg, SIP_603_DECLINE);
      return;
    case sip_method_subscribe:
    case sip_method_message:
    case sip_method_publish:
      if (in_dialog) break;
      counters().method_refused++;
      reply(msg, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(kAllow));
      return;
    case sip_method_bye:
    case sip_method_cancel:
    case sip_method_info:
    case sip_method_update:
    case sip_method_prack:
    case sip_method_notify:
      break;
    default:
      counters().method_refused++;
      reply(msg, SIP_501_NOT_IMPLEMENTED, SIPTAG_ALLOW_STR(kAllow));
      return;
  }
  counters().no_dialog++;
  reply(msg, SIP_481_NO_TRANSACTION);
}

void Endpoint::Impl::invite(MessageGuard& msg, sip_t* sip, const Source& source) {
  if (overloaded()) {
    const std::string seconds = std::to_string(std::max(1, endpoint.config_.retry_after_seconds));
    reply(msg, SIP_503_SERVICE_UNAVAILABLE, SIPTAG_RETRY_AFTER_STR(seconds.c_str()));
    return;
  }
  if (sip->sip_max_forwards != nullptr && sip->sip_max_forwards->mf_count == 0) {
    counters().too_many_hops++;
    reply(msg, SIP_483_TOO_MANY_HOPS);
    return;
  }
  const auto now = unix_now();
  auto credential = credential_for(sip->sip_proxy_authorization, digest.realm());
  if (!credential) credential = credential_for(sip->sip_authorization, digest.realm());
  CallFacts facts;
  facts.source = source;
  facts.from_user = unescaped(sip->sip_from->a_url->url_user);
  facts.from_host = text_of(sip->sip_from->a_url->url_host);
  facts.dialled = dialled_user(sip->sip_request->rq_url);
  facts.credential_user = username_of(credential);
  for (const sip_unknown_t* each = sip->sip_unknown; each != nullptr; each = each->un_next) {
    if (each->un_name != nullptr && kInternalHeader == each->un_name) {
      facts.internal_mark =
          mark.check(text_of(each->un_value), text_of(sip->sip_call_id->i_id), now);
    }
  }

  using Kind = Classified::Kind;
  const auto who = classify(facts, registrar, trunks, own,
                            [this](std::string_view login) { return is_agent(login); });
  SipCaller caller;
  caller.name = who.name;
  switch (who.kind) {
    case Kind::unproved:
      challenge(msg, network_of(source.host), true, false);
      return;
    case Kind::unknown:
      counters().unknown_peer++;
      reply(msg, SIP_403_FORBIDDEN);
      return;
    case Kind::not_inbound:
      counters().not_inbound++;
      reply(msg, SIP_404_NOT_FOUND);
      return;
    case Kind::agent:
      caller.kind = SipCaller::Kind::agent;
      if (prove(msg, sip, credential, who.name, agents.find(who.name)->second, true) !=
          Proof::good) {
        return;
      }
      break;
    case Kind::digest_trunk: {
      caller.kind = SipCaller::Kind::trunk;
      const auto* trunk = trunks.by_username(facts.credential_user);
      if (trunk == nullptr) trunk = trunks.by_username(facts.from_user);
      if (trunk == nullptr || prove(msg, sip, credential, trunk->username,
                                    digest_ha1(trunk->username, digest.realm(), trunk->password),
                                    true) != Proof::good) {
        return;
      }
      // Told only to the one who has proved that he is that trunk.
      if (!trunks.inbound(facts.dialled)) {
        counters().not_inbound++;
        reply(msg, SIP_404_NOT_FOUND);
        return;
      }
      break;
    }
    case Kind::trunk:
      caller.kind = SipCaller::Kind::trunk;
      break;
    case Kind::internal:
      caller.kind = SipCaller::Kind::internal;
      break;
  }
  if (refuse_unsupported(msg, sip)) return;
  std::string dialled = facts.dialled;
  if (caller.kind != SipCaller::Kind::agent) {
    dialled = trunks.inbound(facts.dialled).value_or(facts.dialled);
  }
  if (handler == nullptr) {
    reply(msg, SIP_503_SERVICE_UNAVAILABLE);
    return;
  }
  nta_incoming_t* irq =
      nta_incoming_create(endpoint.agent_, nullptr, msg.release(), sip, TAG_END());
  if (irq == nullptr) return;
  counters().invites_admitted++;
  handler->on_invite(std::move(caller), irq, sip, dialled);
}

void Endpoint::Impl::register_phone(MessageGuard& msg, sip_t* sip, const Source& source) {
  const url_t* to = sip->sip_to->a_url;
  if (!own.contains(text_of(to->url_host)) ||
      !own.contains(text_of(sip->sip_request->rq_url->url_host))) {
    counters().foreign_register++;
    reply(msg, 403, "Not Our Domain");
    return;
  }
  RegisterRequest wanted;
  wanted.login = unescaped(to->url_user);
  // A login that does not exist is challenged and refused like a wrong password, so that nobody can
  // find out which exist.
  const auto agent = agents.find(wanted.login);
  const auto credential = credential_for(sip->sip_authorization, digest.realm());
  if (agent == agents.end() && credential) counters().foreign_register++;
  if (prove(msg, sip, credential, wanted.login, agent == agents.end() ? tag_key : agent->second,
            false) != Proof::good) {
    return;
  }
  if (refuse_unsupported(msg, sip)) return;

  wanted.source = source;
  wanted.call_id = text_of(sip->sip_call_id->i_id);
  wanted.cseq = sip->sip_cseq->cs_seq;
  if (sip->sip_user_agent != nullptr) wanted.user_agent = text_of(sip->sip_user_agent->g_string);
  if (sip->sip_expires != nullptr) wanted.expires = sip->sip_expires->ex_delta;
  for (const sip_contact_t* contact = sip->sip_contact; contact != nullptr;
       contact = contact->m_next) {
    if (contact->m_url->url_type == url_any) {
      wanted.star = true;
      continue;
    }
    if (contact->m_url->url_type != url_sip && contact->m_url->url_type != url_sips) {
      reply(msg, 400, "Contact Is Not A SIP URI");
      counters().malformed++;
      return;
    }
    RegisterContact each;
    each.uri = url_text(contact->m_url);
    if (contact->m_expires != nullptr) {
      char* end = nullptr;
      const auto seconds = std::strtoull(contact->m_expires, &end, 10);
      // A value that is not a number counts as absent (RFC 3261 section 10.2.1.1).
      if (end != contact->m_expires && *end == '\0') each.expires = seconds;
    }
    const char* instance = msg_params_find(contact->m_params, "+sip.instance=");
    if (instance != nullptr && *instance != '\0') {
      each.instance =
          std::string{instance} + "/" + text_of(msg_params_find(contact->m_params, "reg-id="));
    }
    wanted.contacts.push_back(std::move(each));
  }
  if (registrations_lost) {
    reply(msg, 500, kNotKept);
    return;
  }
  if (registered.size() >=
      static_cast<std::size_t>(std::max(0, endpoint.config_.max_transactions))) {
    counters().transactions_full++;
    const std::string seconds = std::to_string(std::max(1, endpoint.config_.retry_after_seconds));
    reply(msg, SIP_503_SERVICE_UNAVAILABLE, SIPTAG_RETRY_AFTER_STR(seconds.c_str()));
    return;
  }
  const std::vector<Binding> before = registrar.bindings(wanted.login);
  RegisterAnswer answer = registrar.apply(wanted, lifetimes.now());
  if (answer.too_many) {
    counters().contacts_full++;
    tell_refused(SignIn::What::too_many_phones, wanted.login, source, sip);
  }
  if (answer.code == 200 && handler != nullptr) {
    const std::string from = to_uri(source);
    for (const auto& [binding, seconds] : answer.contacts) {
      if (binding.via_route == from) handler->on_registered(wanted.login, binding, before);
    }
  }
  answer_register(msg, std::move(answer));
}

void Endpoint::Impl::answer_register(MessageGuard& msg, RegisterAnswer answer) {
  // With a transaction, so that a repeated datagram gets the same answer and not a complaint about
  // its nonce count.
  nta_incoming_t* irq =
      nta_incoming_create(endpoint.agent_, nullptr, msg.release(), nullptr, TAG_END());
  if (irq == nullptr) return;
  Registered done{.transaction = ServerTransaction(irq), .answer = std::move(answer)};
  if (done.answer.code != 200 || !after_commit) {
    finish_register(std::move(done));
    return;
  }
  const std::uint64_t id = next_registered++;
  registered.emplace(id, std::move(done));
  after_commit([this, id](bool kept) {
    endpoint.loop_.post([this, id, kept] {
      auto waiting = registered.extract(id);
      if (waiting.empty()) return;
      RegisterAnswer& told = waiting.mapped().answer;
      if (!kept) {
        // RFC 3261 section 10.3, step 7. What this one changed stands until the restart that a
        // failed store needs; nothing else is changed before.
        registrations_lost = true;
        told = {};
        told.code = 500;
        told.phrase = kNotKept;
      }
      finish_register(std::move(waiting.mapped()));
    });
  });
}

void Endpoint::Impl::finish_register(Registered waiting) const {
  const RegisterAnswer& answer = waiting.answer;
  std::string contacts;
  for (const auto& [binding, seconds] : answer.contacts) {
    contacts +=
        fmt::format("{}<{}>;expires={}", contacts.empty() ? "" : ", ", binding.contact, seconds);
  }
  const std::string min_expires = std::to_string(answer.min_expires);
  responses_sent.count(answer.code);
  if (answer.code == 200) endpoint.counters_.registers_accepted++;
  nta_incoming_treply(waiting.transaction.raw(), answer.code, answer.phrase.c_str(),
                      SIPTAG_SERVER_STR(server_text()),
                      TAG_IF(!contacts.empty(), SIPTAG_CONTACT_STR(contacts.c_str())),
                      TAG_IF(answer.code == 423, SIPTAG_MIN_EXPIRES_STR(min_expires.c_str())),
                      TAG_END());
  waiting.transaction.close();
}

}  // namespace baton::telephony::sip
