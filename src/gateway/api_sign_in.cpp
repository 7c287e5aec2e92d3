#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "directory/sign_in_words.hpp"
#include "gateway/api.hpp"
#include "gateway/client_address.hpp"

// Signing in by password, the session's end, and tickets (docs/signing-in.md).

namespace baton::gateway {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;

struct Credentials {
  std::string login;
  std::string password;
};

std::optional<Credentials> parse_credentials(const std::string& body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  const boost::json::value* login = value.as_object().if_contains("login");
  const boost::json::value* password = value.as_object().if_contains("password");
  if (login == nullptr || password == nullptr || !login->is_string() || !password->is_string()) {
    return std::nullopt;
  }
  Credentials credentials{std::string(login->as_string()), std::string(password->as_string())};
  if (credentials.login.empty() || credentials.login.size() > 128 ||
      credentials.password.size() > kMaxPasswordBytes) {
    return std::nullopt;
  }
  return credentials;
}

}  // namespace

struct Api::Attempt {
  std::string login;
  std::string password;
  std::string address;
  bool framed = false;
  Respond respond;
};

void Api::login(const std::string& address, const std::string& body, bool framed, Respond respond) {
  std::optional<Credentials> credentials = parse_credentials(body);
  if (!credentials) {
    respond(rest_error({400, "the body must be {\"login\":\"...\",\"password\":\"...\"}"}));
    return;
  }
  const std::string counted = counted_address(address);
  const UnixSeconds login_wait = logins_.wait(credentials->login, now());
  const UnixSeconds address_wait = addresses_.wait(counted, now());
  const UnixSeconds wait = std::max(login_wait, address_wait);
  if (wait > 0) {
    metrics_.login_throttled();
    if (login_wait > 0) metrics_.hit(Limit::login_failures);
    if (address_wait > 0) metrics_.hit(Limit::login_failures_per_address);
    respond(rest_error({429,
                        fmt::format("too many wrong passwords for this login or from this address; "
                                    "try again in {} s",
                                    wait),
                        static_cast<int>(wait)}));
    return;
  }
  logins_.begin(credentials->login, now());
  addresses_.begin(counted, now());
  verify(std::make_shared<Attempt>(Attempt{.login = std::move(credentials->login),
                                           .password = std::move(credentials->password),
                                           .address = address,
                                           .framed = framed,
                                           .respond = std::move(respond)}));
}

void Api::verify(const std::shared_ptr<Attempt>& attempt) {
  // The attempt, with its `respond`, must not end on the worker's thread: it goes on through the
  // mailbox.
  const bool posted = worker_.post(
      [this, attempt = attempt, endings = sessions_.endings(), mailbox = mailbox_]() mutable {
        const PasswordCheck found = backend_.verify_password(attempt->login, attempt->password);
        mailbox->post([this, attempt = std::move(attempt), found, endings] {
          if (found == PasswordCheck::unreadable) {
            return not_verified(*attempt, {503,
                                           "the store cannot be read, so that nobody can sign in; "
                                           "try again in a moment"});
          }
          const bool right = found == PasswordCheck::right;
          // An import may have given the login another password since, and has ended the sessions
          // that there were: what the old one opens now would stay.
          if (right && sessions_.endings() != endings) return verify(attempt);
          respond_kept(signed_in(attempt->login, attempt->address, right, attempt->framed),
                       attempt->respond);
        });
      });
  if (posted) return;
  metrics_.hit(Limit::max_waiting_logins);
  not_verified(
      *attempt,
      {429,
       fmt::format("too many logins at once: the passwords of {} (auth.max_waiting_logins) wait to "
                   "be checked; try again in a second",
                   config_.max_waiting_logins)});
}

void Api::not_verified(const Attempt& attempt, const HttpError& error) {
  logins_.take_back(attempt.login);
  addresses_.take_back(counted_address(attempt.address));
  attempt.respond(rest_error(error));
}

Response Api::signed_in(const std::string& login, const std::string& address, bool right,
                        bool framed) {
  const std::optional<Caller> account = right ? backend_.account(login) : std::optional<Caller>();
  // The frame's page is for agents: nobody else is let in there, whatever he proves.
  const bool fits = account && (!framed || account->role == directory::Role::agent);
  metrics_.login(fits);
  // What is no login of ours may be a password in the wrong field: it is kept nowhere.
  const bool known = backend_.account_state(login) != AccountState::unknown;
  audit("login",
        {.login = known ? login : std::string(),
         .role = backend_.role_of(login).value_or(directory::Role::agent),
         .address = address},
        framed ? "POST /ccp-v2/v1/login" : "POST /v1/login", fits,
        fits ? ""
        : account
            ? "forbidden"
            : std::string(right ? directory::kSignInDisabled : directory::kSignInWrongPassword));
  if (!account) {
    return rest_error({401, "login or password is wrong, or the account is disabled"});
  }
  logins_.forget(login);
  // An address may be many people's, so what the others got wrong stays.
  addresses_.take_back(counted_address(address));
  if (!fits) {
    return rest_error({403, fmt::format("\"{}\" has the role {}; this page is for agents",
                                        account->login, to_string(account->role))});
  }
  boost::json::object who;
  who["login"] = account->login;
  who["role"] = to_string(account->role);
  if (framed) {
    // The pop-up's own cookie would not reach the frame, which has a cookie jar of its own.
    who["ticket"] = sessions_.issue_sign_in(*account, now());
    who["expiresInSeconds"] = config_.ticket_seconds;
    return json_response(200, boost::json::serialize(who));
  }
  Response response = json_response(200, boost::json::serialize(who));
  response.headers.emplace_back("Set-Cookie", cookie(sessions_.open(*account, now()), false));
  return response;
}

void Api::open_frame_session(const std::string& body, const Respond& respond) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  const boost::json::value* ticket = object == nullptr ? nullptr : object->if_contains("ticket");
  if (ticket == nullptr || !ticket->is_string()) {
    respond(rest_error({400, "the body must be {\"ticket\":\"...\"}"}));
    return;
  }
  const std::optional<Caller> caller = sessions_.redeem_sign_in(ticket->get_string(), now());
  // The account may have been disabled since, or given another role.
  const std::optional<Caller> account =
      caller ? backend_.account(caller->login) : std::optional<Caller>();
  if (!account || account->role != directory::Role::agent) {
    respond(rest_error({401, "the ticket is unknown, used up or expired; sign in again"}));
    return;
  }
  boost::json::object who;
  who["login"] = account->login;
  who["role"] = to_string(account->role);
  Response response = json_response(200, boost::json::serialize(who));
  response.headers.emplace_back("Set-Cookie", cookie(sessions_.open(*account, now()), true));
  respond_kept(std::move(response), respond);
}

void Api::logout(const Identity& identity, bool framed, const Respond& respond) {
  if (!identity.session) {
    respond(rest_error({400, "a token has no session to end; it ends by itself at its claim exp"}));
    return;
  }
  audit("logout", identity.caller, framed ? "POST /ccp-v2/v1/logout" : "POST /v1/logout", true);
  sessions_.close(*identity.session, SessionEnd::signed_out);
  end_session_(*identity.session);
  Response response;
  response.status = 204;
  response.content_type.clear();
  response.headers.emplace_back("Set-Cookie", cookie("", framed));
  // Asking again would find no session, so that the cookie goes all the same.
  Response not_kept = rest_error(
      {503,
       "you are signed out, but the store cannot be written: until it can, a restart of the server "
       "would take a copy of the cookie for signed in"});
  not_kept.headers.emplace_back("Set-Cookie", cookie("", framed));
  respond_kept(std::move(response), respond, std::move(not_kept));
}

void Api::respond_kept(Response response, const Respond& respond,
                       std::optional<Response> not_kept) {
  backend_.when_kept([mailbox = mailbox_, respond = respond, response = std::move(response),
                      not_kept = std::move(not_kept)](bool kept) mutable {
    if (!kept && not_kept) response = std::move(*not_kept);
    mailbox->post(
        [respond = std::move(respond), response = std::move(response)] { respond(response); });
  });
}

void Api::tickets(const Identity& identity, const Respond& respond) {
  boost::json::object ticket;
  ticket["ticket"] = sessions_.issue_ticket(identity, now());
  ticket["expiresInSeconds"] = config_.ticket_seconds;
  respond(json_response(200, boost::json::serialize(ticket)));
}

std::string Api::cookie(std::string_view value, bool framed) const {
  const std::int64_t seconds =
      value.empty() ? 0 : static_cast<std::int64_t>(config_.session_hours) * 3600;
  // A frame of another site gets back no cookie of a stricter SameSite, and one that is not
  // Partitioned only where third-party cookies are let through.
  if (framed) {
    return fmt::format(
        "{}={}; Path=/ccp-v2/; Max-Age={}; HttpOnly; SameSite=None; Secure; Partitioned",
        kFrameCookie, value, seconds);
  }
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kSessionCookie,
                     value, seconds, config_.cookie_secure ? "; Secure" : "");
}

}  // namespace baton::gateway
