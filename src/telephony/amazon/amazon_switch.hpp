#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "message/bridge.hpp"
#include "telephony/switch.hpp"

namespace baton::telephony::amazon {

/// Limits of the back end.
struct AmazonConfig {
  int max_tabs = 8;            ///< Bridges of one agent that may be connected at once; a tab that
                               ///< comes back takes the place of the one that it had.
  bool cold_transfer = false;  ///< Wanted; only for what is logged of bridges that cannot.
};

/// Figures for metrics.
struct AmazonStats {
  std::uint64_t bridges = 0;          ///< Connected now.
  std::uint64_t snapshots = 0;        ///< Taken from bridges.
  std::uint64_t endpoint_lists = 0;   ///< Lists of destinations taken from bridges, whole.
  std::uint64_t commands = 0;         ///< Handed to bridges.
  std::uint64_t commands_failed = 0;  ///< That the library, or the way to it, has failed.
  std::uint64_t cold_transfers = 0;   ///< Of the commands: the SDK's cold transfers.
  std::uint64_t tabs_refused = 0;     ///< Because of AmazonConfig::max_tabs.
};

/// Calls at Amazon Connect, carried out by the agents' own sessions: commands become frames for the
/// bridge that has the lease, its frames become inputs (docs/amazon-connect.md). It decides
/// nothing, keeps no state of calls, asks for nothing twice, and waits for nothing: deadlines are
/// the core's. Any thread.
class AmazonSwitch final : public Switch {
 public:
  /// Hands a text to the connection of a bridge; must not block. Nothing happens where it is gone.
  using Send = std::function<void(core::BridgeId bridge, std::string text)>;

  AmazonSwitch(AmazonConfig config, Sink sink, Send send);

  /// A command for a bridge that is not connected fails at once, by a BridgeDone with the error
  /// "NotSent". Commands about legs fail with code 501: there are none.
  void submit(std::vector<core::Command> commands) override;
  [[nodiscard]] message::Capabilities capabilities() const override;

  /// Takes what a bridge of this agent says. Returns why it is not taken, or empty: the first frame
  /// must be its hello, and all must be the same agent's.
  [[nodiscard]] std::string frame(const std::string& agent, core::BridgeId bridge,
                                  message::BridgeFrame frame);
  /// Its connection has ended. Does nothing for one that never said hello, or whose tab is back.
  void closed(core::BridgeId bridge);

  [[nodiscard]] AmazonStats stats() const;

 private:
  /// What a bridge has said of itself.
  struct Tab {
    std::string agent;  ///< The login.
    std::string tab;    ///< BridgeHello::tab.
  };

  void carry_out(core::Command command);
  /// Says in the log, once, why agents and queues are reached by add and leave all the same.
  void miss_cold_transfer(const std::string& agent, std::string_view why);

  // Passed in.
  const AmazonConfig config_;
  const Sink sink_;
  const Send send_;

  // State.
  mutable std::mutex mutex_;
  std::unordered_map<core::BridgeId, Tab> bridges_;
  AmazonStats stats_;
  bool missed_told_ =
      false;  ///< That a cold transfer is wanted, and cannot be had, is logged once.
};

}  // namespace baton::telephony::amazon
