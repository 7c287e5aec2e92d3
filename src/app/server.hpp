#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "app/engine_metrics.hpp"
#include "app/server_metrics.hpp"
#include "app/server_registry.hpp"
#include "app/web_pages.hpp"
#include "app/worker.hpp"
#include "directory/hours.hpp"
#include "engine/engine.hpp"
#include "gateway/backend.hpp"
#include "gateway/gateway.hpp"
#include "journal/sqlite_journal.hpp"
#include "numbers/number_book.hpp"
#include "store/audit.hpp"
#include "store/checkpointer.hpp"
#include "store/reader.hpp"
#include "store/store.hpp"
#include "telephony/amazon/amazon_switch.hpp"
#include "telephony/sip/sip_switch.hpp"

namespace baton::app {

/// All rooms wired together: the one place where the edges meet the engine.
class Server final : public gateway::Backend {
 public:
  /// The files of `assets`, of the pages that it serves, must outlive it.
  Server(AppConfig config, std::span<const gateway::Asset> assets);
  ~Server() override;

  /// Opens, replays, binds, takes traffic. Throws std::runtime_error with a text for people.
  void start();
  /// Reads again what comes from files that are renewed while the server runs: HTTP's certificate
  /// and the token issuer's keys. After start(). Any thread.
  void reload();
  /// Refuses new calls from now on; running ones go on.
  void drain();
  /// Legs of the core or of the SIP back end that are still up.
  [[nodiscard]] std::uint64_t legs_up() const;
  /// Refuses new work, ends what is up, writes what is pending. After a start that failed as
  /// leave(). A second call does nothing.
  void stop();
  /// The same without a word to anybody on a call: the next process goes on with them.
  void leave();

  /// "http=127.0.0.1:8080 sip=udp:127.0.0.1:5060,tcp:127.0.0.1:5060".
  [[nodiscard]] std::string addresses() const;

  // gateway::Backend
  void request(gateway::Caller caller, std::string agent, message::Request request,
               std::function<void(gateway::RequestReply)> done) override;
  void sync(std::string agent, std::function<void(gateway::SyncReply)> done) override;
  void rest(gateway::Caller caller, gateway::RestRequest request,
            std::function<void(gateway::RestReply)> done) override;
  void queues(std::function<void(gateway::QueuesReply)> done) override;
  [[nodiscard]] std::vector<gateway::KeptSession> kept_sessions() override;
  void keep_session(gateway::KeptSession session) override;
  void forget_sessions(std::vector<gateway::Digest> sessions) override;
  void when_kept(std::function<void(bool)> done) override;
  void import_directory(std::string text, std::function<void(gateway::ImportReply)> done) override;
  [[nodiscard]] gateway::PasswordCheck verify_password(std::string_view login,
                                                       std::string_view password) override;
  [[nodiscard]] std::optional<gateway::Caller> account(std::string_view login) override;
  [[nodiscard]] std::optional<directory::Role> role_of(std::string_view login) override;
  [[nodiscard]] gateway::AccountState account_state(std::string_view login) override;
  void audit(gateway::AuditEntry entry) override;
  void audit(const telephony::sip::SignIn& sign_in);
  [[nodiscard]] std::string not_ready_reason() override;
  [[nodiscard]] std::int64_t now_ms() const override;
  [[nodiscard]] std::string epoch() override;
  [[nodiscard]] std::optional<message::ApiError> bridge(const gateway::Caller& caller,
                                                        gateway::SocketId socket,
                                                        message::BridgeFrame frame) override;
  void bridge_closed(gateway::SocketId socket) override;

 private:
  struct Account {
    directory::Role role = directory::Role::agent;
    bool enabled = true;
  };

  void load_initial_directory();
  void warn_of_stale_secrets();
  /// What transfer.last_resort_queue names is not there: the end of the chain would hang up.
  void warn_of_last_resort(const std::vector<directory::Queue>& queues) const;
  /// Of an import that takes away the queue that transfer.last_resort_queue names. Any thread.
  [[nodiscard]] directory::Faults last_resort_faults(const std::vector<directory::Queue>& imported);
  void stop_gateway();
  void make_sip(const directory::Directory& directory);
  void make_amazon();
  void take_over_sip();
  void use_directory(const directory::Directory& directory);
  /// One import, on its worker's thread.
  void take_import(const std::string& text, const std::function<void(gateway::ImportReply)>& done);
  /// The credentials of the store, which belongs to the engine's thread. Blocks; throws
  /// std::exception.
  [[nodiscard]] std::vector<store::Credential> known_credentials();
  /// Puts a directory that was checked into the store, and tells the core. The engine's thread.
  void put_in_force(const directory::ImportedDirectory& imported,
                    const std::vector<store::Credential>& credentials,
                    const std::function<void(gateway::ImportReply)>& done);
  /// A write of the store beside the journal's. Fails where it throws, and where the journal has
  /// failed: what a failed commit left in the file is unknown until the next start. The engine's
  /// thread.
  [[nodiscard]] store::Status beside_journal(const std::function<store::Status()>& write) const;
  void check_hours();
  void prune_records();
  void prune_audit();
  /// Removes the sessions that have ended from the store, those of earlier failures too. Also after
  /// the journal has failed, unlike all else: a cookie that was signed out must not come back with
  /// the restart, and what is removed is whole or still there. Engine's thread.
  [[nodiscard]] store::Status forget_ended();
  void forget_again();
  void preflight(const gateway::Caller& caller, const std::string& body,
                 std::function<void(gateway::RestReply)> done);
  /// For what may take seconds: on a thread of its own, after what was asked before it. Refused
  /// with 503 where too many do so already.
  void read_slowly(std::function<gateway::RestReply(store::StoreReader&)> read,
                   std::function<void(gateway::RestReply)> done);
  void statistics(const gateway::Caller& caller, const gateway::RestRequest& request,
                  std::function<void(gateway::RestReply)> done);
  void preferences(const gateway::Caller& caller, std::function<void(gateway::RestReply)> done);
  void keep_preferences(const gateway::Caller& caller, std::string body,
                        std::function<void(gateway::RestReply)> done);
  [[nodiscard]] static std::vector<telephony::sip::AgentSecret> agent_secrets(
      std::vector<store::Secret> stored);
  /// Whether transfer.last_resort_queue is one of them, by its ARN or its name.
  [[nodiscard]] bool has_last_resort(const std::vector<directory::Queue>& queues) const;
  /// The numbers that customers call.
  [[nodiscard]] static std::vector<std::string> numbers_of(const directory::Directory& directory);

  // Passed in.
  AppConfig config_;
  std::span<const gateway::Asset> assets_;

  // Owned, in the order in which they must go.
  numbers::NumberBook numbers_;  ///< Asked on every thread that hands inputs in.
  std::optional<store::Store> store_;
  std::optional<journal::SqliteJournal> journal_;
  std::optional<store::Checkpointer> checkpointer_;
  std::unique_ptr<ServerRegistry> registry_;
  std::unique_ptr<EngineMetrics> engine_metrics_;
  std::optional<WebPages> pages_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<engine::Engine> engine_;
  // The one that telephony.backend names.
  std::unique_ptr<telephony::sip::SipSwitch> sip_;
  std::unique_ptr<telephony::amazon::AmazonSwitch> amazon_;
  std::optional<store::StoreReader> reader_;  ///< The worker's thread.
  std::mutex password_mutex_;
  std::optional<store::StoreReader> passwords_;  ///< Guarded by password_mutex_.
  std::unique_ptr<Worker> worker_;
  std::optional<store::StoreReader> statistics_reader_;  ///< The thread of the statistics.
  std::unique_ptr<Worker> statistics_worker_;            ///< Of its own: it may take seconds.
  std::unique_ptr<Worker> import_worker_;                ///< Likewise: it may take minutes.
  std::stop_source given_up_;  ///< What these two are at, since the gateway has stopped.

  // State.
  std::mutex accounts_mutex_;
  std::map<std::string, Account, std::less<>> accounts_;
  directory::QueueClock clock_;  ///< The worker's thread.
  std::mutex queues_mutex_;
  std::vector<directory::Queue> queues_;     ///< Guarded by queues_mutex_.
  std::map<std::string, bool> open_queues_;  ///< What the core was told; the worker's thread.
  std::atomic<std::int64_t> next_prune_{0};  ///< Unix ms.
  std::atomic<std::int64_t> next_audit_prune_{0};
  store::AuditPruning audit_pruning_;  ///< The engine's thread.
  std::atomic<int> slow_reads_{0};
  std::atomic<int> imports_{0};  ///< That are taken in or wait.
  /// Digests of sessions that have ended and are still in the store, since the disk refused that.
  /// The store takes no new ones either, and one that it never had goes with the next block that
  /// has only such, since nothing is written for it. Engine's thread.
  std::vector<std::string> to_forget_;
  std::atomic<bool> forget_again_{false};
  ReadStats read_stats_;
  bool up_ = false;  ///< It takes traffic, or did.
  bool stopped_ = false;
};

}  // namespace baton::app
