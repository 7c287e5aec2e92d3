#include "app/server_metrics.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "telephony/sip/response_figures.hpp"

namespace baton::app {

namespace {

using Many = std::vector<std::pair<prometheus::Labels, double>>;

constexpr const char* kRefusals =
    "Refusals because a limit of the configuration was reached, by its key";

}  // namespace

void add_metrics(ServerRegistry& registry, engine::Engine& engine) {
  const engine::EngineStats& stats = engine.stats();
  const auto atomic = [&](const char* name, const char* help,
                          const std::atomic<std::uint64_t>& figure) {
    registry.add(name, help,
                 [&figure] { return static_cast<double>(figure.load(std::memory_order_relaxed)); });
  };
  atomic("baton_engine_inputs_total", "Inputs journalled and applied", stats.inputs);
  atomic("baton_engine_batches_total", "Commits of the journal", stats.batches);
  atomic("baton_engine_events_total", "Events published", stats.events);
  atomic("baton_engine_commands_total", "Commands given to the back end", stats.commands);
  atomic("baton_audit_lost_total", "Lines of the audit that a full queue did not take",
         stats.audit_lost);
  atomic("baton_snapshots_total", "Snapshots of the state that were written", stats.snapshots);
  atomic("baton_snapshot_bytes", "Size of the newest snapshot", stats.snapshot_bytes);
  const auto seconds = [&](const char* name, const char* help,
                           const std::atomic<std::uint64_t>& ns) {
    registry.add(name, help,
                 [&ns] { return static_cast<double>(ns.load(std::memory_order_relaxed)) / 1e9; });
  };
  seconds("baton_snapshot_save_seconds", "How long inputs waited for the newest snapshot's state",
          stats.snapshot_save_ns);
  seconds("baton_snapshot_slice_seconds", "The longest of the slices in which it was written",
          stats.snapshot_slice_ns);
  atomic("baton_engine_queue_depth", "Things waiting to be journalled", stats.queue_depth);
  registry.add("baton_engine_commit_seconds_total", "Time spent in commits", [&stats] {
    return static_cast<double>(stats.commit_ns_total.load(std::memory_order_relaxed)) / 1e9;
  });
  for (std::size_t i = 0; i < stats.commit_us_log2.size(); ++i) {
    registry.add(
        "baton_engine_commits",
        "Commits by duration: under `below` seconds and not under half of it",
        [&stats, i] {
          return static_cast<double>(stats.commit_us_log2[i].load(std::memory_order_relaxed));
        },
        {{"below", std::to_string(std::ldexp(1e-6, static_cast<int>(i)))}});
  }
  const double started =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  registry.add("baton_start_time_seconds", "When the process began, in seconds since 1970",
               [started] { return started; });
  registry.add("baton_ready", "1 while new work is taken, 0 while /readyz says why not",
               [&engine] { return engine.not_ready_reason().empty() ? 1.0 : 0.0; });
  registry.add("baton_engine_thread_cpu_seconds_total", "CPU time of the engine's thread",
               [&engine] { return static_cast<double>(engine.thread_cpu_ns()) / 1e9; });

  using core::Counters;
  const auto core = [&](const char* name, const char* help, std::uint64_t Counters::* figure,
                        const prometheus::Labels& labels = {}) {
    registry.add(
        name, help, [&engine, figure] { return static_cast<double>(engine.counters().*figure); },
        labels);
  };
  const char* transfers = "Blind transfers by what became of them";
  core("baton_transfers_accepted_total", "Blind transfers accepted", &Counters::transfers_accepted);
  core("baton_transfers_refused_total", "Blind transfers refused before they began",
       &Counters::transfers_refused);
  core("baton_transfers_total", transfers, &Counters::connected, {{"outcome", "connected"}});
  core("baton_transfers_total", transfers, &Counters::returned, {{"outcome", "returned"}});
  core("baton_transfers_total", transfers, &Counters::canceled, {{"outcome", "canceled"}});
  core("baton_transfers_total", transfers, &Counters::failed, {{"outcome", "failed"}});
  core("baton_transfers_total", transfers, &Counters::abandoned, {{"outcome", "abandoned"}});
  core("baton_transfers_total", transfers, &Counters::handed_over, {{"outcome", "handedOver"}});
  core("baton_transfers_open", "Blind transfers without an outcome yet", &Counters::transfers_open);
  core("baton_contacts_open", "Contacts known to the core", &Counters::contacts_open);
  core("baton_legs_open", "Legs known to the core", &Counters::legs_open);
  core("baton_commands_open", "Commands without a result yet", &Counters::commands_open);
  core("baton_illegal_moves_total", "Transfer states against the table: a fault of Baton's",
       &Counters::illegal_moves);

  const auto by = [](const char* label, const std::map<std::string, std::uint64_t>& counts) {
    Many all;
    for (const auto& [value, count] : counts)
      all.emplace_back(prometheus::Labels{{label, value}}, static_cast<double>(count));
    return all;
  };
  registry.add_many("baton_agents", "Agents who are signed in, by state",
                    [&engine, by] { return by("state", engine.census().agents); });
  registry.add_many("baton_contacts", "Calls by state: queued, offered, active",
                    [&engine, by] { return by("state", engine.census().contacts); });
  registry.add_many("baton_queue_waiting", "Customers who wait in a queue", [&engine] {
    Many all;
    for (const core::Census::Line& line : engine.census().queues)
      all.emplace_back(prometheus::Labels{{"queue", line.name}}, static_cast<double>(line.waiting));
    return all;
  });
  registry.add_many("baton_queue_longest_wait_seconds",
                    "How long the first of a queue has waited, 0 where nobody does", [&engine] {
                      Many all;
                      // By the clock that stamped their coming, which may be ahead of the wall's.
                      const core::TimeMs now = engine.now_ms();
                      for (const core::Census::Line& line : engine.census().queues) {
                        const std::chrono::duration<double> waited =
                            std::chrono::milliseconds(now - line.longest_waiting_since);
                        all.emplace_back(prometheus::Labels{{"queue", line.name}},
                                         line.waiting == 0 ? 0 : waited.count());
                      }
                      return all;
                    });

  const auto limits = [&](const char* key, ServerRegistry::Read read) {
    registry.add("baton_limit_hits_total", kRefusals, std::move(read), {{"limit", key}});
  };
  const auto engine_limit = [&](const char* key, const std::atomic<std::uint64_t>& refused) {
    limits(key,
           [&refused] { return static_cast<double>(refused.load(std::memory_order_relaxed)); });
  };
  engine_limit("journal.max_queue", stats.refused_full);
  engine_limit("journal.slow_commit_ms", stats.refused_slow);
  const auto core_limit = [&](const char* key, std::uint64_t Counters::* member) {
    limits(key, [&engine, member] { return static_cast<double>(engine.counters().*member); });
  };
  core_limit("limits.max_contacts", &Counters::contacts_full);
  core_limit("dialing.max_per_agent_per_minute", &Counters::agent_minute_full);
  core_limit("dialing.max_per_agent_per_day", &Counters::agent_day_full);
  core_limit("dialing.max_per_number_per_minute", &Counters::number_minute_full);
  core_limit("dialing.max_per_number_per_day", &Counters::number_day_full);
  // Of the directory, not of the configuration.
  core_limit("queues.maxWaiting", &Counters::queue_full);
}

void add_metrics(ServerRegistry& registry, const ReadStats& stats) {
  const auto limit = [&](const char* key, const std::atomic<std::uint64_t>& refused) {
    registry.add("baton_limit_hits_total", kRefusals,
                 [&refused] { return static_cast<double>(refused.load()); }, {{"limit", key}});
  };
  limit("limits.statistics_transfers", stats.too_many_transfers);
  limit("limits.statistics_ms", stats.too_long);
  limit("limits.slow_reads", stats.too_many_reads);
  limit("limits.imports", stats.too_many_imports);
}

void add_metrics(ServerRegistry& registry, const telephony::sip::SipSwitch& sip) {
  using telephony::sip::SwitchStats;
  registry.add("baton_sip_thread_cpu_seconds_total", "CPU time of the SIP loop's thread",
               [&sip] { return std::chrono::duration<double>(sip.loop_cpu_time()).count(); });
  const auto figure = [&](const char* name, const char* help, std::uint64_t SwitchStats::* member) {
    registry.add(name, help, [&sip, member] { return static_cast<double>(sip.stats().*member); });
  };
  const auto responses = [&](const char* direction,
                             const telephony::sip::ResponseFigures& counted) {
    for (std::size_t hundreds = 1; hundreds <= 6; ++hundreds) {
      registry.add("baton_sip_responses_total", "SIP responses, by class and direction",
                   [&counted, hundreds] { return static_cast<double>(counted.of_class(hundreds)); },
                   {{"class", std::to_string(hundreds) + "xx"}, {"direction", direction}});
    }
  };
  responses("sent", telephony::sip::responses_sent);
  responses("received", telephony::sip::responses_received);
  figure("baton_sip_legs_open", "Legs that the SIP back end holds", &SwitchStats::legs_open);
  figure("baton_sip_legs_incoming_total", "Calls that came in", &SwitchStats::legs_incoming);
  figure("baton_sip_legs_adopted_total", "Legs of the process before that this one goes on with",
         &SwitchStats::legs_adopted);
  figure("baton_sip_leg_records_total", "Records of legs that were kept for a restart",
         &SwitchStats::leg_records);
  figure("baton_sip_leg_record_bytes_total", "What these records took",
         &SwitchStats::leg_record_bytes);
  figure("baton_sip_legs_dialled_total", "Legs that were dialled", &SwitchStats::legs_dialled);
  figure("baton_sip_commands_failed_total", "Commands that failed", &SwitchStats::commands_failed);
  figure("baton_sip_reinvites_total", "Re-INVITEs sent", &SwitchStats::reinvites);
  figure("baton_sip_glare_total", "Re-INVITEs that met one of the peer (491)", &SwitchStats::glare);
  figure("baton_sip_sessions_expired_total", "Legs ended by the session timer",
         &SwitchStats::sessions_expired);
  figure("baton_sip_registers_total", "REGISTERs accepted", &SwitchStats::registers_accepted);
  figure("baton_sip_challenged_total", "Requests challenged", &SwitchStats::challenged);
  figure("baton_sip_credentials_wrong_total", "Requests with wrong credentials",
         &SwitchStats::credentials_wrong);
  figure("baton_sip_unknown_peer_total", "Requests of unknown peers refused",
         &SwitchStats::unknown_peer);
  figure("baton_sip_foreign_registers_total",
         "REGISTERs for another domain, or with a credential of nobody's, refused",
         &SwitchStats::foreign_registers);
  figure("baton_sip_not_inbound_total", "INVITEs of trunks to what is no inbound number, refused",
         &SwitchStats::not_inbound);
  figure("baton_sip_method_refused_total",
         "Requests outside a call with a method that is not served, refused",
         &SwitchStats::method_refused);
  figure("baton_sip_screened_total", "Messages kept from the SIP stack, which cannot stand them",
         &SwitchStats::screened);
  const auto limits = [&](const char* key, ServerRegistry::Read read) {
    registry.add("baton_limit_hits_total", kRefusals, std::move(read), {{"limit", key}});
  };
  const auto limit = [&](const char* key, std::uint64_t SwitchStats::* member) {
    limits(key, [&sip, member] { return static_cast<double>(sip.stats().*member); });
  };
  limit("sip.max_dialogs", &SwitchStats::dialogs_full);
  limit("sip.max_transactions", &SwitchStats::transactions_full);
  limit("sip.max_headers", &SwitchStats::headers_full);
  limit("sip.auth_failures", &SwitchStats::throttled);
  limit("sip.max_message_bytes", &SwitchStats::too_large);
  limit("sip.max_contacts_per_agent", &SwitchStats::contacts_full);
  registry.add_many("baton_limit_hits_total", kRefusals, [&sip] {
    Many all;
    for (const auto& [trunk, refused] : sip.stats().trunks_full)
      all.emplace_back(prometheus::Labels{{"limit", "trunk." + trunk + ".max_calls"}},
                       static_cast<double>(refused));
    return all;
  });
  figure("baton_sip_malformed_total", "Messages refused as malformed", &SwitchStats::malformed);
  figure("baton_sip_sound_streams_open", "Parties hearing the built-in source",
         &SwitchStats::sound_streams_open);
}

void add_metrics(ServerRegistry& registry, const telephony::amazon::AmazonSwitch& amazon) {
  using telephony::amazon::AmazonStats;
  const auto figure = [&](const char* name, const char* help, std::uint64_t AmazonStats::* member) {
    registry.add(name, help,
                 [&amazon, member] { return static_cast<double>(amazon.stats().*member); });
  };
  figure("baton_amazon_bridges", "Bridges that are connected", &AmazonStats::bridges);
  figure("baton_amazon_snapshots_total", "Snapshots that bridges reported",
         &AmazonStats::snapshots);
  figure("baton_amazon_endpoint_lists_total",
         "Lists of an agent's destinations that bridges reported", &AmazonStats::endpoint_lists);
  figure("baton_amazon_commands_total", "Commands handed to bridges", &AmazonStats::commands);
  figure("baton_amazon_cold_transfers_total", "Cold transfers that bridges were told to ask for",
         &AmazonStats::cold_transfers);
  figure("baton_amazon_commands_failed_total", "Commands that failed",
         &AmazonStats::commands_failed);
  registry.add("baton_limit_hits_total", kRefusals,
               [&amazon] { return static_cast<double>(amazon.stats().tabs_refused); },
               {{"limit", "amazon.max_tabs"}});
}

}  // namespace baton::app
