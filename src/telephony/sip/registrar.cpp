#include "telephony/sip/registrar.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace baton::telephony::sip {

namespace {

// A registration shorter than an hour may be refused as too brief (RFC 3261 section 10.3, step 7).
constexpr std::uint64_t kNeverTooBrief = 3600;

RegisterAnswer refuse(int code, std::string phrase) {
  RegisterAnswer answer;
  answer.code = code;
  answer.phrase = std::move(phrase);
  return answer;
}

}  // namespace

std::string to_uri(const Source& source) {
  const bool v6 = source.host.find(':') != std::string::npos;
  return fmt::format("sip:{}{}{}:{};transport={}", v6 ? "[" : "", source.host, v6 ? "]" : "",
                     source.port, source.transport);
}

std::string host_of(std::string_view uri) {
  if (const auto colon = uri.find(':'); colon != std::string_view::npos) {
    uri.remove_prefix(colon + 1);
  }
  if (const auto at = uri.rfind('@'); at != std::string_view::npos) uri.remove_prefix(at + 1);
  if (uri.starts_with('[')) return std::string(uri.substr(1, uri.find(']') - 1));
  return std::string(uri.substr(0, uri.find_first_of(":;?")));
}

Registrar::Registrar(const SipConfig& config, Reachable reachable)
    : min_seconds_(std::max(1, config.registration_min_seconds)),
      max_seconds_(std::max(min_seconds_, config.registration_max_seconds)),
      max_contacts_(static_cast<std::size_t>(std::max(1, config.max_contacts_per_agent))),
      reachable_(std::move(reachable)) {}

RegisterAnswer Registrar::apply(const RegisterRequest& request, std::int64_t now) {
  const bool reachable_before = agents_.contains(request.login);
  const std::set<std::string> hosts_before = hosts_of(request.login);
  Entries wanted;
  if (reachable_before) wanted = agents_.find(request.login)->second;
  std::erase_if(wanted, [now](const Entry& entry) { return entry.binding.expires_at <= now; });

  const auto too_late = [&request](const Binding& binding) {
    return binding.call_id == request.call_id && binding.cseq >= request.cseq;
  };
  if (request.star) {
    if (!request.contacts.empty() || request.expires != std::uint64_t{0}) {
      return refuse(400, "Contact * Needs Expires 0 And No Other Contact");
    }
    for (const auto& entry : wanted) {
      if (too_late(entry.binding)) return refuse(500, "Out Of Order");
    }
    wanted.clear();
  }
  // Those from here on are of this very request.
  const std::uint64_t first_order = next_order_;
  for (const auto& contact : request.contacts) {
    std::uint64_t seconds = contact.expires.value_or(
        request.expires.value_or(static_cast<std::uint64_t>(max_seconds_)));
    if (seconds > 0 && seconds < static_cast<std::uint64_t>(min_seconds_) &&
        seconds < kNeverTooBrief) {
      auto answer = refuse(423, "Interval Too Brief");
      answer.min_expires = min_seconds_;
      return answer;
    }
    seconds = std::min(seconds, static_cast<std::uint64_t>(max_seconds_));
    // Step 7 compares with what was there before. A phone that has another address now names the
    // new one and removes the old one by the same request, both as the same instance.
    const auto same = [&](const Entry& entry) {
      return entry.binding.contact == contact.uri ||
             (entry.order < first_order && !contact.instance.empty() &&
              entry.binding.instance == contact.instance);
    };
    for (const auto& entry : wanted) {
      if (entry.order < first_order && same(entry) && too_late(entry.binding)) {
        return refuse(500, "Out Of Order");
      }
    }
    std::erase_if(wanted, same);
    if (seconds == 0) continue;
    if (wanted.size() >= max_contacts_) {
      auto answer = refuse(403, fmt::format("Too Many Contacts (At Most {})", max_contacts_));
      answer.too_many = true;
      return answer;
    }
    Entry entry;
    entry.binding.contact = contact.uri;
    entry.binding.via_route = to_uri(request.source);
    entry.binding.call_id = request.call_id;
    entry.binding.cseq = request.cseq;
    entry.binding.expires_at = now + static_cast<std::int64_t>(seconds);
    entry.binding.user_agent = request.user_agent;
    entry.binding.instance = contact.instance;
    entry.order = next_order_++;
    wanted.push_back(std::move(entry));
  }

  // Everything was in order, so all of it takes effect at once.
  tell_changes(request, wanted);
  erase_where(request.login, false, [](const Entry&) { return true; });
  if (!wanted.empty()) {
    auto& entries = agents_[request.login];
    for (auto& entry : wanted) put(request.login, entries, std::move(entry));
  }
  tell_if_changed(request.login, reachable_before);
  tell_hosts(request.login, hosts_before, SignIn::What::signed_off);

  RegisterAnswer answer;
  for (auto& binding : bindings(request.login)) {
    const auto left = binding.expires_at - now;
    answer.contacts.emplace_back(std::move(binding), left);
  }
  return answer;
}

void Registrar::tell_changes(const RegisterRequest& request, const Entries& wanted) const {
  if (!changed_) return;
  if (const auto found = agents_.find(request.login); found != agents_.end()) {
    for (const Entry& before : found->second) {
      if (std::ranges::none_of(wanted, [&before](const Entry& entry) {
            return entry.binding.contact == before.binding.contact;
          })) {
        changed_(request.login, before.binding, true);
      }
    }
  }
  for (const Entry& entry : wanted) {
    if (entry.binding.call_id == request.call_id && entry.binding.cseq == request.cseq) {
      changed_(request.login, entry.binding, false);
    }
  }
}

void Registrar::put(const std::string& login, Entries& entries, Entry entry) {
  by_source_[entry.binding.via_route].emplace(entry.order, login);
  entries.push_back(std::move(entry));
  ++size_;
}

void Registrar::erase(const std::string& login, Entries& entries, std::size_t index) {
  const auto at = entries.begin() + static_cast<std::ptrdiff_t>(index);
  if (const auto source = by_source_.find(at->binding.via_route); source != by_source_.end()) {
    source->second.erase(at->order);
    if (source->second.empty()) by_source_.erase(source);
  }
  entries.erase(at);
  --size_;
  if (entries.empty()) agents_.erase(login);
}

template <typename Predicate>
void Registrar::erase_where(const std::string& login, bool tell, Predicate predicate) {
  const auto found = agents_.find(login);
  if (found == agents_.end()) return;
  for (std::size_t i = found->second.size(); i-- > 0;) {
    // The last erase takes the agent's own node away, after which nothing of it is touched.
    const bool last = i == 0;
    if (predicate(found->second[i])) {
      if (tell && changed_) changed_(login, found->second[i].binding, true);
      erase(login, found->second, i);
    }
    if (last) break;
  }
}

void Registrar::tell_if_changed(const std::string& login, bool before) {
  const bool now = agents_.contains(login);
  if (now != before && reachable_) reachable_(login, now);
}

std::set<std::string> Registrar::hosts_of(std::string_view login) const {
  std::set<std::string> hosts;
  const auto found = agents_.find(login);
  if (!sign_ins_ || found == agents_.end()) return hosts;
  for (const Entry& entry : found->second) hosts.insert(host_of(entry.binding.via_route));
  return hosts;
}

void Registrar::tell_hosts(const std::string& login, const std::set<std::string>& before,
                           SignIn::What gone) const {
  if (!sign_ins_) return;
  const std::set<std::string> now = hosts_of(login);
  for (const std::string& host : now) {
    if (!before.contains(host))
      sign_ins_({.what = SignIn::What::signed_in, .login = login, .host = host});
  }
  for (const std::string& host : before) {
    if (!now.contains(host)) sign_ins_({.what = gone, .login = login, .host = host});
  }
}

std::vector<Binding> Registrar::bindings(std::string_view login) const {
  const auto found = agents_.find(login);
  if (found == agents_.end()) return {};
  std::vector<const Entry*> sorted;
  for (const auto& entry : found->second) sorted.push_back(&entry);
  std::ranges::sort(sorted, std::ranges::greater{}, &Entry::order);
  std::vector<Binding> result;
  result.reserve(sorted.size());
  for (const auto* entry : sorted) result.push_back(entry->binding);
  return result;
}

std::optional<std::string> Registrar::agent_at(const Source& source) const {
  const auto found = by_source_.find(to_uri(source));
  if (found == by_source_.end() || found->second.empty()) return std::nullopt;
  return found->second.rbegin()->second;
}

void Registrar::expire(std::int64_t now) {
  std::vector<std::string> logins;
  for (const auto& [login, entries] : agents_) {
    if (std::ranges::any_of(
            entries, [now](const Entry& entry) { return entry.binding.expires_at <= now; })) {
      logins.push_back(login);
    }
  }
  for (const auto& login : logins) {
    const std::set<std::string> hosts = hosts_of(login);
    erase_where(login, true, [now](const Entry& entry) { return entry.binding.expires_at <= now; });
    tell_if_changed(login, true);
    tell_hosts(login, hosts, SignIn::What::expired);
  }
}

void Registrar::forget(std::string_view login) {
  const std::string name{login};
  const bool before = agents_.contains(name);
  const std::set<std::string> hosts = hosts_of(name);
  erase_where(name, true, [](const Entry&) { return true; });
  tell_if_changed(name, before);
  tell_hosts(name, hosts, SignIn::What::removed);
}

bool Registrar::restore(const std::string& login, const Binding& binding, std::int64_t now) {
  if (binding.expires_at <= now) {
    if (changed_) changed_(login, binding, true);
    return false;
  }
  if (!binding.via_route.ends_with(";transport=udp")) return false;
  Entry entry;
  entry.binding = binding;
  entry.order = next_order_++;
  put(login, agents_[login], std::move(entry));
  return true;
}

void Registrar::let_go(const std::string& login, const Binding& binding) const {
  if (!changed_) return;
  const auto found = agents_.find(login);
  if (found != agents_.end() && std::ranges::any_of(found->second, [&binding](const Entry& entry) {
        return entry.binding.contact == binding.contact;
      })) {
    return;
  }
  changed_(login, binding, true);
}

}  // namespace baton::telephony::sip
