#include "app/demo_peers.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace baton::app {

namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::string end_of(const std::string& text, std::size_t bytes) {
  return text.size() <= bytes ? text : text.substr(text.size() - bytes);
}

/// In the child between fork and exec: only calls that are safe there (signal-safety(7)).
[[noreturn]] void become_sipp(const std::vector<char*>& arguments, int output, const char* folder,
                              pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // A terminal's Ctrl-C is for the demonstration, which then ends its peers; and none outlives it.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (chdir(folder) != 0) _exit(127);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

/// The port that a socket could be bound to, or nothing.
std::optional<int> try_bind(int port) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      bind(descriptor, generic, size) == 0 && getsockname(descriptor, generic, &size) == 0;
  close(descriptor);
  return bound ? std::optional<int>(ntohs(address.sin_port)) : std::nullopt;
}

void send_datagram(int port, const std::string& text) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  static_cast<void>(sendto(descriptor, text.data(), text.size(), 0,
                           reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
  close(descriptor);
}

/// "2026-11-22 20:31:48.123456", local time, as sipp writes it.
std::optional<std::int64_t> parse_time(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &parts);
  if (end == nullptr || *end != '.') return std::nullopt;
  parts.tm_isdst = -1;
  return static_cast<std::int64_t>(std::mktime(&parts)) * 1'000'000 + std::atol(end + 1);
}

}  // namespace

SippProcess::SippProcess(const fs::path& folder, const std::string& name,
                         const std::vector<std::string>& arguments)
    : folder_(fs::absolute(folder)), name_(name) {
  fs::create_directories(folder_);
  const auto file = [&](const char* ending) { return (folder_ / (name_ + ending)).string(); };
  std::vector<std::string> all{
      "sipp",       "-i",          "127.0.0.1",  "-nostdin",      "-trace_logs",
      "-log_file",  file(".log"),  "-trace_msg", "-message_file", file(".messages"),
      "-trace_err", "-error_file", file(".err")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& argument : all) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const int output = open(file(".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (output < 0)
    throw std::runtime_error(
        fmt::format("{} cannot be written: {}", file(".out"), std::strerror(errno)));
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become_sipp(pointers, output, folder_.c_str(), parent);
  close(output);
  if (pid_ < 0)
    throw std::runtime_error(fmt::format("sipp cannot be started: {}", std::strerror(errno)));
}

SippProcess::~SippProcess() {
  if (exit_code()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::optional<int> SippProcess::exit_code() {
  int status = 0;
  if (!exit_code_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return exit_code_;
}

std::optional<int> SippProcess::wait(std::chrono::steady_clock::time_point deadline) {
  using std::chrono::milliseconds;
  const auto left =
      std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  // A descriptor of the process becomes readable when it ends (pidfd_open(2)).
  const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (!exit_code() && descriptor >= 0) {
    pollfd ended{descriptor, POLLIN, 0};
    poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
  }
  if (descriptor >= 0) close(descriptor);
  return exit_code();
}

bool SippProcess::hang_up(int port, std::chrono::steady_clock::time_point deadline) {
  const std::string trace = messages();
  const std::size_t at = trace.find("Call-ID: ");
  if (at == std::string::npos) return exit_code().has_value();
  const std::string call_id = trace.substr(at + 9, trace.find_first_of("\r\n", at) - at - 9);
  send_datagram(port, fmt::format("MESSAGE sip:customer@127.0.0.1 SIP/2.0\r\n"
                                  "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKdemo\r\n"
                                  "From: <sip:demo@127.0.0.1>;tag=demo\r\n"
                                  "To: <sip:customer@127.0.0.1>\r\n"
                                  "Call-ID: {}\r\n"
                                  "CSeq: 1 MESSAGE\r\n"
                                  "Content-Length: 0\r\n\r\n",
                                  call_id));
  return wait(deadline).has_value();
}

std::string SippProcess::notes() const { return slurp(folder_ / (name_ + ".log")); }
std::string SippProcess::messages() const { return slurp(folder_ / (name_ + ".messages")); }
std::string SippProcess::errors() const {
  return end_of(slurp(folder_ / (name_ + ".err")), 1500) +
         end_of(slurp(folder_ / (name_ + ".out")), 500);
}

std::vector<TracedMessage> read_trace(std::string_view messages) {
  std::vector<TracedMessage> found;
  std::istringstream lines{std::string(messages)};
  std::string line;
  bool first_line_next = false;
  const auto next = [&] {
    const bool more = static_cast<bool>(std::getline(lines, line));
    if (line.ends_with('\r')) line.pop_back();
    return more;
  };
  while (next()) {
    if (line.starts_with("-----")) {
      const std::size_t space = line.find(' ');
      const auto at =
          space == std::string::npos ? std::nullopt : parse_time(line.substr(space + 1));
      if (!at || !next()) continue;
      TracedMessage message;
      message.at_us = *at;
      message.from_server = line.find("message received") != std::string::npos;
      found.push_back(message);
      first_line_next = true;
    } else if (first_line_next && !line.empty()) {
      first_line_next = false;
      found.back().what =
          line.starts_with("SIP/2.0 ") ? line.substr(8) : line.substr(0, line.find(' '));
    } else if (!found.empty()) {
      // In a dialog the To header has a tag, which makes an INVITE a re-INVITE (RFC 3261, section
      // 14).
      if (line.starts_with("To:") && found.back().what == "INVITE" &&
          line.find(";tag=") != std::string::npos) {
        found.back().what = "re-INVITE";
      }
      if (line.starts_with("CSeq:")) found.back().method = line.substr(line.rfind(' ') + 1);
    }
  }
  return found;
}

std::vector<SdpNote> read_sdp_notes(std::string_view notes) {
  std::vector<SdpNote> found;
  std::istringstream lines{std::string(notes)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("SDP ");
    if (at == std::string::npos) continue;
    std::istringstream words(line.substr(at + 4));
    SdpNote note;
    std::string skip;
    words >> note.message >> skip >> note.address >> skip >> skip >> note.own_port;
    std::getline(words, note.call);
    // A message without a description notes an empty address.
    if (note.address.size() > 1 && !note.address.ends_with(':')) found.push_back(std::move(note));
  }
  return found;
}

int free_udp_port() {
  const auto port = try_bind(0);
  if (!port) throw std::runtime_error("there is no free UDP port on 127.0.0.1");
  return *port;
}

bool is_udp_port_free(int port) { return try_bind(port).has_value(); }

}  // namespace baton::app
