#include "app/demo_story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>

#include "app/config_keys.hpp"
#include "app/demo_samples.hpp"
#include "app/demo_timeline.hpp"
#include "app/tokens.hpp"

namespace baton::app {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kInboundNumber = "+18005550100";
constexpr std::string_view kBreak = R"({"label":"Break","code":"Break","type":"not_routable"})";
constexpr std::string_view kAvailable =
    R"({"label":"Available","code":"Available","type":"routable"})";

/// The directory's example passwords are made this way, and refused outside loopback.
std::string password_of(std::string_view login) { return fmt::format("demo-{}", login); }

Clock::time_point in_seconds(int seconds) { return Clock::now() + std::chrono::seconds(seconds); }

}  // namespace

DemoStory::DemoStory(const AppConfig& config, DemoDesktops& desktops,
                     std::filesystem::path scenarios, std::filesystem::path logs, Palette palette)
    : config_(config),
      desktops_(desktops),
      scenarios_(std::move(scenarios)),
      logs_(std::move(logs)),
      palette_(palette) {
  if (!is_loopback(config)) {
    throw DemoFailure(
        "the demonstration uses the example's passwords, so the server must listen on loopback "
        "only");
  }
  const auto udp =
      std::ranges::find(config.sip.listen, "udp", &telephony::sip::ListenAddress::transport);
  if (udp == config.sip.listen.end() || udp->port == 0) {
    throw DemoFailure("sip.listen needs a udp: address with a port, since the phones must find it");
  }
  server_ = fmt::format("{}:{}", udp->host, udp->port);
  const auto trunk =
      std::ranges::find_if(config.sip.trunks, [](const telephony::sip::TrunkConfig& one) {
        return one.transport == "udp" && is_loopback(one.address);
      });
  const auto carrier =
      trunk == config.sip.trunks.end() ? std::nullopt : split_host_port(trunk->address);
  if (!carrier)
    throw DemoFailure("there is no trunk with a udp address on loopback, which sipp could play");
  carrier_port_ = carrier->port;
  if (!is_udp_port_free(carrier_port_)) {
    throw DemoFailure(fmt::format(
        "another program has UDP port {} of the trunk \"{}\"; end it, or give the trunk another "
        "address",
        carrier_port_, trunk->name));
  }
  if (!std::filesystem::exists(scenario("customer"))) {
    throw DemoFailure(
        fmt::format("{} is missing; name the folder with --scenarios", scenario("customer")));
  }
}

DemoStory::~DemoStory() = default;

std::string DemoStory::scenario(std::string_view name) const {
  return std::filesystem::absolute(scenarios_ / fmt::format("{}.xml", name)).string();
}

DemoStory::Agent& DemoStory::agent(std::string_view login) {
  return *std::ranges::find(agents_, login, &Agent::login);
}

bool DemoStory::play() {
  const std::array<Act, 3> acts{{
      {"dial pad", "+12025550181", kDialPadSample, "BlindTransfer \"+12082097345\"", "+12082097345",
       ""},
      {"external quick connect", "+12025550182", kExternalSample,
       "BlindTransfer {phone_number, \"Sasi_Chime\"}", "Sasi_Chime +16579994374", ""},
      {"queue", "+12025550183", kQueueSample, "BlindTransfer {queue, \"CallSummary-HVOC-Queue\"}",
       "CallSummary-HVOC-Queue, then agent4", "agent4"},
  }};
  std::cout << "Four agents' phones register, and their desktops sign in; the outside world is at "
               "127.0.0.1:"
            << carrier_port_ << "." << std::endl;
  carrier_audio_port_ = free_udp_port();
  carrier_ = std::make_unique<SippProcess>(
      logs_, "carrier",
      std::vector<std::string>{"-sf", scenario("carrier"), "-p", std::to_string(carrier_port_),
                               "-key", "audio_port", std::to_string(carrier_audio_port_)});
  for (const char* login : {"agent1", "agent2", "agent3", "agent4"}) {
    agents_.push_back({login, nullptr, 0, 0});
    sign_in(agents_.back());
  }
  bool all_well = true;
  int number = 0;
  for (const Act& act : acts) {
    ++number;
    all_well &= play_act(number, act, agent(fmt::format("agent{}", number)));
  }
  for (const Agent& one : agents_) sign_out(one);
  std::cout << '\n'
            << (all_well
                    ? palette_.good("All three customers were handed on, and nobody was dropped.")
                    : palette_.bad("Not every transfer ended as it should."))
            << " The peers' logs: " << logs_.string() << std::endl;
  return all_well;
}

void DemoStory::sign_in(Agent& one) {
  one.port = free_udp_port();
  one.audio_port = free_udp_port();
  const std::vector<std::string> here{"-p", std::to_string(one.port), "-key", "agent", one.login};
  std::vector<std::string> arguments{server_,   "-sf", scenario("register"),  "-m", "1", "-au",
                                     one.login, "-ap", password_of(one.login)};
  arguments.insert(arguments.end(), here.begin(), here.end());
  SippProcess registering(logs_, one.login + "-register", arguments);
  if (registering.wait(in_seconds(10)) != 0) {
    throw DemoFailure(fmt::format("{}'s phone could not register at {}: {}", one.login, server_,
                                  registering.errors()));
  }
  arguments = {server_, "-sf",        scenario("agent"),
               "-key",  "audio_port", std::to_string(one.audio_port)};
  arguments.insert(arguments.end(), here.begin(), here.end());
  one.phone = std::make_unique<SippProcess>(logs_, one.login, arguments);

  desktops_.connect(one.login, mint_token(config_, one.login, "agent", std::chrono::hours(1)));
  // What an earlier run may have left behind; refused when there is nothing, which is as well.
  desktops_.request(one.login, "InboundCall", "ClearContact");
  const std::size_t mark = desktops_.mark();
  desktops_.request(one.login, "Agent", "Login");
  desktops_.wait_for(
      mark,
      [&](const SeenEvent& s) {
        return s.desktop == one.login && s.event.subtopic == "LoginSuccess";
      },
      one.login + "'s LoginSuccess");
  // Whoever is available now would be offered another one's call.
  desktops_.request(one.login, "Agent", "UpdateState", kBreak);
  desktops_.wait_for(
      mark,
      [&](const SeenEvent& s) {
        return s.desktop == one.login && s.event.agent_state.find("Break") != std::string::npos;
      },
      one.login + "'s break");
}

void DemoStory::make_available(const Agent& one) {
  const std::size_t mark = desktops_.mark();
  desktops_.request(one.login, "Agent", "UpdateState", kAvailable);
  desktops_.wait_for(
      mark,
      [&](const SeenEvent& s) {
        return s.desktop == one.login && s.event.agent_state == "Available";
      },
      one.login + " being Available");
}

void DemoStory::sign_out(const Agent& one) {
  desktops_.request(one.login, "InboundCall", "ClearContact");
  const std::size_t mark = desktops_.mark();
  desktops_.request(one.login, "Agent", "Logout");
  desktops_.wait_for(
      mark,
      [&](const SeenEvent& s) {
        return s.desktop == one.login && s.event.subtopic == "LogoutSuccess";
      },
      one.login + "'s LogoutSuccess");
}

std::unique_ptr<SippProcess> DemoStory::call_in(const Act& act, int port, int audio_port) {
  return std::make_unique<SippProcess>(
      logs_, "customer" + act.customer_number.substr(act.customer_number.size() - 1),
      std::vector<std::string>{server_, "-sf", scenario("customer"), "-s",
                               std::string(kInboundNumber), "-p", std::to_string(port), "-m", "1",
                               "-key", "number", act.customer_number, "-key", "audio_port",
                               std::to_string(audio_port)});
}

void DemoStory::answer(const Agent& one, std::size_t mark) {
  const auto call_event = [&](std::string_view name) {
    return [&one, name](const SeenEvent& s) {
      return s.desktop == one.login && s.event.call_event == name;
    };
  };
  desktops_.wait_for(mark, call_event("connecting"), "the offer to " + one.login);
  desktops_.request(one.login, "InboundCall", "Answer");
  desktops_.wait_for(mark, call_event("connected"), one.login + "'s call being connected");
}

bool DemoStory::play_act(int number, const Act& act, Agent& primary) {
  std::cout << '\n'
            << palette_.strong(fmt::format("{}/3  {}", number, act.title))
            << fmt::format(": {} calls {}, {} answers, and hands the call to {}.",
                           act.customer_number, kInboundNumber, primary.login, act.destination)
            << std::endl;
  std::size_t mark = desktops_.mark();
  make_available(primary);
  const int customer_audio = free_udp_port();
  const int customer_port = free_udp_port();
  auto customer = call_in(act, customer_port, customer_audio);
  answer(primary, mark);
  Agent* taker = act.answering_agent.empty() ? nullptr : &agent(act.answering_agent);
  if (taker != nullptr) make_available(*taker);

  mark = desktops_.mark();
  DemoTimeline timeline(now_us());
  timeline.message(primary.login, act.shown_message);
  desktops_.publish(primary.login, act.sample);
  if (taker != nullptr) answer(*taker, mark);
  const SeenEvent outcome = desktops_.wait_for(
      mark,
      [&](const SeenEvent& s) {
        return s.desktop == primary.login &&
               (s.event.is_outcome() || (s.event.is_error() && s.event.transfer_id.empty()));
      },
      "the outcome of the transfer", 40);
  const SippProcess& destination = taker == nullptr ? *carrier_ : *taker->phone;
  const int destination_audio = taker == nullptr ? carrier_audio_port_ : taker->audio_port;
  const bool heard = heard_each_other(*customer, customer_audio, destination, destination_audio);

  for (std::size_t i = mark; i < desktops_.seen().size(); ++i) {
    const SeenEvent& seen = desktops_.seen()[i];
    if (seen.desktop == primary.login || (taker != nullptr && seen.desktop == taker->login))
      timeline.event(seen);
  }
  timeline.trace("customer", read_trace(customer->messages()));
  timeline.trace(primary.login, read_trace(primary.phone->messages()));
  timeline.trace(taker == nullptr ? "carrier" : taker->login, read_trace(destination.messages()));
  std::cout << timeline.print(palette_);

  const bool connected = outcome.event.state == "connected";
  const auto verdict = [&](bool good, const std::string& text) {
    std::cout << "  " << (good ? palette_.good("ok ") : palette_.bad("NOT")) << "  " << text
              << std::endl;
  };
  verdict(connected, connected
                         ? fmt::format("the destination has the customer; {} is in after-call work",
                                       primary.login)
                         : fmt::format("the transfer ended as: {}", outcome.event.summary));
  verdict(heard, fmt::format("by their own logs, customer (127.0.0.1:{}) and destination "
                             "(127.0.0.1:{}) {} each other's "
                             "media description",
                             customer_audio, destination_audio, heard ? "have" : "do not have"));
  const bool ended = customer->hang_up(customer_port, in_seconds(5));
  if (ended) {
    desktops_.wait_for(
        mark,
        [&](const SeenEvent& s) {
          return s.desktop == primary.login && s.event.state == "completed";
        },
        "the customer's goodbye (completed)");
  }
  if (!ended) verdict(false, "the customer's phone did not end: " + customer->errors());
  return connected && heard && ended;
}

bool DemoStory::heard_each_other(const SippProcess& customer, int customer_audio,
                                 const SippProcess& destination, int destination_audio) {
  const std::string customer_address = fmt::format("127.0.0.1:{}", customer_audio);
  const std::string destination_address = fmt::format("127.0.0.1:{}", destination_audio);
  // The last description that a party got is the one that counts; sipp writes it a moment after the
  // event is out.
  for (const auto deadline = in_seconds(5); Clock::now() < deadline;
       desktops_.listen_for(std::chrono::milliseconds(20))) {
    const auto to_customer = read_sdp_notes(customer.notes());
    const auto to_destination = read_sdp_notes(destination.notes());
    if (to_customer.empty() || to_customer.back().address != destination_address) continue;
    // The destination may have had other calls before; this customer's is the last.
    if (!to_destination.empty() && to_destination.back().address == customer_address) return true;
  }
  return false;
}

}  // namespace baton::app
