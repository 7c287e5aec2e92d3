#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <variant>

#include "app/commands.hpp"
#include "app/event_view.hpp"
#include "app/inbox.hpp"
#include "app/interrupt.hpp"
#include "app/quick_connects.hpp"
#include "app/request_id.hpp"
#include "app/session.hpp"
#include "app/web_client.hpp"
#include "directory/strict_json.hpp"
#include "message/text.hpp"

namespace baton::app {

namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr int kMessageTooBig = 1009;  ///< RFC 6455, section 7.4.1.

struct SendArguments {
  SessionArguments session;
  std::string agent;
  std::string topic = "InboundCall";
  std::string subtopic;
  std::string data;
  std::string transfer;
  std::string options;
  std::string contact_id;
  std::string id;
  std::string file;
  bool random_id = false;  ///< `id` was made here.
  bool wait = false;
  int timeout_seconds = 0;
};

/// A message that cannot be made of what was given.
struct BadMessage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

json::value parse_argument(std::string_view option, const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error) {
    throw BadMessage(fmt::format(
        "{} is not JSON ({}); a text needs its quotation marks, as in --data '\"+12082097345\"'",
        option, error.message()));
  }
  return value;
}

/// The message from the arguments.
std::string message_of(const SendArguments& arguments, const Session& session) {
  json::object message;
  message["channel"] = "Amazon";
  message["topic"] = arguments.topic;
  message["subtopic"] = arguments.transfer.empty() ? arguments.subtopic : "BlindTransfer";
  message["source"] = "baton send";
  if (!arguments.transfer.empty()) {
    message["data"] = arguments.transfer.starts_with('+')
                          ? json::value(arguments.transfer)
                          : find_quick_connect(session, arguments.agent, arguments.transfer);
  } else if (!arguments.data.empty()) {
    message["data"] = parse_argument("--data", arguments.data);
  }
  if (!arguments.options.empty())
    message["options"] = parse_argument("--options", arguments.options);
  if (!arguments.contact_id.empty()) message["contactId"] = arguments.contact_id;
  if (!arguments.agent.empty()) message["agent"] = arguments.agent;
  message["id"] = arguments.id;
  return json::serialize(message);
}

/// The text of a file, or of standard input for "-".
std::string read_input(const std::string& file) {
  if (file.empty() || file == "-") {
    return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  }
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file)) {
    throw BadMessage(fmt::format("{} cannot be read; does it exist, and may you read it?", file));
  }
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The text of an envelope's member, whose key is matched as the server does (docs/message-api.md,
/// "Envelopes"). One that is null is removed: nothing.
std::optional<std::string> take_text(json::object& message, std::string_view key) {
  std::optional<std::string> found;
  for (auto each = message.begin(); each != message.end();) {
    const std::string_view name(each->key().data(), each->key().size());
    if (!message::text::equals_folded(message::text::trim(name), key)) {
      ++each;
    } else if (each->value().is_null()) {
      each = message.erase(each);
    } else if (!each->value().is_string() || found) {
      throw BadMessage(fmt::format("{} is {}; a text is expected, once", key,
                                   found ? "there twice" : json::serialize(each->value())));
    } else {
      found = std::string(each->value().get_string());
      ++each;
    }
  }
  return found;
}

/// The message from a file, word for word, with `agent` and `id` put in front where it has none.
std::string message_of_input(SendArguments& arguments) {
  const std::string text = read_input(arguments.file);
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) {
    throw BadMessage(fmt::format(
        "standard input is not one JSON object{}; expected a message such as "
        "{{\"channel\":\"Amazon\",\"topic\":\"App\",\"subtopic\":\"StateSync\",\"source\":\"me\"}}",
        error ? fmt::format(" ({})", error.message()) : ""));
  }
  // Of a key that is there twice the parser kept the last one, and the server's refusal names the
  // first: with two ids nothing would tell that it is ours.
  const auto strict = directory::parse_strict_json(text, 1);
  if (const auto* faults = std::get_if<directory::Faults>(&strict)) {
    const directory::Fault& first = faults->front();
    throw BadMessage(
        fmt::format("{}: {}", first.place.empty() ? "the message" : first.place, first.msg));
  }
  json::object rest = *object;
  const std::optional<std::string> id = take_text(rest, "id");
  const std::optional<std::string> agent = take_text(rest, "agent");
  // What is there with null is as good as absent, but would be there twice beside ours.
  const bool whole = rest.size() == object->size();
  std::string added;
  if (id) {
    arguments.id = *id;
    arguments.random_id = false;
  } else {
    added += fmt::format("\"id\":{},", json::serialize(json::value(arguments.id)));
  }
  if (agent) {
    arguments.agent = *agent;
  } else if (!arguments.agent.empty()) {
    added += fmt::format("\"agent\":{},", json::serialize(json::value(arguments.agent)));
  }
  if (rest.empty() && !added.empty()) added.pop_back();
  std::string message = whole ? text : json::serialize(rest);
  message.insert(message.find('{') + 1, added);
  return message;
}

/// A longer id is refused without it, so that nothing would tell that the refusal is ours.
void check_id(const std::string& id) {
  constexpr std::size_t kMaxBytes = 128;  // docs/message-api.md, "Envelopes".
  if (id.size() <= kMaxBytes) return;
  throw BadMessage(
      fmt::format("id is {} bytes long; give one of at most {}, or none for a random one",
                  id.size(), kMaxBytes));
}

/// What tells that a request came to its good end (docs/message-api.md, "Requests").
enum class Outcome {
  accepted,     ///< That it was accepted: what it asks for is done then, or no event tells of it.
  transfer,     ///< TransferStateChange.
  held,         ///< The customer's call event "hold".
  connected,    ///< The customer's call event "connected".
  resumed,      ///< The same, of a customer who is there: nobody's telephone rings.
  agent_state,  ///< SetAgentState.
};

Outcome outcome_of(const std::string& message) {
  struct Row {
    std::string_view subtopic;
    Outcome outcome;
  };
  constexpr std::array<Row, 7> kRows{{{"BlindTransfer", Outcome::transfer},
                                      {"Answer", Outcome::connected},
                                      {"SetMakeCall", Outcome::connected},
                                      {"Resume", Outcome::resumed},
                                      {"Hold", Outcome::held},
                                      {"Mute", Outcome::agent_state},
                                      {"Unmute", Outcome::agent_state}}};
  json::object envelope = json::parse(message).as_object();
  const std::optional<std::string> subtopic = take_text(envelope, "subtopic");
  if (!subtopic) return Outcome::accepted;
  const std::string_view name = message::text::trim(*subtopic);
  const auto* const found = std::ranges::find_if(
      kRows, [&](const Row& row) { return message::text::equals_folded(name, row.subtopic); });
  return found == kRows.end() ? Outcome::accepted : found->outcome;
}

/// How long --wait waits unless --timeout says how long, in seconds.
int longest_wait(Outcome outcome) {
  switch (outcome) {
    case Outcome::held:
    case Outcome::resumed:
    case Outcome::agent_state:
      // A re-INVITE, which is given up after 32 s (RFC 3261, timer B); a join takes no longer.
      return 60;
    case Outcome::accepted:
    case Outcome::transfer:
    case Outcome::connected:
      break;  // Somebody's telephone rings.
  }
  return 900;
}

/// A transfer's last event that told of success; `completed` follows `connected`.
bool is_good(const EventView& event) {
  return event.state == "connected" || event.state == "completed";
}

/// Judges the events that a request causes.
class Verdict {
 public:
  /// `outcome`: what tells of the request's.
  Verdict(std::string id, bool wait, Outcome outcome)
      : id_(std::move(id)), wait_(wait), awaited_(outcome) {}

  /// A read that is sent after the request: its reply tells that the request was answered, for
  /// those that cause no event when all is well (SendDTMF).
  [[nodiscard]] std::string fence() const {
    json::object message{{"channel", "Amazon"},
                         {"topic", "App"},
                         {"subtopic", "StateSync"},
                         {"source", "baton send"}};
    message["id"] = fence_;
    return json::serialize(message);
  }

  [[nodiscard]] bool is_fence(const EventView& event) const { return event.id == fence_; }
  [[nodiscard]] bool is_ours(const EventView& event) const {
    return event.id == id_ || (!transfer_.empty() && event.transfer_id == transfer_);
  }

  /// The exit code, once it is certain.
  [[nodiscard]] std::optional<int> judge(const EventView& event) {
    if (is_fence(event)) {
      // The request's own error would have come first. A transfer tells of itself.
      if (event.is_error()) {
        return asks_transfer() || awaits_event() ? std::nullopt : std::optional<int>(kTimedOut);
      }
      // The request is answered; what it caused so far has come.
      if (awaits_event()) return std::nullopt;
      return transfer_.empty() || !wait_ ? std::optional<int>(kOk) : std::nullopt;
    }
    if (!is_ours(event)) return std::nullopt;
    told_ = true;
    if (!event.transfer_id.empty()) transfer_ = event.transfer_id;
    if (event.is_error()) {
      error_seen_ = true;
      // Without an accepted transfer there is nothing more to come.
      if (event.transfer_id.empty()) return kFailed;
      if (!wait_) return kFailed;
    }
    if (awaits_event()) return judge_event(event);
    if (!event.is_transfer()) return outcome_ && error_seen_ ? outcome_ : std::nullopt;
    if (!wait_) return event.is_outcome() && !is_good(event) ? kOtherOutcome : kOk;
    if (is_good(event)) return kOk;
    if (!event.is_outcome()) return std::nullopt;
    outcome_ = kOtherOutcome;
    // The error that says why comes beside these two.
    const bool error_follows = event.state == "failed" || event.state == "returned";
    return error_follows && !error_seen_ ? std::nullopt : outcome_;
  }

  /// The outcome of a transfer that an earlier request with the same id had asked for: its last
  /// event, again, without a place among the events. No error follows.
  [[nodiscard]] bool is_outcome_before(const EventView& event) const {
    return is_ours(event) && event.is_transfer() && event.is_outcome() && !event.sequence;
  }
  /// With --wait: a transfer was accepted, and no event told of it, since the request repeats one
  /// that ended so long ago that its last event is not kept.
  [[nodiscard]] bool transfer_unknown(const EventView& event) const {
    return wait_ && asks_transfer() && is_fence(event) && !event.is_error() && transfer_.empty();
  }
  /// With --wait: an event of its own tells of the request's outcome.
  [[nodiscard]] bool awaits_event() const {
    return wait_ && awaited_ != Outcome::transfer && awaited_ != Outcome::accepted;
  }
  /// With --wait: another request was accepted, and no event told of it yet. One that repeats an
  /// earlier one is told nothing at all.
  [[nodiscard]] bool event_unknown(const EventView& event) const {
    return awaits_event() && is_fence(event) && !event.is_error() && !told_;
  }
  /// Waits for the outcome of that one.
  void follow(std::string transfer) { transfer_ = std::move(transfer); }

  /// The exit code when nothing more came.
  [[nodiscard]] int at_timeout() const { return outcome_.value_or(kTimedOut); }
  [[nodiscard]] bool outcome_known() const { return outcome_.has_value(); }

 private:
  [[nodiscard]] bool asks_transfer() const { return awaited_ == Outcome::transfer; }
  /// The exit code by an event that the request caused, and that is no error.
  [[nodiscard]] std::optional<int> judge_event(const EventView& event) const {
    if (awaited_ == Outcome::agent_state) {
      return event.subtopic == "SetAgentState" ? std::optional<int>(kOk) : std::nullopt;
    }
    constexpr std::array<std::string_view, 4> kOver{"missed", "Rejected", "ACW", "Dropped"};
    if (std::ranges::find(kOver, event.call_event) != kOver.end()) return kOtherOutcome;
    // The agent's own leg may be up while the one whom he calls still rings.
    if (event.call_type == "agent") return std::nullopt;
    const bool reached = event.call_event == (awaited_ == Outcome::held ? "hold" : "connected");
    return reached ? std::optional<int>(kOk) : std::nullopt;
  }

  std::string id_;
  /// Not made of `id_`, which may be as long as an id can be.
  std::string fence_ = make_request_id();
  bool wait_;
  Outcome awaited_;
  bool told_ = false;  ///< An event of the request has come.
  std::string transfer_;
  bool error_seen_ = false;
  std::optional<int> outcome_;
};

/// Says what became of a transfer that was asked for before, and gives the exit code.
int told_before(const std::string& transfer, const EventView& last) {
  std::cerr << fmt::format("baton: the request was carried out before; transfer {} is {}\n",
                           transfer, last.state);
  return is_good(last) ? kOk : kOtherOutcome;
}

/// A member of a reply's object that is a text, else empty.
std::string text_in(const HttpReply& reply, std::string_view key) {
  boost::system::error_code error;
  const json::value parsed = json::parse(reply.body, error);
  const json::object* object = error ? nullptr : parsed.if_object();
  const json::value* value =
      object == nullptr ? nullptr : object->if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

/// Asks for the transfer of a request that was accepted before, and for its record: the exit code,
/// or nothing where it still runs and `verdict` follows it now.
std::optional<int> outcome_before(const Session& session, const std::string& message,
                                  Verdict& verdict) {
  constexpr std::chrono::seconds kTime{10};
  // The same id again does nothing again, and over HTTP it is told which transfer it was.
  const HttpReply again =
      http_request(session.url, "POST", "/v1/messages", session.token, message, kTime);
  const std::string transfer = text_in(again, "transferId");
  const HttpReply record =
      again.status == 202
          ? http_request(session.url, "GET", "/v1/transfers/" + transfer, session.token, {}, kTime)
          : again;
  if (record.status != 200) {
    std::cerr << "baton: what became of the transfer cannot be read: " << record.body << '\n';
    return record.status == 0 ? kUnreachable : kFailed;
  }
  EventView last;
  last.subtopic = "TransferStateChange";
  last.state = text_in(record, "state");
  if (!last.is_outcome()) {
    verdict.follow(transfer);
    return std::nullopt;
  }
  return told_before(transfer, last);
}

/// Where the events begin that a request caused which was accepted before: what its first answer
/// counted (`sequence`). Or the exit code.
std::variant<std::uint64_t, int> accepted_at(const Session& session, const std::string& message) {
  constexpr std::chrono::seconds kTime{10};
  // The same id again does nothing again, and over HTTP its first answer is told.
  const HttpReply again =
      http_request(session.url, "POST", "/v1/messages", session.token, message, kTime);
  boost::system::error_code error;
  const json::value parsed = json::parse(again.body, error);
  const json::object* object = error ? nullptr : parsed.if_object();
  const json::value* sequence =
      object == nullptr || again.status != 202 ? nullptr : object->if_contains("sequence");
  if (sequence != nullptr && sequence->is_int64() && sequence->get_int64() >= 0)
    return static_cast<std::uint64_t>(sequence->get_int64());
  std::cerr << "baton: what became of the request cannot be read: " << again.body << '\n';
  return again.status == 0 ? kUnreachable : kFailed;
}

/// One of the states that a socket is told which does not get what it missed.
bool is_sync(const EventView& event) { return event.subtopic == "StateSync" && event.sequence; }

int publish(const SendArguments& arguments, const Session& session, const std::string& message) {
  struct Interrupted {};
  Inbox<std::variant<SocketEvent, Interrupted>> inbox;
  const Interrupt interrupt([&inbox](int) { inbox.put(Interrupted{}); });
  const Outcome outcome = outcome_of(message);
  Verdict verdict(arguments.id, arguments.wait, outcome);
  const std::string query = arguments.agent.empty() ? "" : "agents=" + url_encode(arguments.agent);
  const auto connect = [&](const std::string& place) {
    return std::make_unique<WebSocketClient>(
        session.url, session.token, query + (query.empty() || place.empty() ? "" : "&") + place,
        [&inbox](SocketEvent event) { inbox.put(std::move(event)); });
  };
  // Where it may be one that was accepted before, the states come first, and with them the place
  // from which on `socket` misses nothing.
  const bool may_repeat = verdict.awaits_event() && !arguments.random_id;
  auto socket = connect(may_repeat ? "epoch=none&after=0" : "");
  std::optional<std::uint64_t> misses_none_from;
  socket->send(message);
  socket->send(verdict.fence());
  bool follows_earlier = false;     // `socket` is the second one, and tells what was before.
  std::uint64_t last_sequence = 0;  // What both have told is printed once.

  const int seconds = arguments.timeout_seconds > 0 ? arguments.timeout_seconds
                      : arguments.wait              ? longest_wait(outcome)
                                                    : 10;
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  while (true) {
    // With the outcome known only the error that explains it may still come, in the same breath.
    const auto until = verdict.outcome_known()
                           ? std::min(deadline, Clock::now() + std::chrono::seconds(2))
                           : deadline;
    const auto item = inbox.take(until);
    if (!item) {
      const int code = verdict.at_timeout();
      if (code == kTimedOut)
        std::cerr << "baton: nothing decisive came within " << seconds << " s.\n";
      return code;
    }
    if (std::holds_alternative<Interrupted>(*item)) return kInterrupted;
    const auto& event = std::get<SocketEvent>(*item);
    if (event.kind == SocketEvent::Kind::closed) {
      if (event.code == kMessageTooBig) {
        std::cerr << fmt::format(
            "baton: the message has {} bytes, which is more than http.max_frame_bytes of the "
            "server: send a shorter one, or raise that\n",
            message.size());
        return kFailed;
      }
      std::cerr << "baton: " << event.text << '\n';
      return kUnreachable;
    }
    if (event.kind != SocketEvent::Kind::message) continue;
    const auto view = read_event(event.text);
    if (!view) continue;
    if (view->sequence && verdict.is_ours(*view)) {
      if (*view->sequence <= last_sequence) continue;
      last_sequence = *view->sequence;
    }
    if (verdict.is_ours(*view) && (view->is_error() || !verdict.is_fence(*view))) {
      std::cout << event.text << std::endl;
    }
    if (verdict.is_outcome_before(*view)) return told_before(view->transfer_id, *view);
    if (verdict.transfer_unknown(*view)) {
      if (const auto code = outcome_before(session, message, verdict)) return *code;
      continue;
    }
    if (may_repeat && !misses_none_from && is_sync(*view)) misses_none_from = view->sequence;
    if (may_repeat && verdict.event_unknown(*view)) {
      const auto place = accepted_at(session, message);
      if (const int* code = std::get_if<int>(&place)) return *code;
      if (std::get<std::uint64_t>(place) >= misses_none_from.value_or(0)) continue;
      follows_earlier = true;
      socket.reset();
      socket = connect(fmt::format("epoch={}&after={}", url_encode(view->epoch),
                                   std::get<std::uint64_t>(place)));
      continue;
    }
    if (follows_earlier && is_sync(*view)) {
      // The events from there on would have come instead.
      std::cerr << "baton: the request was accepted before, and its events are not kept any more; "
                   "watch tells how the agent and his call are now\n";
      return kTimedOut;
    }
    const auto code = verdict.judge(*view);
    if (code == kTimedOut)
      std::cerr << "baton: what became of the request cannot be told: " << view->summary << '\n';
    if (code) return *code;
  }
}

int send(SendArguments& arguments) {
  const auto session = open_session(arguments.session, 1);
  if (!session) return kUsage;
  arguments.random_id = arguments.id.empty();
  if (arguments.random_id) arguments.id = make_request_id();
  try {
    const bool from_input = arguments.subtopic.empty() && arguments.transfer.empty();
    const std::string message =
        from_input ? message_of_input(arguments) : message_of(arguments, *session);
    check_id(arguments.id);
    return publish(arguments, *session, message);
  } catch (const BadMessage& error) {
    std::cerr << "baton: " << error.what() << '\n';
    return kUsage;
  } catch (const QuickConnectError& error) {
    std::cerr << "baton: " << error.what() << '\n';
    return error.kept_out() ? kUnreachable : kFailed;
  }
}

}  // namespace

void add_send(CLI::App& program, int& exit_code) {
  auto* command =
      program.add_subcommand("send", "Publish a message, and print the events that it causes");
  auto arguments = std::make_shared<SendArguments>();
  add_session_options(*command, arguments->session);
  command->add_option("-a,--agent", arguments->agent, "The agent for whom the message acts");
  auto* transfer = command->add_option(
      "--transfer", arguments->transfer,
      "Blind transfer of the agent's call to a number (+12082097345) or to a quick\n"
      "connect by its name");
  command->add_option("--topic", arguments->topic, "App, Agent or InboundCall")
      ->capture_default_str();
  auto* subtopic = command->add_option("--subtopic", arguments->subtopic,
                                       "Which request, as in BlindTransfer or Answer");
  auto* data = command->add_option("--data", arguments->data, "The request's data, as JSON");
  auto* file = command->add_option("FILE", arguments->file,
                                   "A file with the whole message; -: standard input");
  transfer->excludes(subtopic)->excludes(data)->excludes(file);
  subtopic->excludes(file);
  command->add_option(
      "--options", arguments->options,
      "Options of a transfer, as JSON: '{\"ringTimeoutSeconds\":30,\"onFailure\":[\"return\"]}'");
  command->add_option("--contact", arguments->contact_id,
                      "Which of the agent's calls, where there are several");
  command->add_option("--id", arguments->id,
                      "The request's id: the same id again does nothing again; else a random one");
  command->add_flag(
      "-w,--wait", arguments->wait,
      "Wait for the outcome: a transfer's, or what Answer, Hold, Mute, ... bring about");
  command
      ->add_option("--timeout", arguments->timeout_seconds,
                   "How many seconds to wait for an answer; with --wait 900 (Hold, Resume,\n"
                   "Mute, Unmute: 60), else 10")
      ->check(CLI::Range(1, 86400));
  command->footer(
      R"(Without --transfer and --subtopic the message is read from FILE or standard input. Each event
that the message causes is printed on a line of its own, as JSON.
With --wait 0 means done: BlindTransfer, Answer, SetMakeCall and Resume when the customer is
connected, Hold when he is on hold, Mute and Unmute when the agent is; everything else when it is
accepted. Of SendDTMF no event tells, so that 0 means that the digits were taken, not that they
were sent.
Exit codes: 0 accepted, with --wait done; 1 refused or failed; 2 wrong arguments; 3 the transfer
ended otherwise (returned, canceled, failed, abandoned), or the call that was answered or made
ended first; 4 the server cannot be reached or does not let us in; 5 no answer in time; 130
interrupted.
Examples:
  baton send --config examples/baton.toml --agent agent1 --transfer +12082097345 --wait
  baton send --config examples/baton.toml --agent agent1 --transfer Sasi_Chime
  baton send --config examples/baton.toml --agent agent1 --subtopic Hold
  baton send --config examples/baton.toml --agent agent1 < message.json)");
  command->callback([arguments, &exit_code] { exit_code = send(*arguments); });
}

}  // namespace baton::app
