#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "app/server.hpp"
#include "app/unix_time.hpp"
#include "directory/directory_json.hpp"
#include "engine/audit.hpp"
#include "message/request.hpp"
#include "store/audit.hpp"

// Who may come in to a running server: the directory's import, accounts, sessions, and the audit
// of it.

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
    const store::Status kept =
        store_->put_session({.digest = std::string(session.digest.begin(), session.digest.end()),
                             .login = session.login,
                             .role = std::string(to_string(session.role)),
                             .expires_at = session.expires_at});
    if (!kept) spdlog::warn("a sign-in will not outlive the server: {}", kept.error);
  });
}

void Server::forget_sessions(std::vector<gateway::Digest> sessions) {
  engine_->run([this, sessions = std::move(sessions)](core::ContactCenter&) {
    std::vector<std::string> digests;
    digests.reserve(sessions.size());
    for (const gateway::Digest& each : sessions) digests.emplace_back(each.begin(), each.end());
    if (const store::Status gone = store_->remove_sessions(digests); !gone)
      spdlog::error("a session that has ended is still in the store: {}", gone.error);
  });
}

void Server::when_kept(std::function<void()> done) {
  engine_->run([done = std::move(done)](core::ContactCenter&) { done(); });
}

void Server::import_directory(std::string text, std::function<void(gateway::ImportReply)> done) {
  worker_->post([this, text = std::move(text), done = std::move(done)] {
    auto parsed = directory::parse_directory(text);
    if (const auto* faults = std::get_if<directory::Faults>(&parsed)) {
      done({.ok = false, .body = directory::print_faults(*faults)});
      return;
    }
    auto imported = std::make_shared<directory::ImportedDirectory>(
        std::get<directory::ImportedDirectory>(std::move(parsed)));
    // Thousands of new numbers take a while: not on the engine's thread, which then finds them
    // known.
    for (const directory::QuickConnect& each : imported->directory.quick_connects) {
      if (each.kind == directory::QuickConnectKind::phone_number)
        (void)numbers_.of(each.phone_number);
    }
    // The store belongs to the engine's thread; the slow hashes to this one.
    std::promise<std::vector<store::Credential>> known;
    engine_->run([this, &known](core::ContactCenter&) { known.set_value(store_->credentials()); });
    auto hashed = std::make_shared<std::vector<store::Credential>>();
    try {
      *hashed =
          store::hash_passwords(imported->passwords, config_.sip.realm, known.get_future().get());
    } catch (const std::exception& error) {
      done({.ok = false, .body = directory::print_faults({{.place = "", .msg = error.what()}})});
      return;
    }
    engine_->run([this, imported, hashed, done](core::ContactCenter&) {
      const store::PutResult put = store_->put_directory(imported->directory, *hashed);
      if (!put.status.ok()) {
        done({.ok = false,
              .body = directory::print_faults(
                  {{.place = put.outdated ? "/replacesVersion" : "", .msg = put.status.error}})});
        return;
      }
      const directory::Directory now = store_->load_directory();
      std::vector<std::string> signed_out = put.sessions_forgotten;
      for (const directory::Agent& each : now.agents) {
        const std::optional<gateway::Caller> before = account(each.login);
        if (before && before->role != each.role) signed_out.push_back(each.login);
      }
      use_directory(now);
      if (sip_) {
        sip_->set_secrets(agent_secrets(*store_));
        sip_->set_inbound_numbers(numbers_of(now));
      }
      engine_->submit(core::DirectoryChanged{now});
      for (const std::string& login : signed_out) gateway_->end_sessions(login);
      for (const directory::Agent& each : now.agents) {
        if (!each.enabled) gateway_->revoke(each.login);
      }
      // Answered when the core has it.
      engine_->run([put, done](core::ContactCenter& center) {
        done({.ok = true,
              .body =
                  "{\"version\":" + std::to_string(center.directory().directory().version) + "}"});
      });
    });
  });
}

bool Server::verify_password(std::string_view login, std::string_view password) {
  const std::lock_guard lock(password_mutex_);
  return passwords_->verify_password(login, password);
}

std::optional<gateway::Caller> Server::account(std::string_view login) {
  const std::lock_guard lock(accounts_mutex_);
  const auto found = accounts_.find(login);
  if (found == accounts_.end() || !found->second.enabled) return {};
  return gateway::Caller{.login = std::string(login), .role = found->second.role};
}

gateway::AccountState Server::account_state(std::string_view login) {
  const std::lock_guard lock(accounts_mutex_);
  const auto found = accounts_.find(login);
  if (found == accounts_.end()) return gateway::AccountState::unknown;
  return found->second.enabled ? gateway::AccountState::active : gateway::AccountState::disabled;
}

void Server::audit(gateway::AuditEntry entry) {
  store::AuditRow row;
  row.at = unix_ms();
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
  row.at = unix_ms();
  row.event = "login";
  row.caller = sign_in.login;
  // A trunk signs in as what the configuration says, not as somebody of the directory.
  if (account(sign_in.login) || sign_in.what == What::removed) {
    row.role = to_string(directory::Role::agent);
    row.agent = sign_in.login;
  }
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
      if (sign_in.what == What::expired) row.reason = "expired";
      if (sign_in.what == What::removed) row.reason = "disabled";
      break;
    case What::wrong_password:
      row.reason = "wrongPassword";
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
