#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/input.hpp"
#include "gateway/config.hpp"
#include "telephony/amazon/amazon_switch.hpp"
#include "telephony/sip/config.hpp"

namespace baton::app {

/// The one file that holds the directory, the contact records and the journal.
struct StoreConfig {
  std::string path = "/var/lib/baton/baton.db";
  /// A directory file that is taken in when the store has no directory yet; empty: start with an
  /// empty one.
  std::string initial_directory;
};

/// How inputs are batched into the journal, and how often the state is written down whole.
struct JournalConfig {
  std::string durability = "power";  ///< What a commit outlives: power, or process.
  std::size_t max_batch = 256;       ///< Inputs in one commit.
  std::size_t max_queue =
      100000;  ///< Inputs that wait; one more is refused with backendUnavailable.
  std::size_t snapshot_inputs = 100000;                          ///< Inputs between two snapshots,
  std::size_t snapshot_bytes = std::size_t{32} * 1024 * 1024;    ///< and their bytes.
  int snapshot_hours = 24;                                       ///< How old inputs may become.
  std::size_t kept_event_bytes = std::size_t{64} * 1024 * 1024;  ///< Events beside a snapshot.
  int slow_commit_ms = 1000;  ///< While a commit takes longer, new calls are refused.
};

/// Who carries the calls.
struct TelephonyConfig {
  std::string backend = "sip";  ///< sip, or amazon-connect.

  [[nodiscard]] bool at_amazon() const { return backend == "amazon-connect"; }
};

/// The agents' sessions at Amazon Connect.
struct AmazonConnectConfig {
  std::string ccp_url;  ///< Of the instance's CCP; empty: the page /amazon/ is not served.
  std::string region;   ///< Of the instance, for the CCP's softphone; empty: the CCP's own choice.
  telephony::amazon::AmazonConfig back_end;
};

/// How the server ends.
struct ServerConfig {
  int drain_seconds = 60;  ///< How long running calls have after SIGTERM.
};

/// How long what happened is kept.
struct RetentionConfig {
  int records_days = 365;  ///< Records of transfers and contacts; 0: for ever.
  int audit_days = 400;    ///< The audit; 0: for ever.
};

/// What one read or import may take of the server, and how many may wait.
struct ReadConfig {
  std::size_t statistics_transfers = 500'000;  ///< Counted for one request; more gets 400.
  int statistics_ms = 5000;                    ///< What counting them may take; longer gets 400.
  int slow_reads = 8;  ///< Statistics and CSV that are made or wait; one more gets 503.
  std::size_t csv_transfers = 100'000;  ///< Rows of one CSV of GET /v1/transfers.
  std::size_t waiting_listed = 1000;    ///< Rows of GET /v1/queues/waiting.
  int imports = 4;  ///< Directories that are taken in or wait; one more gets 503.

  /// How long the longest of the statistics and CSV takes: those for their own limit, a file for as
  /// long as its rows take where the disk is slow, some five times what they take in memory.
  [[nodiscard]] std::chrono::milliseconds longest_slow_read() const {
    constexpr std::int64_t kRowsAMillisecond = 20;
    return std::chrono::milliseconds(std::max<std::int64_t>(
        statistics_ms, static_cast<std::int64_t>(csv_transfers) / kRowsAMillisecond));
  }
};

struct LogConfig {
  std::string level = "info";   ///< trace, debug, info, warning, error.
  std::string format = "text";  ///< text, or json (one object a line).
};

/// Everything that one configuration file tells. A plain value, made once at start; any thread may
/// read it.
struct AppConfig {
  std::string file;  ///< Where it came from, for messages.
  gateway::GatewayConfig gateway;
  TelephonyConfig telephony;
  AmazonConnectConfig amazon;
  telephony::sip::SipConfig sip;
  ServerConfig server;
  StoreConfig store;
  JournalConfig journal;
  core::Policy policy;
  RetentionConfig retention;
  ReadConfig reads;
  LogConfig log;
};

/// One thing that is wrong with a configuration.
struct ConfigFault {
  std::string file;  ///< The file, or "environment".
  int line = 0;      ///< From 1; 0: no line applies.
  int column = 0;
  std::string key;   ///< "http.listen", or the variable's name; empty for a syntax error.
  std::string text;  ///< What was seen and what is allowed, a full sentence without the key.

  /// "baton.toml:12:10: http.listen: \"x\" is not ...", as compilers print it.
  [[nodiscard]] std::string to_string() const;
};

/// A configuration, or all its faults (not only the first one).
struct ConfigResult {
  AppConfig config;
  std::vector<ConfigFault> faults;  ///< Empty: `config` may be used.

  [[nodiscard]] bool ok() const { return faults.empty(); }
};

/// The environment's variables by name. A plain map, so that tests give their own.
using Environment = std::map<std::string, std::string, std::less<>>;

/// The process's variables whose names begin with BATON_.
[[nodiscard]] Environment baton_environment();

/// Reads and checks `text` (TOML 1.0), which came from `file`, then the environment's overrides
/// (BATON_<SECTION>_<KEY>; lists are separated by commas). Relative paths in the file are taken
/// from the file's folder, those in the environment from the working directory. Reads secret files
/// (`password_file`); touches nothing else. Never throws on bad input. Any thread.
[[nodiscard]] ConfigResult parse_config(std::string_view text, const std::string& file,
                                        const Environment& environment);

/// The same for a file on disk. A file that cannot be read is one fault.
[[nodiscard]] ConfigResult load_config(const std::string& file, const Environment& environment);

/// True if every address is a loopback one (127.0.0.0/8, ::1, localhost). Takes "host:port" and
/// "transport:host:port" alike; an empty text counts as loopback, since nothing listens there.
[[nodiscard]] bool is_loopback(std::string_view address);
[[nodiscard]] bool is_loopback(const AppConfig& config);

/// Every key with its default, unit, range and variable, as Markdown (docs/configuration.md).
[[nodiscard]] std::string config_reference();

}  // namespace baton::app
