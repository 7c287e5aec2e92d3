#include "telephony/amazon/amazon_switch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "message/text.hpp"

namespace baton::telephony::amazon {

AmazonSwitch::AmazonSwitch(AmazonConfig config, Sink sink, Send send)
    : config_(config), sink_(std::move(sink)), send_(std::move(send)) {}

message::Capabilities AmazonSwitch::capabilities() const { return core::mirrored_capabilities(); }

void AmazonSwitch::submit(std::vector<core::Command> commands) {
  for (core::Command& command : commands) carry_out(std::move(command));
}

void AmazonSwitch::carry_out(core::Command command) {
  auto* body = std::get_if<core::BridgeCommand>(&command.body);
  if (body == nullptr) {
    if (command.id == 0) return;
    sink_(core::CommandResult{.command = command.id,
                              .ok = false,
                              .code = 501,
                              .text = "Calls are at Amazon Connect, and have no legs here.",
                              .failed_leg = {}});
    return;
  }
  bool connected = false;
  {
    const std::lock_guard lock(mutex_);
    connected = bridges_.contains(body->bridge);
    ++(connected ? stats_.commands : stats_.commands_failed);
    if (connected && body->order.action == message::BridgeAction::coldTransfer)
      ++stats_.cold_transfers;
  }
  if (connected) {
    send_(body->bridge, message::print(body->order, command.id, body->agent));
    return;
  }
  if (command.id == 0) return;
  sink_(core::BridgeDone{.agent = std::move(body->agent),
                         .bridge = body->bridge,
                         .result = {.command = command.id,
                                    .epoch = body->order.epoch,
                                    .ok = false,
                                    .error = "NotSent",
                                    .text = "The bridge of the agent's session is gone."}});
}

std::string AmazonSwitch::frame(const std::string& agent, core::BridgeId bridge,
                                message::BridgeFrame frame) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = bridges_.find(bridge);
    if (const auto* hello = std::get_if<message::BridgeHello>(&frame)) {
      if (known != bridges_.end()) return "subtopic: this connection has said Hello already";
      auto tabs = std::ranges::count_if(
          bridges_, [&](const auto& each) { return each.second.agent == agent; });
      if (tabs >= config_.max_tabs) {
        // A tab that comes back may do so before the end of its connection is noticed. To the core
        // that one is dead already; it must not keep its own tab out.
        tabs -= static_cast<std::ptrdiff_t>(std::erase_if(bridges_, [&](const auto& each) {
          return each.second.agent == agent && each.second.tab == hello->tab;
        }));
      }
      if (tabs >= config_.max_tabs) {
        ++stats_.tabs_refused;
        return "agent: '" + agent + "' has " + std::to_string(tabs) +
               " bridges connected, which is the limit (amazon.max_tabs); close a tab";
      }
      bridges_.emplace(bridge, Tab{.agent = agent, .tab = hello->tab});
    } else if (known == bridges_.end()) {
      return "subtopic: the first thing that a bridge says must be Hello";
    } else if (known->second.agent != agent) {
      return "agent: this connection is a bridge of '" + known->second.agent + "'";
    }
    stats_.bridges = bridges_.size();
    if (std::holds_alternative<message::BridgeSnapshot>(frame)) ++stats_.snapshots;
    if (const auto* list = std::get_if<message::BridgeEndpoints>(&frame);
        list != nullptr && list->last) {
      ++stats_.endpoint_lists;
    }
    if (const auto* result = std::get_if<message::BridgeResult>(&frame);
        result != nullptr && !result->ok) {
      ++stats_.commands_failed;
    }
  }
  if (auto* hello = std::get_if<message::BridgeHello>(&frame)) {
    spdlog::info("amazon-connect: a bridge of {} connected, amazon-connect-streams {}{}", agent,
                 message::text::shown(hello->library),
                 hello->cold_transfer ? ", with a client of the SDK" : "");
    if (!hello->cold_transfer) miss_cold_transfer(agent, "has no client of the SDK");
    sink_(core::BridgeOpened{.agent = agent, .bridge = bridge, .hello = std::move(*hello)});
  } else if (auto* snapshot = std::get_if<message::BridgeSnapshot>(&frame)) {
    sink_(core::BridgeReport{.agent = agent, .bridge = bridge, .snapshot = std::move(*snapshot)});
  } else if (auto* list = std::get_if<message::BridgeEndpoints>(&frame)) {
    sink_(core::BridgeListed{.agent = agent, .bridge = bridge, .endpoints = std::move(*list)});
  } else {
    if (std::get<message::BridgeResult>(frame).error == core::kNoChannel)
      miss_cold_transfer(agent, "finds no open channel of the SDK to the CCP");
    sink_(core::BridgeDone{.agent = agent,
                           .bridge = bridge,
                           .result = std::move(std::get<message::BridgeResult>(frame))});
  }
  return {};
}

void AmazonSwitch::miss_cold_transfer(const std::string& agent, std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    if (!config_.cold_transfer || std::exchange(missed_told_, true)) return;
  }
  spdlog::warn(
      "amazon-connect: amazon.cold_transfer is on, but the bridge of {} {}; agents and queues are "
      "reached by add and leave from there (told once)",
      agent, why);
}

void AmazonSwitch::closed(core::BridgeId bridge) {
  std::string agent;
  {
    const std::lock_guard lock(mutex_);
    auto known = bridges_.extract(bridge);
    if (known.empty()) return;
    agent = std::move(known.mapped().agent);
    stats_.bridges = bridges_.size();
  }
  spdlog::info("amazon-connect: a bridge of {} is gone", agent);
  sink_(core::BridgeClosed{.agent = std::move(agent), .bridge = bridge});
}

AmazonStats AmazonSwitch::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace baton::telephony::amazon
