#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/backend.hpp"

namespace baton::gateway {

/// The other side of the gateway's port: what the engine would say, as a test wants it said. Any
/// thread.
class FakeBackend : public Backend {
 public:
  using RequestHandler =
      std::function<void(const message::Request&, std::function<void(RequestReply)>)>;
  using ImportHandler = std::function<void(std::function<void(ImportReply)>)>;
  using RestHandler = std::function<void(const RestRequest&, std::function<void(RestReply)>)>;
  using SyncHandler = std::function<void(std::string, std::function<void(SyncReply)>)>;

  struct Seen {
    Caller caller;
    std::string agent;
    message::Request request;
  };
  struct SeenRest {
    Caller caller;
    RestRequest request;
  };

  void request(Caller caller, std::string agent, message::Request request,
               std::function<void(RequestReply)> done) override {
    RequestHandler handler;
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back({caller, agent, request});
      handler = on_request_;
    }
    if (handler) return handler(request, std::move(done));
    RequestReply reply;
    if (message::is_read(request.kind))
      reply.event_text = "{\"read\":\"" + request.subtopic + "\"}";
    reply.sequence = 7;
    done(std::move(reply));
  }

  void sync(std::string agent, std::function<void(SyncReply)> done) override {
    SyncHandler handler;
    {
      const std::lock_guard lock(mutex_);
      handler = on_sync_;
    }
    if (handler) return handler(std::move(agent), std::move(done));
    done({"app", "agent", "call", 0});
  }

  void rest(Caller caller, RestRequest request, std::function<void(RestReply)> done) override {
    RestReply reply;
    RestHandler handler;
    {
      const std::lock_guard lock(mutex_);
      handler = on_rest_;
    }
    if (handler) return handler(request, std::move(done));
    {
      const std::lock_guard lock(mutex_);
      if (request.query.contains("format")) {
        reply.content_type = "text/csv";
        reply.file_name = "list.csv";
        reply.rows = {.here = 2, .total = 5};
      }
      reply.body = "{\"resource\":\"" + request.resource + "\",\"id\":\"" + request.id + "\"}";
      if (request.id == "unknown") reply.status = 404;
      seen_rest_.push_back({std::move(caller), std::move(request)});
    }
    done(std::move(reply));
  }

  /// Answered once a test has said what.
  void queues(std::function<void(QueuesReply)> done) override {
    std::optional<QueuesReply> reply;
    {
      const std::lock_guard lock(mutex_);
      ++queues_asked_;
      reply = queues_;
    }
    if (reply) done(*reply);
  }
  void set_queues(QueuesReply reply) {
    const std::lock_guard lock(mutex_);
    queues_ = std::move(reply);
  }
  [[nodiscard]] int queues_asked() {
    const std::lock_guard lock(mutex_);
    return queues_asked_;
  }

  void import_directory(std::string json, std::function<void(ImportReply)> done) override {
    ImportHandler handler;
    {
      const std::lock_guard lock(mutex_);
      handler = on_import_;
    }
    if (handler) return handler(std::move(done));
    const bool ok = json != "{\"bad\":1}";
    done({ok, ok ? "{\"version\":2,\"bytes\":" + std::to_string(json.size()) + "}"
                 : "{\"faults\":[{\"place\":\"/bad\",\"msg\":\"unknown key\"}]}"});
  }

  PasswordCheck verify_password(std::string_view login, std::string_view password) override {
    if (unreadable_) return PasswordCheck::unreadable;
    std::function<void()> then;
    bool right = false;
    {
      const std::lock_guard lock(mutex_);
      const auto changed = passwords_.find(std::string(login));
      right =
          password == (changed == passwords_.end() ? "pw-" + std::string(login) : changed->second);
      then = std::exchange(after_verify_, nullptr);
    }
    if (then) then();
    return right ? PasswordCheck::right : PasswordCheck::wrong;
  }

  std::optional<Caller> account(std::string_view login) override {
    const std::lock_guard lock(mutex_);
    if (disabled_.contains(std::string(login))) return std::nullopt;
    if (login == "boss") return Caller{"boss", directory::Role::supervisor};
    if (login.starts_with("agent")) return Caller{std::string(login), directory::Role::agent};
    return std::nullopt;
  }

  AccountState account_state(std::string_view login) override {
    if (account(login)) return AccountState::active;
    const std::lock_guard lock(mutex_);
    return disabled_.contains(std::string(login)) ? AccountState::disabled : AccountState::unknown;
  }

  void when_kept(std::function<void(bool)> done) override { done(!bad_disk_); }

  std::string not_ready_reason() override {
    const std::lock_guard lock(mutex_);
    return not_ready_;
  }
  std::int64_t now_ms() const override { return clock_ms; }
  std::string epoch() override { return "epoch-1"; }

  /// What events are stamped with: 1 December 2026, 09:00:00 UTC.
  std::int64_t clock_ms = 1'796'115'600'000;

  void audit(AuditEntry entry) override {
    const std::lock_guard lock(mutex_);
    audited_.push_back(std::move(entry));
  }

  void on_request(RequestHandler handler) {
    const std::lock_guard lock(mutex_);
    on_request_ = std::move(handler);
  }
  /// Refuses every request with this reason.
  void refuse_with(message::Reason reason,
                   const std::string& error_type = "BLIND_TRANSFER_FAILED") {
    on_request([=](const message::Request&, const std::function<void(RequestReply)>& done) {
      RequestReply reply;
      reply.accepted = false;
      reply.error.emplace();
      reply.error->error_type = error_type;
      reply.error->reason = reason;
      done(std::move(reply));
    });
  }
  void on_import(ImportHandler handler) {
    const std::lock_guard lock(mutex_);
    on_import_ = std::move(handler);
  }
  void on_rest(RestHandler handler) {
    const std::lock_guard lock(mutex_);
    on_rest_ = std::move(handler);
  }
  void on_sync(SyncHandler handler) {
    const std::lock_guard lock(mutex_);
    on_sync_ = std::move(handler);
  }
  void change_password(const std::string& login, const std::string& password) {
    const std::lock_guard lock(mutex_);
    passwords_[login] = password;
  }
  /// What happens, once, between the look at a password and the word that it is right.
  void after_verify(std::function<void()> then) {
    const std::lock_guard lock(mutex_);
    after_verify_ = std::move(then);
  }
  /// No password can be looked at, or all can again.
  void passwords_unreadable(bool unreadable) { unreadable_ = unreadable; }
  void disable(const std::string& login) {
    const std::lock_guard lock(mutex_);
    disabled_.insert(login);
  }
  /// From now on no session that ends is removed from the store.
  void forget_nothing() { bad_disk_ = true; }
  void not_ready(const std::string& reason) {
    const std::lock_guard lock(mutex_);
    not_ready_ = reason;
  }
  [[nodiscard]] std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] std::vector<SeenRest> seen_rest() {
    const std::lock_guard lock(mutex_);
    return seen_rest_;
  }
  [[nodiscard]] std::vector<AuditEntry> audited() {
    const std::lock_guard lock(mutex_);
    return audited_;
  }

 private:
  std::mutex mutex_;
  RequestHandler on_request_;
  ImportHandler on_import_;
  RestHandler on_rest_;
  SyncHandler on_sync_;
  std::set<std::string> disabled_;
  std::map<std::string, std::string> passwords_;  ///< Those that are not "pw-<login>".
  std::function<void()> after_verify_;
  std::atomic<bool> bad_disk_ = false;
  std::atomic<bool> unreadable_ = false;
  std::string not_ready_;
  std::optional<QueuesReply> queues_;
  int queues_asked_ = 0;
  std::vector<Seen> seen_;
  std::vector<SeenRest> seen_rest_;
  std::vector<AuditEntry> audited_;
};

}  // namespace baton::gateway
