#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "app/server.hpp"
#include "directory/sign_in_words.hpp"
#include "engine/audit.hpp"
#include "message/request.hpp"
#include "store/audit.hpp"

// Who may come in to a running server: accounts, sessions, and the audit of it.

namespace baton::app {

std::vector<gateway::KeptSession> Server::kept_sessions() {
  std::vector<gateway::KeptSession> sessions;
  // A reader of its own: the others belong to their threads.
  for (store::SessionRow& row : store::StoreReader(config_.store.path).sessions()) {
    gateway::KeptSession session;
    const auto role = directory::parse_role(row.role);
    if (!role || row.digest.size() != session.digest.size()) continue;
    std::ranges::copy(row.digest, session.digest.begin());
    session.login = std::move(row.login);
    session.role = *role;
    session.expires_at = row.expires_at;
    sessions.push_back(std::move(session));
  }
  return sessions;
}

void Server::keep_session(gateway::KeptSession session) {
  engine_->run([this, session = std::move(session)](core::ContactCenter&) {
    const store::Status kept = beside_journal([&] {
      return store_->put_session(
          {.digest = std::string(session.digest.begin(), session.digest.end()),
           .login = session.login,
           .role = std::string(to_string(session.role)),
           .expires_at = session.expires_at});
    });
    if (!kept) spdlog::warn("a sign-in will not outlive the server: {}", kept.error);
  });
}

void Server::forget_sessions(std::vector<gateway::Digest> sessions) {
  engine_->run([this, sessions = std::move(sessions)](core::ContactCenter&) {
    for (const gateway::Digest& each : sessions) to_forget_.emplace_back(each.begin(), each.end());
    if (const store::Status gone = forget_ended(); !gone)
      spdlog::error("a session that has ended is still in the store: {}", gone.error);
  });
}

store::Status Server::forget_ended() {
  constexpr std::size_t kAtOnce = 500;  // A failure costs one transaction of as many.
  store::Status gone;
  while (gone && !to_forget_.empty()) {
    const auto begin =
        to_forget_.end() - static_cast<std::ptrdiff_t>(std::min(kAtOnce, to_forget_.size()));
    gone = store_->remove_sessions({begin, to_forget_.end()});
    if (gone) to_forget_.erase(begin, to_forget_.end());
  }
  forget_again_ = !to_forget_.empty();
  return gone;
}

void Server::forget_again() {
  if (!forget_again_) return;
  engine_->run([this](core::ContactCenter&) {
    if (forget_ended()) spdlog::info("the sessions that have ended are no longer in the store");
  });
}

void Server::when_kept(std::function<void(bool)> done) {
  engine_->run([this, done = std::move(done)](core::ContactCenter&) { done(forget_ended().ok()); });
}

gateway::PasswordCheck Server::verify_password(std::string_view login, std::string_view password) {
  const std::lock_guard lock(password_mutex_);
  if (passwords_->verify_password(login, password)) return gateway::PasswordCheck::right;
  return passwords_->last_error().empty() ? gateway::PasswordCheck::wrong
                                          : gateway::PasswordCheck::unreadable;
}

std::optional<gateway::Caller> Server::account(std::string_view login) {
  const std::lock_guard lock(accounts_mutex_);
  const auto found = accounts_.find(login);
  if (found == accounts_.end() || !found->second.enabled) return {};
  return gateway::Caller{.login = std::string(login), .role = found->second.role};
}

std::optional<directory::Role> Server::role_of(std::string_view login) {
  const std::lock_guard lock(accounts_mutex_);
  const auto found = accounts_.find(login);
  if (found == accounts_.end()) return {};
  return found->second.role;
}

gateway::AccountState Server::account_state(std::string_view login) {
  const std::lock_guard lock(accounts_mutex_);
  const auto found = accounts_.find(login);
  if (found == accounts_.end()) return gateway::AccountState::unknown;
  return found->second.enabled ? gateway::AccountState::active : gateway::AccountState::disabled;
}

void Server::audit(gateway::AuditEntry entry) {
  store::AuditRow row;
  row.at = engine_->now_ms();
  row.event = std::move(entry.event);
  row.caller = std::move(entry.caller.login);
  if (!row.caller.empty()) row.role = to_string(entry.caller.role);
  row.address = std::move(entry.caller.address);
  row.agent = std::move(entry.agent);
  row.request = std::move(entry.request);
  row.request_id = std::move(entry.request_id);
  row.result = entry.accepted ? "accepted" : "refused";
  row.reason = std::move(entry.reason);
  engine_->keep(std::move(row));
}

void Server::audit(const telephony::sip::SignIn& sign_in) {
  using What = telephony::sip::SignIn::What;
  store::AuditRow row;
  row.at = engine_->now_ms();
  row.event = "login";
  row.caller = sign_in.login;
  // A trunk signs in as what the configuration says, not as somebody of the directory.
  const std::optional<directory::Role> role = role_of(sign_in.login);
  if (role) row.role = to_string(*role);
  if (role || sign_in.what == What::removed) row.agent = sign_in.login;
  row.address = sign_in.host;
  row.request = "SIP/" + sign_in.method;
  row.result = "refused";
  switch (sign_in.what) {
    case What::signed_in:
      row.result = "accepted";
      break;
    case What::signed_off:
    case What::expired:
    case What::removed:
      row.event = "logout";
      row.result = "accepted";
      if (sign_in.what == What::expired) row.reason = directory::kSignInExpired;
      if (sign_in.what == What::removed) row.reason = directory::kSignInDisabled;
      break;
    case What::wrong_password:
      row.reason = directory::kSignInWrongPassword;
      break;
    case What::throttled:
      row.reason = "throttled";
      break;
    case What::too_many_phones:
      row.reason = "tooManyPhones";
      break;
    case What::stray_refer:
      row.event = "request";
      row.target = message::normalize_e164(sign_in.target)
                       .value_or(sign_in.target.substr(0, engine::kLongestAuditTarget));
      row.reason = message::to_string(message::Reason::callNotOwned);
      break;
  }
  engine_->keep(std::move(row));
}

}  // namespace baton::app
