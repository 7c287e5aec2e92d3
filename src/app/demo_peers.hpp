#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::app {

/// A run of sipp that plays one party: starts with the object, ends with it at the latest. One
/// thread.
class SippProcess {
 public:
  /// Starts sipp with `arguments`. Its logs are `folder`/`name`.log (what the scenario notes),
  /// .messages (every SIP message with its time), .out and .err. Throws std::runtime_error where
  /// sipp is not installed or cannot start.
  SippProcess(const std::filesystem::path& folder, const std::string& name,
              const std::vector<std::string>& arguments);
  SippProcess(const SippProcess&) = delete;
  SippProcess& operator=(const SippProcess&) = delete;
  ~SippProcess();

  /// The exit code, once it has ended.
  [[nodiscard]] std::optional<int> exit_code();
  /// Waits for the end until the deadline.
  [[nodiscard]] std::optional<int> wait(std::chrono::steady_clock::time_point deadline);
  /// Tells a customer (customer.xml at UDP port `port`) to hang up; true if he had ended by the
  /// deadline.
  bool hang_up(int port, std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] std::string notes() const;     ///< The text of .log so far.
  [[nodiscard]] std::string messages() const;  ///< The text of .messages so far.
  [[nodiscard]] std::string errors() const;  ///< The ends of .err and .out, for a failure's report.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::filesystem::path folder_;
  std::string name_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

/// One SIP message in a .messages file.
struct TracedMessage {
  std::int64_t at_us = 0;  ///< Unix microseconds.
  bool from_server = false;
  std::string what;    ///< "INVITE", "re-INVITE", "BYE", or "180 Ringing".
  std::string method;  ///< Of the CSeq header.
};
[[nodiscard]] std::vector<TracedMessage> read_trace(std::string_view messages);

/// One description of audio that a party was told, from a .log file: "SDP <message> from
/// <host>:<port> for audio_port <own> call<Call-ID>".
struct SdpNote {
  std::string message;
  std::string address;  ///< "127.0.0.1:6200": where the other side wants its audio.
  std::string own_port;
  std::string call;
};
[[nodiscard]] std::vector<SdpNote> read_sdp_notes(std::string_view notes);

/// A UDP port of 127.0.0.1 that is free now.
[[nodiscard]] int free_udp_port();
/// True if a program can bind that UDP port of 127.0.0.1.
[[nodiscard]] bool is_udp_port_free(int port);

}  // namespace baton::app
