#pragma once

#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "app/config.hpp"
#include "app/demo_desktops.hpp"
#include "app/demo_peers.hpp"
#include "app/palette.hpp"

namespace baton::app {

/// Three customers call, three agents answer and hand them on by the three published samples.
/// Prints what happens to standard output. One thread.
class DemoStory {
 public:
  /// All references must outlive it. Throws DemoFailure where the configuration does not fit
  /// (docs/command-line.md).
  DemoStory(const AppConfig& config, DemoDesktops& desktops, std::filesystem::path scenarios,
            std::filesystem::path logs, Palette palette);
  ~DemoStory();

  /// True if all three transfers ended as they should. Throws DemoFailure and DemoInterrupted.
  bool play();

 private:
  /// An agent with a registered phone and a signed-in desktop.
  struct Agent {
    std::string login;
    std::unique_ptr<SippProcess> phone;
    int port = 0;
    int audio_port = 0;
  };
  /// One of the three.
  struct Act {
    std::string title;
    std::string customer_number;
    std::string_view sample;
    std::string shown_message;
    std::string destination;      ///< As the summary names it.
    std::string answering_agent;  ///< For the queue: who takes the call.
  };

  void sign_in(Agent& agent);
  void make_available(const Agent& agent);
  void sign_out(const Agent& agent);
  [[nodiscard]] std::unique_ptr<SippProcess> call_in(const Act& act, int port, int audio_port);
  void answer(const Agent& agent, std::size_t mark);
  bool play_act(int number, const Act& act, Agent& agent);
  [[nodiscard]] bool heard_each_other(const SippProcess& customer, int customer_audio,
                                      const SippProcess& destination, int destination_audio);
  Agent& agent(std::string_view login);
  [[nodiscard]] std::string scenario(std::string_view name) const;

  const AppConfig& config_;
  DemoDesktops& desktops_;
  std::filesystem::path scenarios_;
  std::filesystem::path logs_;
  Palette palette_;
  std::string server_;  ///< Where SIP goes: "127.0.0.1:5060".
  int carrier_port_ = 0;
  int carrier_audio_port_ = 0;
  std::unique_ptr<SippProcess> carrier_;
  std::list<Agent> agents_;
};

}  // namespace baton::app
