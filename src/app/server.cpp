#include "app/server.hpp"

#include <fmt/format.h>
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

#include "app/preflight.hpp"
#include "app/rest_views.hpp"
#include "app/statistics_view.hpp"
#include "app/version.hpp"
#include "core/number_facts.hpp"
#include "directory/directory_json.hpp"
#include "engine/audit.hpp"
#include "gateway/jwt.hpp"
#include "message/request.hpp"
#include "store/audit.hpp"
#include "store/sound_port.hpp"
#include "store/sqlite.hpp"

namespace baton::app {

namespace {

std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

gateway::RequestReply reply_of(const core::Reply& reply, const std::string& agent,
                               const std::string& epoch) {
  gateway::RequestReply out;
  out.accepted = reply.accepted;
  if (reply.transfer_id) out.transfer_id = to_string(*reply.transfer_id);
  out.sequence = reply.sequence;
  const auto print = [&](message::EventBody body) {
    message::Event event;
    event.agent = agent;
    event.request_id = reply.request_id;
    event.body = std::move(body);
    return message::print(event, epoch);
  };
  if (reply.error) {
    out.error = reply.error;
    out.error_text = print(*reply.error);
  } else if (reply.current) {
    out.event_text = print(*reply.current);
  }
  return out;
}

std::vector<std::string> numbers_of(const directory::Directory& directory) {
  std::vector<std::string> numbers;
  for (const directory::InboundNumber& each : directory.inbound_numbers)
    numbers.push_back(each.number);
  return numbers;
}

}  // namespace

Server::Server(AppConfig config, std::span<const gateway::Asset> assets)
    : config_(std::move(config)), assets_(assets) {}

Server::~Server() { stop(); }

std::vector<telephony::sip::AgentSecret> Server::agent_secrets(const store::Store& store) {
  std::vector<telephony::sip::AgentSecret> secrets;
  for (const store::Secret& each : store.secrets())
    secrets.push_back({.login = each.login, .ha1 = each.ha1});
  return secrets;
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

void Server::use_directory(const directory::Directory& directory) {
  {
    const std::lock_guard lock(accounts_mutex_);
    accounts_.clear();
    for (const directory::Agent& each : directory.agents) {
      accounts_[each.login] = {.role = each.role, .enabled = each.enabled};
    }
  }
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
    const auto pruned =
        store::prune_audit(store_->database(), now - config_.retention.audit_days * kDay, kRows);
    if (!pruned) {
      spdlog::warn(
          "retention: old lines of the audit cannot be deleted ({}); the next try is in "
          "ten minutes",
          store_->database().error_text());
    }
    if (pruned.value_or(0) == 0) next_audit_prune_ = now + kPause;
  });
}

void Server::make_sip(const directory::Directory& directory) {
  sip_ = std::make_unique<telephony::sip::SipSwitch>(
      config_.sip, agent_secrets(*store_), numbers_of(directory),
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

std::optional<message::ApiError> Server::bridge(const gateway::Caller& caller,
                                                gateway::SocketId socket,
                                                message::BridgeFrame frame) {
  if (!amazon_) return Backend::bridge(caller, socket, std::move(frame));
  std::string why = amazon_->frame(caller.login, socket, std::move(frame));
  if (why.empty()) return std::nullopt;
  message::ApiError error;
  error.reason = message::Reason::invalidMessage;
  error.msg = std::move(why);
  return error;
}

void Server::bridge_closed(gateway::SocketId socket) {
  if (amazon_) amazon_->closed(socket);
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
  worker_->every(std::chrono::seconds(1), [this] {
    check_hours();
    prune_records();
    prune_audit();
  });
  gateway_->start();
}

void Server::reload() {
  spdlog::info("SIGHUP: the certificate and the token keys are read again");
  gateway_->reload();
}

void Server::drain() { engine_->drain(); }

std::uint64_t Server::legs_up() const {
  return std::max(engine_->counters().legs_open, sip_ ? sip_->stats().legs_open : 0);
}

void Server::stop_gateway() {
  stopped_ = true;
  if (gateway_) gateway_->stop();
  if (worker_) worker_->stop();
  if (statistics_worker_) statistics_worker_->stop();
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

void Server::request(gateway::Caller caller, std::string agent, message::Request request,
                     std::function<void(gateway::RequestReply)> done) {
  if (message::is_read(request.kind)) {
    engine_->run([this, agent = std::move(agent), request = std::move(request),
                  done = std::move(done)](core::ContactCenter& center) {
      message::Event event = center.read(agent, request.kind);
      event.request_id = request.id;
      gateway::RequestReply reply;
      reply.event_text = message::print(event, engine_->epoch());
      done(std::move(reply));
    });
    return;
  }
  core::RequestInput input{.reply = 0,
                           .caller = caller.login,
                           .role = caller.role,
                           .agent = agent,
                           .request = std::move(request)};
  engine_->request(
      std::move(input),
      [this, agent = std::move(agent), done = std::move(done)](const core::Reply& reply) {
        done(reply_of(reply, agent, engine_->epoch()));
      },
      caller.address);
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

void Server::sync(std::string agent, std::function<void(gateway::SyncReply)> done) {
  engine_->run(
      [this, agent = std::move(agent), done = std::move(done)](core::ContactCenter& center) {
        const auto print = [&](message::RequestKind kind) {
          message::Event event = center.read(agent, kind);
          event.sequence = center.sequence_of(agent);
          return message::print(event, engine_->epoch());
        };
        gateway::SyncReply reply;
        reply.app = print(message::RequestKind::app_state_sync);
        reply.agent = print(message::RequestKind::agent_state_sync);
        reply.call = print(message::RequestKind::call_state_sync);
        reply.sequence = center.sequence_of(agent);
        done(std::move(reply));
      });
}

void Server::rest(gateway::Caller caller, gateway::RestRequest request,
                  std::function<void(gateway::RestReply)> done) {
  if (request.resource == "preflight") {
    preflight(caller, request.body, std::move(done));
    return;
  }
  if (request.resource == "statistics") {
    statistics(caller, request, std::move(done));
    return;
  }
  if (request.resource == "preferences") {
    preferences(caller, std::move(done));
    return;
  }
  if (request.resource == "keep-preferences") {
    keep_preferences(caller, std::move(request.body), std::move(done));
    return;
  }
  if (is_csv(request)) {
    read_slowly(
        [this, caller = std::move(caller),
         request = std::move(request)](store::StoreReader& reader) {
          return stored_json(reader, caller, request, config_.reads.csv_transfers);
        },
        std::move(done));
    return;
  }
  const bool live = request.resource == "agents" || request.resource == "queues" ||
                    request.resource == "waiting" || request.resource == "quick-connects";
  auto task = [this, live, caller = std::move(caller), request = std::move(request),
               done = std::move(done)](core::ContactCenter& center) mutable {
    if (live) {
      gateway::RestReply reply;
      if (request.resource == "agents") reply.body = agents_json(center, caller);
      if (request.resource == "queues") reply.body = queues_json(center, caller);
      if (request.resource == "quick-connects")
        reply = quick_connects_json(center, caller, request, unix_ms());
      if (request.resource == "waiting")
        reply = waiting_json(center, caller, request, config_.reads.waiting_listed);
      done(std::move(reply));
      return;
    }
    worker_->post([this, caller = std::move(caller), request = std::move(request),
                   done = std::move(done)] { done(stored_json(*reader_, caller, request, 0)); });
  };
  if (live) {
    engine_->run(std::move(task));
  } else {
    engine_->run_after_flush(std::move(task));
  }
}

void Server::preflight(const gateway::Caller& caller, const std::string& body,
                       std::function<void(gateway::RestReply)> done) {
  auto parsed = parse_preflight(caller, body);
  if (auto* answer = std::get_if<gateway::RestReply>(&parsed)) {
    done(std::move(*answer));
    return;
  }
  core::RequestInput& asked = std::get<core::RequestInput>(parsed);
  core::look_up_numbers(asked, [this](const std::string& number) { return numbers_.of(number); });
  engine_->run([asked = std::move(asked), done = std::move(done)](core::ContactCenter& center) {
    done(preflight_json(center.preflight(asked, unix_ms())));
  });
}

void Server::statistics(const gateway::Caller& caller, const gateway::RestRequest& request,
                        std::function<void(gateway::RestReply)> done) {
  auto parsed = parse_statistics(caller, request, unix_ms());
  if (auto* refusal = std::get_if<gateway::RestReply>(&parsed)) {
    done(std::move(*refusal));
    return;
  }
  auto& query = std::get<store::StatisticsQuery>(parsed);
  query.most_rows = config_.reads.statistics_transfers;
  query.most_time = std::chrono::milliseconds(config_.reads.statistics_ms);
  read_slowly(
      [this, query](store::StoreReader& reader) {
        using TooMuch = store::TransferStatistics::TooMuch;
        const store::TransferStatistics found = reader.statistics(query);
        if (found.too_much == TooMuch::rows) ++read_stats_.too_many_transfers;
        if (found.too_much == TooMuch::time) ++read_stats_.too_long;
        return statistics_json(query, found);
      },
      std::move(done));
}

void Server::read_slowly(std::function<gateway::RestReply(store::StoreReader&)> read,
                         std::function<void(gateway::RestReply)> done) {
  if (slow_reads_.fetch_add(1) >= config_.reads.slow_reads) {
    --slow_reads_;
    ++read_stats_.too_many_reads;
    done(rest_error(503, message::Reason::backendUnavailable,
                    fmt::format("{} statistics and CSV downloads are being made or wait; try again "
                                "in a moment",
                                config_.reads.slow_reads)));
    return;
  }
  engine_->run_after_flush(
      [this, read = std::move(read), done = std::move(done)](core::ContactCenter&) mutable {
        statistics_worker_->post([this, read = std::move(read), done = std::move(done)] {
          gateway::RestReply reply = read(*statistics_reader_);
          // Before the answer, since who has it may ask again at once.
          --slow_reads_;
          done(std::move(reply));
        });
      });
}

void Server::preferences(const gateway::Caller& caller,
                         std::function<void(gateway::RestReply)> done) {
  worker_->post([this, login = caller.login, done = std::move(done)] {
    const std::optional<std::string> kept = reader_->preferences(login);
    if (!kept && !reader_->last_error().empty()) {
      done(rest_error(503, message::Reason::backendUnavailable, reader_->last_error()));
      return;
    }
    done({.status = 200, .body = kept.value_or("{}")});
  });
}

void Server::keep_preferences(const gateway::Caller& caller, std::string body,
                              std::function<void(gateway::RestReply)> done) {
  if (const std::string fault = why_no_object(body); !fault.empty()) {
    done(rest_error(400, message::Reason::invalidMessage, fault));
    return;
  }
  // A commit by itself, between two of the journal's.
  engine_->run([this, login = caller.login, body = std::move(body),
                done = std::move(done)](core::ContactCenter&) {
    if (const store::Status kept = store_->put_preferences(login, body); !kept) {
      done(rest_error(503, message::Reason::backendUnavailable, kept.error));
      return;
    }
    done({.status = 200, .body = body});
  });
}

void Server::queues(std::function<void(gateway::QueuesReply)> done) {
  engine_->run([done = std::move(done)](core::ContactCenter& center) {
    done({.queues = center.queues(), .at = unix_ms()});
  });
}

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
              .body = directory::print_faults({{.place = "", .msg = put.status.error}})});
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

std::string Server::not_ready_reason() { return engine_->not_ready_reason(); }

std::string Server::epoch() { return engine_->epoch(); }

}  // namespace baton::app
