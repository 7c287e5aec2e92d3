// Everybody around Baton in its soak run (docs/testing.md): one light process, steered by lines on
// standard input, each answered by one line of JSON on standard output. It ends with its standard
// input.
//
//   phones RATE     register all phones, that many a second
//   desktops        connect all desktops and sign their agents in
//   call RATE       customers call, that many a second; 0: nobody new
//   calm            desktops and phones do nothing of their own any more
//   figures         what was seen so far
//   report FOLDER   write down each call and each request

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "floor.hpp"

namespace baton::bench {
namespace {

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

std::string obey(Floor& floor, std::istringstream order) {
  std::string verb;
  double rate = 0;
  order >> verb;
  if (verb == "phones" && order >> rate && rate > 0) {
    floor.register_phones(rate);
  } else if (verb == "desktops") {
    floor.sign_in();
  } else if (verb == "call" && order >> rate) {
    floor.let_call(rate);
  } else if (verb == "calm") {
    floor.calm_down();
  } else if (verb == "report") {
    std::string folder;
    order >> folder;
    if (const auto error = floor.report(folder); !error.empty()) {
      return R"({"error":")" + error + "\"}";
    }
  } else if (verb != "figures") {
    return R"({"error":"the orders are phones RATE, desktops, call RATE, calm, figures, report FOLDER"})";
  }
  return floor.figures();
}

void run(Floor& floor) {
  ::fcntl(STDIN_FILENO, F_SETFL, ::fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  std::vector<pollfd> polled{{STDIN_FILENO, POLLIN, 0}};
  for (const int each : floor.descriptors()) polled.push_back({each, POLLIN, 0});
  std::string orders;
  say(R"({"ready":true})");
  for (;;) {
    floor.run_timers();
    const auto patience = floor.next(std::chrono::milliseconds(1000));
    ::poll(polled.data(), polled.size(), static_cast<int>(patience.count()));
    for (std::size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents != 0) floor.receive(polled[i].fd);
    }
    if (polled[0].revents == 0) continue;
    std::array<char, 4096> chunk{};
    const auto got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got == 0) return;
    if (got > 0) orders.append(chunk.data(), static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = orders.find('\n')) != std::string::npos;) {
      std::istringstream order(orders.substr(0, end));
      orders.erase(0, end + 1);
      say(obey(floor, std::move(order)));
    }
  }
}

/// "KIND<tab>LOGIN<tab>JSON" a line.
std::vector<Destination> read_destinations(const std::string& file) {
  std::vector<Destination> found;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string kind;
    Destination one;
    std::getline(fields, kind, '\t');
    std::getline(fields, one.login, '\t');
    std::getline(fields, one.data);
    const auto* at = std::find(kKindNames.begin(), kKindNames.end(), kind);
    if (at == kKindNames.end()) continue;
    one.kind = static_cast<Kind>(at - kKindNames.begin());
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace
}  // namespace baton::bench

int main(int argc, char** argv) {
  CLI::App app("Everybody around Baton in its soak run; orders come by standard input");
  baton::bench::Floor::Setup setup;
  std::string agents;
  std::string destinations;
  app.add_option("--sip-port", setup.sip_port, "The server's UDP port on 127.0.0.1")->required();
  app.add_option("--http-port", setup.http_port, "Its HTTP port")->required();
  app.add_option("--carrier-port", setup.carrier_port, "Where the carrier listens")->required();
  app.add_option("--inbound", setup.inbound_number, "The number that customers call")->required();
  app.add_option("--agents", agents, "A file with LOGIN TOKEN PASSWORD a line")->required();
  app.add_option("--destinations", destinations, "A file with KIND, LOGIN, JSON a line, by tabs")
      ->required();
  app.add_option("--seed", setup.seed, "Of all that is left to chance")->capture_default_str();
  app.add_option("--pace", setup.pace, "Multiplies the length of a talk")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  setup.destinations = baton::bench::read_destinations(destinations);
  baton::bench::Floor floor(std::move(setup));
  if (const std::string error = floor.open(); !error.empty()) {
    std::fprintf(stderr, "soak: %s\n", error.c_str());
    return 1;
  }
  std::ifstream lines(agents);
  for (std::string login, token, password; lines >> login >> token >> password;) {
    floor.add_agent(login, token, password);
  }
  baton::bench::run(floor);
  return 0;
}
