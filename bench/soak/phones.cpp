#include "phones.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>

#include "../driver/sip_text.hpp"

namespace baton::bench {

namespace {

std::string md5(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[digest[i] >> 4U];
    hex += kDigits[digest[i] & 0xFU];
  }
  return hex;
}

/// The value of `name="..."` in a challenge.
std::string quoted(std::string_view challenge, const std::string& name) {
  const std::size_t at = challenge.find(name + "=\"");
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + name.size() + 2;
  return std::string(challenge.substr(from, challenge.find('"', from) - from));
}

}  // namespace

void Phones::add(const std::string& login, const std::string& password, int expires) {
  Phone phone;
  phone.login = login;
  phone.password = password;
  phone.expires = expires;
  phone.call_id = "register-" + login;
  by_login_.emplace(login, phones_.size());
  by_call_id_.emplace(phone.call_id, phones_.size());
  phones_.push_back(std::move(phone));
}

void Phones::start(double rate) {
  for (std::size_t i = 0; i < phones_.size(); ++i) {
    timers_.after(static_cast<double>(i) / rate, [this, i] { renew(i); });
  }
}

void Phones::renew(std::size_t index) {
  Phone& phone = phones_[index];
  if (stopped_ || !phone.powered) return;
  phone.challenged = false;
  ask(index);
}

void Phones::ask(std::size_t index) {
  Phone& phone = phones_[index];
  const std::string server = "sip:127.0.0.1";
  const std::string who = "<sip:" + phone.login + "@127.0.0.1>";
  std::string text = "REGISTER " + server +
                     " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:" + std::to_string(party_.port()) +
                     ";branch=" + party_.new_branch() + "\r\nFrom: " + who + ";tag=r" +
                     std::to_string(index) + "\r\nTo: " + who + "\r\nCall-ID: " + phone.call_id +
                     "\r\nCSeq: " + std::to_string(++phone.cseq) +
                     " REGISTER\r\nContact: " + party_.contact(phone.login) + "\r\n";
  if (!phone.nonce.empty()) text += authorization(phone, server);
  phone.request = text + "Expires: " + std::to_string(phone.expires) +
                  "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
  party_.send(phone.request);
  repeat(index, ++phone.round, 0.5, 0);
}

void Phones::repeat(std::size_t index, unsigned round, double wait, double spent) {
  timers_.after(wait, [this, index, round, wait, spent] {
    Phone& phone = phones_[index];
    if (phone.round != round || phone.request.empty() || !phone.powered) return;
    if (spent + wait >= 32) {
      ++figures_.unanswered;
      renew(index);
      return;
    }
    party_.send(phone.request);
    repeat(index, round, std::min(2 * wait, 4.0), spent + wait);
  });
}

std::string Phones::authorization(Phone& phone, const std::string& uri) {
  std::array<char, 16> count{};
  std::snprintf(count.data(), count.size(), "%08x", ++phone.nonce_count);
  const std::string ha1 = md5(phone.login + ":" + phone.realm + ":" + phone.password);
  const std::string ha2 = md5("REGISTER:" + uri);
  const std::string cnonce = std::to_string(chance_());
  const std::string response =
      md5(ha1 + ":" + phone.nonce + ":" + count.data() + ":" + cnonce + ":auth:" + ha2);
  return "Authorization: Digest username=\"" + phone.login + "\", realm=\"" + phone.realm +
         "\", nonce=\"" + phone.nonce + "\", uri=\"" + uri + "\", qop=auth, nc=" + count.data() +
         ", cnonce=\"" + cnonce + "\", response=\"" + response + "\", algorithm=MD5\r\n";
}

void Phones::take(std::string_view response) {
  const auto at = by_call_id_.find(std::string(header_value(response, "Call-ID")));
  if (at == by_call_id_.end()) return;
  Phone& phone = phones_[at->second];
  const bool current = number_of(header_value(response, "CSeq")) == phone.cseq;
  if (!phone.powered || phone.request.empty() || !current) return;
  if (response.starts_with("SIP/2.0 1")) return;
  phone.request.clear();
  const std::string_view challenge = header_value(response, "WWW-Authenticate");
  // A nonce of the process before is stale (RFC 2617, section 3.2.1).
  const bool stale = challenge.find("stale=true") != std::string_view::npos;
  if (response.starts_with("SIP/2.0 401") && (!phone.challenged || stale)) {
    phone.realm = quoted(challenge, "realm");
    phone.nonce = quoted(challenge, "nonce");
    phone.nonce_count = 0;
    phone.challenged = true;
    ask(at->second);
    return;
  }
  const bool good = response.starts_with("SIP/2.0 200");
  phone.registered = good;
  ++(good ? figures_.registered : figures_.refused);
  if (!good) std::cerr << "refused: " << response.substr(0, response.find('\r')) << '\n';
  if (!good) phone.nonce.clear();
  std::uniform_real_distribution<double> share(0.4, 0.6);
  timers_.after(good ? phone.expires * share(chance_) : 2,
                [this, index = at->second, round = phone.round] {
                  if (phones_[index].round == round) renew(index);
                });
}

void Phones::lose_power(const std::string& login, double seconds) {
  const auto at = by_login_.find(login);
  if (at == by_login_.end()) return;
  Phone& phone = phones_[at->second];
  if (!phone.powered) return;
  phone.powered = phone.registered = false;
  phone.request.clear();
  ++phone.round;
  for (const auto& [call_id, leg] : party_.legs()) {
    if (leg->user == login && leg->phase != Phase::ended) Party::die(*leg, Gone::silent);
  }
  timers_.after(seconds, [this, login, index = at->second] {
    for (const auto& [call_id, leg] : party_.legs()) {
      if (leg->user == login && leg->gone == Gone::silent) Party::die(*leg, Gone::forgotten);
    }
    Phone& again = phones_[index];
    again.powered = true;
    again.nonce.clear();
    renew(index);
  });
}

bool Phones::has_power(const std::string& login) const {
  const auto at = by_login_.find(login);
  return at != by_login_.end() && phones_[at->second].powered;
}

std::size_t Phones::registered_count() const {
  return static_cast<std::size_t>(std::count_if(phones_.begin(), phones_.end(),
                                                [](const Phone& each) { return each.registered; }));
}

}  // namespace baton::bench
