#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

#include "app/preflight.hpp"
#include "app/rest_views.hpp"
#include "app/server.hpp"
#include "app/statistics_view.hpp"
#include "app/worker.hpp"
#include "core/number_facts.hpp"
#include "message/request.hpp"

// What callers ask of a running server, by message and by REST.

namespace baton::app {

namespace {

gateway::RequestReply reply_of(const core::Reply& reply, const std::string& agent,
                               const std::string& epoch) {
  gateway::RequestReply out;
  out.accepted = reply.accepted;
  if (reply.transfer_id) out.transfer_id = to_string(*reply.transfer_id);
  out.sequence = reply.sequence;
  const auto print = [&](message::EventBody body) {
    message::Event event;
    event.agent = agent;
    event.request_id = reply.request_id;
    event.body = std::move(body);
    return message::print(event, epoch);
  };
  if (reply.error) {
    out.error = reply.error;
    out.error_text = print(*reply.error);
  } else if (reply.current) {
    out.event_text = print(*reply.current);
  }
  return out;
}

/// Until when the gateway waits for the answer to a request that has just come.
Worker::Clock::time_point answered_until(int seconds) {
  return Worker::Clock::now() + std::chrono::seconds(seconds);
}

/// Nobody gets it: the gateway has answered with as much.
gateway::RestReply too_late() {
  return rest_error(503, message::Reason::backendUnavailable, "it was not read in time");
}

}  // namespace

void Server::request(gateway::Caller caller, std::string agent, message::Request request,
                     std::function<void(gateway::RequestReply)> done) {
  if (message::is_read(request.kind)) {
    engine_->run([this, agent = std::move(agent), request = std::move(request),
                  done = std::move(done)](core::ContactCenter& center) {
      message::Event event = center.read(agent, request.kind);
      event.request_id = request.id;
      gateway::RequestReply reply;
      reply.event_text = message::print(event, engine_->epoch());
      done(std::move(reply));
    });
    return;
  }
  core::RequestInput input{.reply = 0,
                           .caller = caller.login,
                           .role = caller.role,
                           .agent = agent,
                           .request = std::move(request)};
  engine_->request(
      std::move(input),
      [this, agent = std::move(agent), done = std::move(done)](const core::Reply& reply) {
        done(reply_of(reply, agent, engine_->epoch()));
      },
      caller.address);
}

void Server::sync(std::string agent, std::function<void(gateway::SyncReply)> done) {
  engine_->run(
      [this, agent = std::move(agent), done = std::move(done)](core::ContactCenter& center) {
        const auto print = [&](message::RequestKind kind) {
          message::Event event = center.read(agent, kind);
          event.sequence = center.sequence_of(agent);
          return message::print(event, engine_->epoch());
        };
        gateway::SyncReply reply;
        reply.app = print(message::RequestKind::app_state_sync);
        reply.agent = print(message::RequestKind::agent_state_sync);
        reply.call = print(message::RequestKind::call_state_sync);
        reply.sequence = center.sequence_of(agent);
        done(std::move(reply));
      });
}

void Server::rest(gateway::Caller caller, gateway::RestRequest request,
                  std::function<void(gateway::RestReply)> done) {
  if (request.resource == "preflight") {
    preflight(caller, request.body, std::move(done));
    return;
  }
  if (request.resource == "statistics") {
    statistics(caller, request, std::move(done));
    return;
  }
  if (request.resource == "preferences") {
    preferences(caller, std::move(done));
    return;
  }
  if (request.resource == "keep-preferences") {
    keep_preferences(caller, std::move(request.body), std::move(done));
    return;
  }
  if (is_csv(request)) {
    read_slowly(
        [this, caller = std::move(caller),
         request = std::move(request)](store::StoreReader& reader) {
          return stored_json(reader, caller, request, config_.reads.csv_transfers,
                             given_up_.get_token());
        },
        std::move(done));
    return;
  }
  const bool live = request.resource == "agents" || request.resource == "queues" ||
                    request.resource == "waiting" || request.resource == "quick-connects";
  const auto until = answered_until(config_.gateway.answer_seconds);
  auto task = [this, live, until, caller = std::move(caller), request = std::move(request),
               done = std::move(done)](core::ContactCenter& center) mutable {
    if (live) {
      gateway::RestReply reply;
      if (request.resource == "agents") reply.body = agents_json(center, caller);
      if (request.resource == "queues") reply.body = queues_json(center, caller);
      if (request.resource == "quick-connects")
        reply = quick_connects_json(center, caller, request, engine_->now_ms(),
                                    config_.telephony.at_amazon());
      if (request.resource == "waiting")
        reply = waiting_json(center, caller, request, config_.reads.waiting_listed);
      done(std::move(reply));
      return;
    }
    worker_->post([this, caller = std::move(caller), request = std::move(request),
                   done] { done(stored_json(*reader_, caller, request, 0)); },
                  until, [done] { done(too_late()); });
  };
  if (live) {
    engine_->run(std::move(task));
  } else {
    engine_->run_after_flush(std::move(task));
  }
}

void Server::preflight(const gateway::Caller& caller, const std::string& body,
                       std::function<void(gateway::RestReply)> done) {
  auto parsed = parse_preflight(caller, body);
  if (auto* answer = std::get_if<gateway::RestReply>(&parsed)) {
    done(std::move(*answer));
    return;
  }
  core::RequestInput& asked = std::get<core::RequestInput>(parsed);
  core::look_up_numbers(asked, [this](const std::string& number) { return numbers_.of(number); });
  engine_->run(
      [this, asked = std::move(asked), done = std::move(done)](core::ContactCenter& center) {
        done(preflight_json(center.preflight(asked, engine_->now_ms())));
      });
}

void Server::statistics(const gateway::Caller& caller, const gateway::RestRequest& request,
                        std::function<void(gateway::RestReply)> done) {
  auto parsed = parse_statistics(caller, request, engine_->now_ms());
  if (auto* refusal = std::get_if<gateway::RestReply>(&parsed)) {
    done(std::move(*refusal));
    return;
  }
  auto& query = std::get<store::StatisticsQuery>(parsed);
  query.most_rows = config_.reads.statistics_transfers;
  query.most_time = std::chrono::milliseconds(config_.reads.statistics_ms);
  query.stop = given_up_.get_token();
  read_slowly(
      [this, query](store::StoreReader& reader) {
        using TooMuch = store::TransferStatistics::TooMuch;
        const store::TransferStatistics found = reader.statistics(query);
        if (found.too_much == TooMuch::rows) ++read_stats_.too_many_transfers;
        if (found.too_much == TooMuch::time) ++read_stats_.too_long;
        return statistics_json(query, found);
      },
      std::move(done));
}

void Server::read_slowly(std::function<gateway::RestReply(store::StoreReader&)> read,
                         std::function<void(gateway::RestReply)> done) {
  if (slow_reads_.fetch_add(1) >= config_.reads.slow_reads) {
    --slow_reads_;
    ++read_stats_.too_many_reads;
    done(rest_error(503, message::Reason::backendUnavailable,
                    fmt::format("{} statistics and CSV downloads are being made or wait; try again "
                                "in a moment",
                                config_.reads.slow_reads)));
    return;
  }
  const auto until = answered_until(config_.gateway.slow_read_seconds);
  // Counted out before the answer, since who has it may ask again at once.
  auto answer = [this, done = std::move(done)](gateway::RestReply reply) {
    --slow_reads_;
    done(std::move(reply));
  };
  engine_->run_after_flush([this, until, read = std::move(read),
                            answer = std::move(answer)](core::ContactCenter&) mutable {
    statistics_worker_->post(
        [this, read = std::move(read), answer] { answer(read(*statistics_reader_)); }, until,
        [answer] { answer(too_late()); });
  });
}

void Server::preferences(const gateway::Caller& caller,
                         std::function<void(gateway::RestReply)> done) {
  worker_->post(
      [this, login = caller.login, done] {
        const std::optional<std::string> kept = reader_->preferences(login);
        if (!kept && !reader_->last_error().empty()) {
          done(rest_error(503, message::Reason::backendUnavailable, reader_->last_error()));
          return;
        }
        done({.status = 200, .body = kept.value_or("{}")});
      },
      answered_until(config_.gateway.answer_seconds), [done] { done(too_late()); });
}

void Server::keep_preferences(const gateway::Caller& caller, std::string body,
                              std::function<void(gateway::RestReply)> done) {
  if (const std::string fault = why_no_object(body); !fault.empty()) {
    done(rest_error(400, message::Reason::invalidMessage, fault));
    return;
  }
  // A commit by itself, between two of the journal's.
  engine_->run([this, login = caller.login, body = std::move(body),
                done = std::move(done)](core::ContactCenter&) {
    const store::Status kept = beside_journal([&] { return store_->put_preferences(login, body); });
    if (!kept) {
      done(rest_error(503, message::Reason::backendUnavailable, kept.error));
      return;
    }
    done({.status = 200, .body = body});
  });
}

void Server::queues(std::function<void(gateway::QueuesReply)> done) {
  engine_->run([this, done = std::move(done)](core::ContactCenter& center) {
    done({.queues = center.queues(), .at = engine_->now_ms()});
  });
}

std::int64_t Server::now_ms() const { return engine_->now_ms(); }

std::string Server::not_ready_reason() { return engine_->not_ready_reason(); }

std::string Server::epoch() { return engine_->epoch(); }

std::optional<message::ApiError> Server::bridge(const gateway::Caller& caller,
                                                gateway::SocketId socket,
                                                message::BridgeFrame frame) {
  if (!amazon_) return Backend::bridge(caller, socket, std::move(frame));
  std::string why = amazon_->frame(caller.login, socket, std::move(frame));
  if (why.empty()) return std::nullopt;
  message::ApiError error;
  error.reason = message::Reason::invalidMessage;
  error.msg = std::move(why);
  return error;
}

void Server::bridge_closed(gateway::SocketId socket) {
  if (amazon_) amazon_->closed(socket);
}

}  // namespace baton::app
