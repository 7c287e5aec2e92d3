#include "app/server.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "app/unix_time.hpp"
#include "app/version.hpp"
#include "directory/directory_json.hpp"
#include "store/audit.hpp"
#include "store/sound_port.hpp"
#include "store/sqlite.hpp"

namespace baton::app {

Server::Server(AppConfig config, std::span<const gateway::Asset> assets)
    : config_(std::move(config)), assets_(assets) {}

Server::~Server() { stop(); }

std::vector<telephony::sip::AgentSecret> Server::agent_secrets(std::vector<store::Secret> stored) {
  std::vector<telephony::sip::AgentSecret> secrets;
  secrets.reserve(stored.size());
  for (store::Secret& each : stored)
    secrets.push_back({.login = std::move(each.login), .ha1 = std::move(each.ha1)});
  return secrets;
}

std::vector<std::string> Server::numbers_of(const directory::Directory& directory) {
  std::vector<std::string> numbers;
  for (const directory::InboundNumber& each : directory.inbound_numbers)
    numbers.push_back(each.number);
  return numbers;
}

void Server::load_initial_directory() {
  if (store_->load_directory().version != 0 || config_.store.initial_directory.empty()) return;
  std::ifstream file(config_.store.initial_directory, std::ios::binary);
  if (!file) {
    throw std::runtime_error("store.initial_directory: '" + config_.store.initial_directory +
                             "' cannot be read; name a file as docs/directory.md describes it");
  }
  std::ostringstream text;
  text << file.rdbuf();
  auto parsed = directory::parse_directory(text.str());
  if (const auto* faults = std::get_if<directory::Faults>(&parsed)) {
    std::string all =
        "store.initial_directory: " + config_.store.initial_directory + " is not taken:";
    for (const directory::Fault& fault : *faults) all += "\n  " + fault.place + ": " + fault.msg;
    throw std::runtime_error(all);
  }
  const store::PutResult put =
      store_->put_directory(std::get<directory::ImportedDirectory>(parsed));
  if (!put.status.ok()) throw std::runtime_error(put.status.error);
  spdlog::info("directory: version {} taken from {}", put.version, config_.store.initial_directory);
}

void Server::warn_of_stale_secrets() {
  constexpr std::size_t kNamed = 5;
  std::vector<std::string> stale = store_->stale_secrets();
  if (stale.empty()) return;
  const std::size_t all = stale.size();
  if (all > kNamed) {
    stale.resize(kNamed);
    stale.emplace_back("...");
  }
  spdlog::warn(
      "sip.realm is '{}', but {} accounts have their password for another realm ({}): their "
      "phones cannot register until the passwords are imported again (baton directory import)",
      config_.sip.realm, all, fmt::join(stale, ", "));
}

bool Server::has_last_resort(const std::vector<directory::Queue>& queues) const {
  const std::string& named = config_.policy.last_resort_queue;
  return std::ranges::any_of(
      queues, [&named](const auto& queue) { return queue.arn == named || queue.name == named; });
}

void Server::warn_of_last_resort(const std::vector<directory::Queue>& queues) const {
  // At Amazon Connect the queues, and what becomes of who waits in them, are Amazon's.
  if (config_.telephony.at_amazon() || config_.policy.last_resort_queue.empty() ||
      has_last_resort(queues)) {
    return;
  }
  spdlog::warn(
      "transfer.last_resort_queue is '{}', but the directory has no queue with that name or ARN: a "
      "customer whom nobody takes is hung up on at the end of the fallback chain",
      config_.policy.last_resort_queue);
}

void Server::use_directory(const directory::Directory& directory) {
  {
    const std::lock_guard lock(accounts_mutex_);
    accounts_.clear();
    for (const directory::Agent& each : directory.agents) {
      accounts_[each.login] = {.role = each.role, .enabled = each.enabled};
    }
  }
  warn_of_last_resort(directory.queues);
  const std::lock_guard lock(queues_mutex_);
  queues_ = directory.queues;
}

void Server::check_hours() {
  std::vector<directory::Queue> queues;
  {
    const std::lock_guard lock(queues_mutex_);
    queues = queues_;
  }
  for (const directory::Queue& queue : queues) {
    const bool open = clock_.at(queue, unix_ms() / 1000).open;
    const auto told = open_queues_.find(queue.arn);
    if (told != open_queues_.end() && told->second == open) continue;
    open_queues_[queue.arn] = open;
    engine_->submit(core::QueueHours{.queue_arn = queue.arn, .open = open});
  }
}

void Server::take_over_sip() {
  sip_->keep_with([this](telephony::SavedLeg leg,
                         bool event_follows) { engine_->keep(std::move(leg), event_follows); },
                  [this](telephony::sip::SavedPhone phone, bool removed) {
                    telephony::sip::Binding& binding = phone.binding;
                    engine_->keep(store::RegistrationChange{
                        .registration = {.login = std::move(phone.login),
                                         .contact = std::move(binding.contact),
                                         .via_route = std::move(binding.via_route),
                                         .call_id = std::move(binding.call_id),
                                         .cseq = binding.cseq,
                                         .expires_at = binding.expires_at,
                                         .user_agent = std::move(binding.user_agent),
                                         .instance = std::move(binding.instance)},
                        .removed = removed});
                  },
                  [this](std::function<void(bool)> then) {
                    engine_->run([this, then = std::move(then)](core::ContactCenter&) {
                      then(journal_->failed().empty());
                    });
                  });
  sip_->audit_with([this](const telephony::sip::SignIn& sign_in) { audit(sign_in); });
  telephony::sip::SavedSwitch saved{.key = store_->sip_key(),
                                    .legs = {},
                                    .phones = {},
                                    .sound_port = store::sound_port(store_->database())};
  saved.keep_sound_port = [this](int port) {
    // The engine does not run yet, so the store is this thread's.
    if (const store::Status kept = store::keep_sound_port(store_->database(), port); !kept)
      throw std::runtime_error("store: the port of the sounds cannot be kept: " + kept.error);
  };
  saved.call_of = [this](const core::LegId& leg) {
    const std::optional<core::LegOwner> owner = engine_->owner_of(leg);
    return owner ? log::Call{.contact = owner->contact, .transfer = owner->transfer} : log::Call{};
  };
  for (store::LegRow& row : store_->saved_legs()) {
    if (const auto leg = message::parse_uuid(row.leg)) {
      saved.legs.push_back({.leg = *leg, .state = std::move(row.state)});
    }
  }
  for (store::Registration& each : store_->registrations()) {
    saved.phones.push_back({.login = std::move(each.login),
                            .binding = {.contact = std::move(each.contact),
                                        .via_route = std::move(each.via_route),
                                        .call_id = std::move(each.call_id),
                                        .cseq = each.cseq,
                                        .expires_at = each.expires_at,
                                        .user_agent = std::move(each.user_agent),
                                        .instance = std::move(each.instance)}});
  }
  sip_->restore(std::move(saved));
}

void Server::prune_records() {
  constexpr std::int64_t kDay = 86'400'000;
  constexpr std::int64_t kPause = 600'000;
  constexpr std::size_t kRows = 500;  // In one second: a few milliseconds of the engine's.
  const std::int64_t now = unix_ms();
  if (config_.retention.records_days == 0 || now < next_prune_) return;
  engine_->run([this, now](core::ContactCenter&) {
    if (!journal_->failed().empty()) return;
    const auto pruned = store_->prune_records(now - config_.retention.records_days * kDay, kRows);
    if (!pruned)
      spdlog::warn("retention: old records cannot be deleted; the next try is in ten minutes");
    if (pruned.value_or(0) == 0) next_prune_ = now + kPause;
  });
}

void Server::prune_audit() {
  constexpr std::int64_t kDay = 86'400'000;
  constexpr std::int64_t kPause = 600'000;
  constexpr std::size_t kRows = 500;  // In one second: a few milliseconds of the engine's.
  const std::int64_t now = unix_ms();
  if (config_.retention.audit_days == 0 || now < next_audit_prune_) return;
  engine_->run([this, now](core::ContactCenter&) {
    if (!journal_->failed().empty()) return;
    audit_pruning_.before = now - config_.retention.audit_days * kDay;
    audit_pruning_.now = now;
    const auto pruned = store::prune_audit(store_->database(), kRows, audit_pruning_);
    if (!pruned) {
      spdlog::warn(
          "retention: old lines of the audit cannot be deleted ({}); the next try is in "
          "ten minutes",
          store_->database().error_text());
    }
    if (!audit_pruning_.more) next_audit_prune_ = now + kPause;
  });
}

void Server::make_sip(const directory::Directory& directory) {
  sip_ = std::make_unique<telephony::sip::SipSwitch>(
      config_.sip, agent_secrets(store_->secrets()), numbers_of(directory),
      [this](core::InputBody body) { engine_->submit(std::move(body)); });
  take_over_sip();
  add_metrics(*registry_, *sip_);
}

void Server::make_amazon() {
  amazon_ = std::make_unique<telephony::amazon::AmazonSwitch>(
      config_.amazon.back_end, [this](core::InputBody body) { engine_->submit(std::move(body)); },
      [this](core::BridgeId bridge, std::string text) {
        gateway_->send_to(bridge, std::move(text));
      });
  add_metrics(*registry_, *amazon_);
}

void Server::start() {
  if (const auto folder = std::filesystem::path(config_.gateway.jwt_secret_file).parent_path();
      !folder.empty()) {
    // Where it cannot be made, the gateway says so when it writes the secret.
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
  }
  if (config_.policy.dial.allowed_countries.empty()) {
    spdlog::warn(
        "dialing.allowed_countries is empty: agents may call every country; list the ones that "
        "they need");
  }
  store_.emplace(store::Store::open(config_.store.path, config_.sip.realm,
                                    config_.journal.durability == "process"
                                        ? store::Durability::process
                                        : store::Durability::power));
  load_initial_directory();
  const std::vector<std::string> demo = store_->demo_accounts();
  if (!demo.empty() && !is_loopback(config_)) {
    throw std::runtime_error("the account '" + demo.front() +
                             "' still has the example's password, which everybody knows; change it "
                             "(baton directory import) or listen on loopback addresses only");
  }
  if (!config_.telephony.at_amazon()) warn_of_stale_secrets();
  const directory::Directory directory = store_->load_directory();
  use_directory(directory);
  journal_.emplace(*store_, version());
  checkpointer_.emplace(
      store_->database(), store::Checkpointer::Limits{}, [](const std::string& why) {
        spdlog::error("the store's log could not be copied into its file: {}", why);
      });
  reader_.emplace(config_.store.path);
  passwords_.emplace(config_.store.path);
  statistics_reader_.emplace(config_.store.path);

  registry_ = std::make_unique<ServerRegistry>();
  engine_metrics_ = std::make_unique<EngineMetrics>(*registry_);
  engine::EngineConfig engine_config;
  engine_config.version = std::string(version());
  engine_config.queue_limit = config_.journal.max_queue;
  engine_config.batch_limit = config_.journal.max_batch;
  engine_config.replay_events_seconds = config_.gateway.replay_seconds;
  engine_config.snapshot_inputs = config_.journal.snapshot_inputs;
  engine_config.snapshot_bytes = config_.journal.snapshot_bytes;
  engine_config.snapshot_age = std::chrono::hours(config_.journal.snapshot_hours);
  engine_config.kept_event_bytes = config_.journal.kept_event_bytes;
  engine_config.slow_commit = std::chrono::milliseconds(config_.journal.slow_commit_ms);
  engine_config.look_up_number = [this](const std::string& number) { return numbers_.of(number); };
  engine_ = std::make_unique<engine::Engine>(std::move(engine_config), *journal_, store_->epoch(),
                                             [this](std::vector<engine::Published> events) {
                                               std::vector<gateway::PublishedEvent> out;
                                               out.reserve(events.size());
                                               for (engine::Published& each : events) {
                                                 out.push_back({.agent = std::move(each.agent),
                                                                .sequence = each.sequence,
                                                                .at = each.at,
                                                                .text = std::move(each.text)});
                                               }
                                               gateway_->publish(std::move(out));
                                             });
  pages_.emplace(config_, assets_);
  // One at a time: the last of those that may wait has waited for all others.
  config_.gateway.slow_read_seconds =
      config_.gateway.answer_seconds +
      static_cast<int>(config_.reads.slow_reads * config_.reads.longest_slow_read() /
                       std::chrono::seconds(1));
  gateway_ =
      std::make_unique<gateway::Gateway>(config_.gateway, *this, *registry_, pages_->pages());
  add_metrics(*registry_, *engine_);
  add_metrics(*registry_, read_stats_);
  telephony::Switch* back_end = nullptr;
  if (config_.telephony.at_amazon()) {
    make_amazon();
    back_end = amazon_.get();
  } else {
    make_sip(directory);
    back_end = sip_.get();
  }
  engine_->set_switch(back_end);
  engine_->set_observer(engine_metrics_.get());
  if (const std::string error = engine_->load(); !error.empty()) {
    throw std::runtime_error("journal: " + error);
  }
  if (sip_) {
    if (const auto error = sip_->start()) throw std::runtime_error(*error);
  }

  std::vector<core::InputBody> first;
  core::Started started{.version = std::string(version()), .adopted_legs = {}};
  if (sip_) {
    started.adopted_legs = sip_->adopted_legs();
    started.reachable_phones = sip_->reachable_phones();
    started.awaited_legs = sip_->awaited_legs();
    started.reconnect_ms = config_.sip.reconnect_seconds * 1000;
  }
  first.emplace_back(std::move(started));
  core::Policy policy = config_.policy;
  policy.capabilities = back_end->capabilities();
  first.emplace_back(core::PolicyChanged{std::move(policy)});
  first.emplace_back(core::DirectoryChanged{directory});
  for (const directory::Queue& queue : directory.queues) {
    const bool open = clock_.at(queue, unix_ms() / 1000).open;
    open_queues_[queue.arn] = open;
    first.emplace_back(core::QueueHours{.queue_arn = queue.arn, .open = open});
  }
  if (const std::string error = engine_->start(std::move(first)); !error.empty()) {
    throw std::runtime_error("journal: " + error);
  }
  if (sip_) sip_->open_commands_are_out();
  worker_ = std::make_unique<Worker>();
  statistics_worker_ = std::make_unique<Worker>();
  import_worker_ = std::make_unique<Worker>();
  worker_->every(std::chrono::seconds(1), [this] {
    check_hours();
    prune_records();
    prune_audit();
    forget_again();
  });
  gateway_->start();
  up_ = true;
}

void Server::reload() {
  spdlog::info("SIGHUP: the certificate and the token keys are read again");
  gateway_->reload();
}

void Server::drain() { engine_->drain(); }

std::uint64_t Server::legs_up() const {
  return std::max(engine_->counters().legs_open, sip_ ? sip_->stats().legs_open : 0);
}

store::Status Server::beside_journal(const std::function<store::Status()>& write) const {
  if (!journal_->failed().empty()) return store::Status::failure(journal_->failed());
  try {
    return write();
  } catch (const store::StoreError& error) {
    return store::Status::failure(error.what());
  }
}

void Server::stop_gateway() {
  stopped_ = true;
  if (gateway_) gateway_->stop();
  given_up_.request_stop();
  for (Worker* worker : {worker_.get(), statistics_worker_.get(), import_worker_.get()}) {
    if (worker != nullptr) worker->stop();
  }
}

void Server::leave() {
  if (stopped_) return;
  stop_gateway();
  // The engine before the back end: what that does from then on must not be in the state that is
  // left. While the engine writes it down, which takes a second or two on a busy disk, whoever
  // calls or hangs up must not be told that it was taken.
  if (sip_) sip_->fall_silent();
  if (engine_) engine_->stop();
  if (sip_) sip_->stop();
}

void Server::stop() {
  if (stopped_) return;
  // A start that failed ends no call that it took over: the next one goes on with them.
  if (!up_) return leave();
  stop_gateway();
  if (engine_ && sip_) {
    // An ordered stop leaves nobody in silence: every leg is told to end, and has two seconds for
    // it.
    auto told = std::make_shared<std::promise<void>>();
    auto waits = told->get_future();
    engine_->run([this, told](core::ContactCenter& center) {
      std::vector<core::Command> commands;
      for (const core::LegId& leg : center.live_legs()) {
        commands.push_back(
            {.id = 0,
             .body = core::EndLeg{.leg = leg, .code = 503, .text = "The server is stopping"}});
      }
      sip_->submit(std::move(commands));
      told->set_value();
    });
    if (waits.wait_for(std::chrono::seconds(2)) == std::future_status::ready) {
      for (int i = 0; i < 100 && sip_->stats().legs_open > 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
  }
  if (sip_) sip_->stop();
  if (engine_) engine_->stop();
}

std::string Server::addresses() const {
  std::string text = "http=" + gateway_->http_address();
  if (sip_) {
    std::string sip;
    for (const telephony::sip::ListenAddress& each : sip_->bound()) {
      if (!sip.empty()) sip += ',';
      sip += each.transport + ':' + each.host + ':' + std::to_string(each.port);
    }
    text += " sip=" + sip;
  }
  if (const std::string metrics = gateway_->metrics_address(); !metrics.empty())
    text += " metrics=" + metrics;
  return text;
}

}  // namespace baton::app
