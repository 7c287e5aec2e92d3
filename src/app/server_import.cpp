#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <cstddef>
#include <exception>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "app/server.hpp"
#include "directory/directory_json.hpp"

// A directory that comes into a running server.

namespace baton::app {

namespace {

namespace json = boost::json;

/// The passwords that everybody knows. A stored one is none of them: the start would have refused.
directory::Faults demo_password_faults(const directory::ImportedDirectory& imported) {
  directory::Faults faults;
  for (std::size_t i = 0; i < imported.directory.agents.size(); ++i) {
    const std::string& login = imported.directory.agents[i].login;
    const auto given = imported.passwords.find(login);
    if (given == imported.passwords.end() || given->second != store::demo_password(login)) continue;
    faults.push_back({.place = fmt::format("/agents/{}/password", i),
                      .msg = "is the example's password, which everybody knows; give another one, "
                             "or listen on loopback addresses only"});
  }
  return faults;
}

gateway::ImportReply faulty_directory(const directory::Faults& faults) {
  return {.ok = false, .body = directory::print_faults(faults)};
}

gateway::ImportReply import_unavailable(std::string why) {
  return {.ok = false, .body = {}, .unavailable = std::move(why)};
}

}  // namespace

directory::Faults Server::last_resort_faults(const std::vector<directory::Queue>& imported) {
  const std::string& named = config_.policy.last_resort_queue;
  if (config_.telephony.at_amazon() || named.empty() || has_last_resort(imported)) return {};
  const std::lock_guard lock(queues_mutex_);
  // One that was not there before is no fault of this import's: it was warned of.
  if (!has_last_resort(queues_)) return {};
  return {{.place = "/queues",
           .msg = fmt::format("has no queue '{}' any more, which transfer.last_resort_queue names; "
                              "keep the queue, or configure another one and restart first",
                              named)}};
}

void Server::import_directory(std::string text, std::function<void(gateway::ImportReply)> done) {
  // Each that waits holds its text, and would come into force after all that its sender asks anew.
  if (imports_.fetch_add(1) >= config_.reads.imports) {
    --imports_;
    ++read_stats_.too_many_imports;
    gateway::ImportReply refused = import_unavailable(
        fmt::format("{} directories are being taken in or wait; try again when they are in",
                    config_.reads.imports));
    refused.unlooked = true;
    done(std::move(refused));
    return;
  }
  // Counted out before the answer, since who has it may import again at once.
  auto answer = [this, done = std::move(done)](gateway::ImportReply reply) {
    --imports_;
    done(std::move(reply));
  };
  import_worker_->post(
      [this, text = std::move(text), answer = std::move(answer)] { take_import(text, answer); });
}

void Server::take_import(const std::string& text,
                         const std::function<void(gateway::ImportReply)>& done) {
  auto parsed = directory::parse_directory(text);
  if (const auto* faults = std::get_if<directory::Faults>(&parsed)) {
    done(faulty_directory(*faults));
    return;
  }
  auto imported = std::make_shared<directory::ImportedDirectory>(
      std::get<directory::ImportedDirectory>(std::move(parsed)));
  directory::Faults faults = last_resort_faults(imported->directory.queues);
  if (!is_loopback(config_))
    std::ranges::copy(demo_password_faults(*imported), std::back_inserter(faults));
  if (!faults.empty()) {
    done(faulty_directory(faults));
    return;
  }
  // Thousands of new numbers take a while: not on the engine's thread, which then finds them known.
  for (const directory::QuickConnect& each : imported->directory.quick_connects) {
    if (given_up_.stop_requested()) break;
    if (each.kind == directory::QuickConnectKind::phone_number)
      (void)numbers_.of(each.phone_number);
  }
  auto hashed = std::make_shared<std::vector<store::Credential>>();
  try {
    *hashed = store::hash_passwords(imported->passwords, config_.sip.realm, known_credentials(),
                                    given_up_.get_token());
  } catch (const std::exception& error) {
    done(import_unavailable(error.what()));
    return;
  }
  engine_->run([this, imported, hashed, done](core::ContactCenter&) {
    put_in_force(*imported, *hashed, done);
  });
}

std::vector<store::Credential> Server::known_credentials() {
  auto known = std::make_shared<std::promise<std::vector<store::Credential>>>();
  auto waits = known->get_future();
  engine_->run([this, known](core::ContactCenter&) {
    std::vector<store::Credential> credentials;
    const store::Status read = beside_journal([&] {
      credentials = store_->credentials();
      return store::Status{};
    });
    if (read) {
      known->set_value(std::move(credentials));
    } else {
      known->set_exception(std::make_exception_ptr(store::StoreError(read.error)));
    }
  });
  return waits.get();
}

void Server::put_in_force(const directory::ImportedDirectory& imported,
                          const std::vector<store::Credential>& credentials,
                          const std::function<void(gateway::ImportReply)>& done) {
  // Here, since the last hash or number may have ended after the request, and an import without
  // any passwords has nothing that throws. What comes into the store now would be in force.
  if (given_up_.stop_requested()) {
    done(import_unavailable("the server stops; the directory was given up"));
    return;
  }
  store::PutResult put;
  const store::Status kept = beside_journal([&] {
    put = store_->put_directory(imported.directory, credentials);
    return put.status;
  });
  if (put.outdated) {
    done(faulty_directory({{.place = "/replacesVersion", .msg = kept.error}}));
    return;
  }
  if (!kept) {
    done(import_unavailable(kept.error));
    return;
  }
  // Nothing is read back: after the commit a read that fails would leave the store with a directory
  // that nobody puts in force.
  directory::Directory now = std::move(put.stored);
  std::vector<telephony::sip::AgentSecret> secrets = agent_secrets(std::move(put.secrets));
  engine_->submit(core::DirectoryChanged{now});
  // The edges follow once the core has it: a commit that fails in between leaves all of them with
  // the directory before, until the next start finds the new one.
  engine_->run([this, now = std::move(now), secrets = std::move(secrets),
                signed_out = std::move(put.sessions_forgotten),
                without = std::move(put.without_password),
                done](core::ContactCenter& center) mutable {
    if (center.directory().directory().version != now.version) {
      done(import_unavailable(journal_->failed() +
                              "; the store has the directory, which is in force after that"));
      return;
    }
    for (const directory::Agent& each : now.agents) {
      const std::optional<gateway::Caller> before = account(each.login);
      if (before && before->role != each.role) signed_out.push_back(each.login);
    }
    use_directory(now);
    if (sip_) {
      sip_->set_secrets(std::move(secrets));
      sip_->set_inbound_numbers(numbers_of(now));
    }
    for (const std::string& login : signed_out) gateway_->end_sessions(login);
    for (const directory::Agent& each : now.agents) {
      if (!each.enabled) gateway_->revoke(each.login);
    }
    done({.ok = true,
          .body = json::serialize(json::object{{"version", now.version},
                                               {"withoutPassword", json::value_from(without)}})});
  });
}

}  // namespace baton::app
