// The agents of Baton's benchmark: many desktops in one light process, steered by lines on standard
// input, each answered by one line of JSON on standard output. It ends with its standard input.
// With
// --desk-port it asks the ceiling for transfers, as desktops ask Baton, and takes the same times.
//
//   desktops FILE [COUNT]   connect a desktop for each token (a line each) and sign its agent in
//   watch FILE              connect a reader of everybody's events for each token
//   available               all agents ask to be Available
//   work idle|hold|transfer|states
//   reset                   tell the figures and forget them
//   figures                 tell them

#include <fcntl.h>
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

#include "carrier.hpp"
#include "desk.hpp"
#include "desktops.hpp"
#include "quoted.hpp"

namespace baton::bench {
namespace {

/// The nearest-rank percentile; 0 without samples.
double percentile(std::vector<double> samples, double share) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(samples.size()));
  return samples[std::min(rank, samples.size() - 1)];
}

std::string spread(const std::vector<double>& samples) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), R"({"count":%zu,"p50":%.3f,"p99":%.3f,"max":%.3f})",
                samples.size(), percentile(samples, 0.50), percentile(samples, 0.99),
                percentile(samples, 1.0));
  return text.data();
}

class Driver {
 public:
  Driver(std::uint16_t port, std::uint64_t number_base)
      : desktops_(port, number_base),
        desk_(number_base),
        carrier_([this](std::string_view number, Clock::time_point when) {
          if (desk_.is_open()) {
            desk_.dialled(number, when);
          } else {
            desktops_.dialled(number, when);
          }
        }) {}

  int run(std::uint16_t carrier_port, std::uint16_t desk_port) {
    if (!carrier_.open(carrier_port)) {
      std::fprintf(stderr, "bench driver: the carrier's UDP port %u is taken\n",
                   static_cast<unsigned>(carrier_port));
      return 1;
    }
    if (desk_port != 0 && !desk_.open(desk_port)) {
      std::fprintf(stderr, "bench driver: the desk's UDP port %u is taken\n",
                   static_cast<unsigned>(desk_port));
      return 1;
    }
    ::fcntl(STDIN_FILENO, F_SETFL, ::fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    desktops_.also(STDIN_FILENO);
    desktops_.also(carrier_.descriptor());
    if (desk_.is_open()) desktops_.also(desk_.descriptor());
    say(R"({"ready":true})");
    while (!done_) {
      desktops_.step(std::chrono::milliseconds(1000));
      if (desktops_.also_ready(carrier_.descriptor())) carrier_.receive();
      if (desk_.is_open() && desktops_.also_ready(desk_.descriptor())) desk_.receive();
      if (desktops_.also_ready(STDIN_FILENO)) read_orders();
    }
    return 0;
  }

 private:
  static void say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
  }

  void read_orders() {
    std::array<char, 4096> chunk{};
    const auto got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got == 0) done_ = true;
    if (got <= 0) return;
    orders_.append(chunk.data(), static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = orders_.find('\n')) != std::string::npos;) {
      std::istringstream order(orders_.substr(0, end));
      orders_.erase(0, end + 1);
      say(obey(order));
    }
  }

  std::string obey(std::istringstream& order) {
    std::string verb;
    order >> verb;
    if (verb == "desktops" || verb == "watch") return connect(order, verb == "watch");
    if (verb == "available") {
      desktops_.go_available();
    } else if (verb == "work") {
      std::string name;
      order >> name;
      if (name == "idle")
        desktops_.set_work(Work::idle);
      else if (name == "hold")
        desktops_.set_work(Work::hold);
      else if (name == "transfer")
        desktops_.set_work(Work::transfer);
      else if (name == "states")
        desktops_.set_work(Work::states);
      else
        return R"({"error":"work is idle, hold, transfer or states"})";
    } else if (verb == "reset") {
      // Told as they were forgotten, so that nothing that comes between two orders is lost.
      const std::string told = figures();
      desktops_.reset();
      desk_.reset();
      return told;
    } else if (verb != "figures") {
      return R"({"error":"unknown order"})";
    }
    return figures();
  }

  std::string connect(std::istringstream& order, bool watch) {
    std::string file;
    std::size_t count = SIZE_MAX;
    order >> file >> count;
    if (!order) count = SIZE_MAX;
    std::ifstream tokens(file);
    for (std::string token; count > 0 && std::getline(tokens, token); --count) {
      const std::string error = watch ? desktops_.watch(token) : desktops_.add(token);
      if (!error.empty()) return R"({"error":)" + quoted(error) + "}";
      // Those that are connected are pinged, and closed where they do not answer.
      desktops_.step(std::chrono::milliseconds(0));
    }
    return figures();
  }

  std::string figures() {
    const Figures& seen = desk_.is_open() ? desk_.figures() : desktops_.figures();
    std::ostringstream text;
    text << R"({"at":)" << std::chrono::duration<double>(Clock::now().time_since_epoch()).count()
         << R"(,"open":)" << desktops_.open_count() << R"(,"signed_in":)"
         << desktops_.signed_in_count() << R"(,"available":)" << desktops_.available_count()
         << R"(,"talking":)" << desktops_.talking_count() << R"(,"events":)" << seen.events
         << R"(,"answered":)" << seen.answered << R"(,"transfers_asked":)" << seen.transfers_asked
         << R"(,"released":)" << seen.released << R"(,"connected":)" << seen.connected
         << R"(,"other_outcomes":)" << seen.other_outcomes << R"(,"errors":)" << seen.errors
         << R"(,"first_error":)" << quoted(seen.first_error) << R"(,"acw_ms":)"
         << spread(seen.acw_ms) << R"(,"invite_ms":)" << spread(seen.invite_ms) << "}";
    return text.str();
  }

  Desktops desktops_;
  Desk desk_;
  Carrier carrier_;
  std::string orders_;
  bool done_ = false;
};

}  // namespace
}  // namespace baton::bench

int main(int argc, char** argv) {
  CLI::App app("The desktops of Baton's benchmark; orders come by standard input");
  std::uint16_t port = 0;
  std::uint16_t carrier_port = 0;
  std::uint64_t number_base = 12082000000;
  std::uint16_t desk_port = 0;
  app.add_option("--port", port, "The server's HTTP port on 127.0.0.1");
  app.add_option("--carrier-port", carrier_port,
                 "Where the carrier listens on 127.0.0.1; 0: anywhere")
      ->capture_default_str();
  app.add_option("--desk-port", desk_port, "Where the ceiling's --desk is, on 127.0.0.1; 0: none")
      ->capture_default_str();
  app.add_option("--number-base", number_base, "Agent n transfers to this number plus n")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  return baton::bench::Driver(port, number_base).run(carrier_port, desk_port);
}
