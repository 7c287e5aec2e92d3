#include "gateway/sessions.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace baton::gateway {
namespace {

constexpr std::size_t kSecretBytes = 32;

}  // namespace

void Sessions::Store::add(const Digest& digest, Identity identity, UnixSeconds expires_at,
                          std::size_t limit, std::size_t limit_per_login) {
  // The references are taken again after each removal, since the last removal of a login erases its
  // list.
  const std::string login = identity.caller.login;
  while (by_login[login].size() >= limit_per_login)
    remove(by_login[login].front(), SessionEnd::too_many_of_login);
  while (entries.size() >= limit) remove(order.front(), SessionEnd::too_many);
  order.push_back(digest);
  by_login[login].push_back(digest);
  entries[digest] = Entry{std::move(identity), expires_at, std::prev(order.end())};
}

bool Sessions::Store::remove(const Digest& digest, SessionEnd why) {
  const Digest key = digest;  // The caller's reference may point into the lists that shrink here.
  const auto found = entries.find(key);
  if (found == entries.end()) return false;
  order.erase(found->second.age);
  if (const auto logins = by_login.find(found->second.identity.caller.login);
      logins != by_login.end()) {
    logins->second.remove(key);
    if (logins->second.empty()) by_login.erase(logins);
  }
  removed.push_back(
      {.digest = key, .caller = std::move(found->second.identity.caller), .why = why});
  entries.erase(found);
  return true;
}

void Sessions::Store::expire(UnixSeconds now) {
  // Not every entry lives equally long (a ticket ends with its token), so all are looked at.
  std::vector<Digest> gone;
  for (const auto& [digest, entry] : entries) {
    if (entry.expires_at <= now) gone.push_back(digest);
  }
  for (const Digest& digest : gone) remove(digest, SessionEnd::expired);
}

std::vector<Digest> Sessions::Store::of(std::string_view login) const {
  const auto found = by_login.find(login);
  if (found == by_login.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::optional<Identity> Sessions::Store::redeem(std::string_view secret, UnixSeconds now) {
  const auto found = entries.find(sha256(secret));
  if (found == entries.end()) return std::nullopt;
  const bool valid = found->second.expires_at > now;
  Identity identity = found->second.identity;
  remove(found->first, SessionEnd::signed_out);
  if (!valid) return std::nullopt;
  return identity;
}

std::string Sessions::open(const Caller& caller, UnixSeconds now) {
  std::string secret = random_hex(kSecretBytes);
  const Digest digest = sha256(secret);
  const UnixSeconds expires_at = now + limits_.session_seconds;
  sessions_.add(digest, Identity{caller, expires_at, digest}, expires_at, limits_.sessions,
                limits_.sessions_per_login);
  tell_ended();
  keeper_.opened(
      {.digest = digest, .login = caller.login, .role = caller.role, .expires_at = expires_at});
  return secret;
}

void Sessions::restore(std::vector<KeptSession> kept, UnixSeconds now) {
  // In the order of their making, so that it is the oldest again that makes room.
  std::ranges::stable_sort(kept, {}, &KeptSession::expires_at);
  std::vector<EndedSession> expired;
  for (KeptSession& each : kept) {
    const Caller caller{.login = std::move(each.login), .role = each.role};
    if (each.expires_at <= now) {
      expired.push_back({.digest = each.digest, .caller = caller, .why = SessionEnd::expired});
      continue;
    }
    sessions_.add(each.digest, Identity{caller, each.expires_at, each.digest}, each.expires_at,
                  limits_.sessions, limits_.sessions_per_login);
  }
  if (!expired.empty()) keeper_.ended(std::move(expired));
  tell_ended();
}

void Sessions::tell_ended() {
  if (std::vector<EndedSession> ended = sessions_.take_removed(); !ended.empty()) {
    std::set<Digest> digests;
    for (const EndedSession& each : ended) digests.insert(each.digest);
    std::vector<Digest> orphans;
    for (const auto& [digest, entry] : tickets_.entries) {
      if (entry.identity.session && digests.contains(*entry.identity.session))
        orphans.push_back(digest);
    }
    for (const Digest& digest : orphans) tickets_.remove(digest, SessionEnd::signed_out);
    keeper_.ended(std::move(ended));
  }
  tickets_.removed.clear();
  sign_ins_.removed.clear();
}

std::optional<Identity> Sessions::find(std::string_view secret, UnixSeconds now) {
  const auto found = sessions_.entries.find(sha256(secret));
  if (found == sessions_.entries.end()) return std::nullopt;
  if (found->second.expires_at <= now) {
    close(found->first, SessionEnd::expired);
    return std::nullopt;
  }
  return found->second.identity;
}

bool Sessions::close(const Digest& session, SessionEnd why) {
  const bool was_there = sessions_.remove(session, why);
  tell_ended();
  return was_there;
}

std::string Sessions::issue_ticket(const Identity& identity, UnixSeconds now) {
  std::string secret = random_hex(kSecretBytes);
  tickets_.add(sha256(secret), identity,
               std::min(now + limits_.ticket_seconds, identity.expires_at), limits_.tickets,
               limits_.tickets_per_login);
  return secret;
}

std::optional<Identity> Sessions::redeem_ticket(std::string_view secret, UnixSeconds now) {
  return tickets_.redeem(secret, now);
}

std::string Sessions::issue_sign_in(const Caller& caller, UnixSeconds now) {
  std::string secret = random_hex(kSecretBytes);
  const UnixSeconds expires_at = now + limits_.ticket_seconds;
  sign_ins_.add(sha256(secret), Identity{caller, expires_at, std::nullopt}, expires_at,
                limits_.tickets, limits_.tickets_per_login);
  return secret;
}

std::optional<Caller> Sessions::redeem_sign_in(std::string_view secret, UnixSeconds now) {
  std::optional<Identity> identity = sign_ins_.redeem(secret, now);
  if (!identity) return std::nullopt;
  return std::move(identity->caller);
}

void Sessions::revoke(std::string_view login) {
  ++endings_;
  for (Store* store : {&sessions_, &tickets_, &sign_ins_}) {
    for (const Digest& digest : store->of(login))
      store->remove(digest, SessionEnd::account_changed);
  }
  tell_ended();
}

void Sessions::close_all(std::string_view login) {
  ++endings_;
  for (const Digest& session : sessions_.of(login))
    sessions_.remove(session, SessionEnd::account_changed);
  for (const Digest& sign_in : sign_ins_.of(login))
    sign_ins_.remove(sign_in, SessionEnd::account_changed);
  tell_ended();
}

void Sessions::expire(UnixSeconds now) {
  sessions_.expire(now);
  tickets_.expire(now);
  sign_ins_.expire(now);
  tell_ended();
}

}  // namespace baton::gateway
