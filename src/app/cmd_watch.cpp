#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "app/commands.hpp"
#include "app/event_view.hpp"
#include "app/inbox.hpp"
#include "app/interrupt.hpp"
#include "app/palette.hpp"
#include "app/session.hpp"
#include "app/web_client.hpp"

namespace baton::app {

namespace {

using Clock = std::chrono::steady_clock;

struct WatchArguments {
  SessionArguments session;
  std::string agent;
  bool json = false;
};

struct Interrupted {};
using WatchInbox = Inbox<std::variant<SocketEvent, Interrupted>>;

std::string local_time() {
  const auto now = std::chrono::system_clock::now();
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%H:%M:%S}.{:03}", fmt::localtime(std::chrono::system_clock::to_time_t(now)),
                     millis);
}

/// Follows one agent over as many connections as it takes.
class Watcher {
 public:
  Watcher(const WatchArguments& arguments, const Session& session)
      : arguments_(arguments),
        session_(session),
        palette_(isatty(STDOUT_FILENO) != 0),
        note_palette_(isatty(STDERR_FILENO) != 0) {}

  int run() {
    const Interrupt interrupt([this](int) { inbox_.put(Interrupted{}); });
    auto pause = kFirstPause;
    while (true) {
      const WebSocketClient socket(session_.url, session_.token, query(),
                                   [this](SocketEvent event) { inbox_.put(std::move(event)); });
      was_open_ = false;
      if (const auto code = follow()) return *code;
      pause = was_open_ ? kFirstPause : std::min(pause * 2, kLongestPause);
      // Nothing but Ctrl-C can arrive now; waiting for it is the pause.
      if (inbox_.take(Clock::now() + pause)) return kInterrupted;
    }
  }

 private:
  static constexpr std::chrono::milliseconds kFirstPause{250};
  static constexpr std::chrono::milliseconds kLongestPause{5000};
  static constexpr int kTooManyRequests = 429;  ///< RFC 6585, section 4.

  /// Where we stand, so that nothing is missed and nothing comes twice. An epoch that is nobody's
  /// asks for the state as it is now, first.
  [[nodiscard]] std::string query() const {
    return fmt::format("agents={}&epoch={}&after={}", url_encode(arguments_.agent),
                       epoch_.empty() ? "none" : url_encode(epoch_), after_);
  }

  /// Until the connection ends; a code when that is the end of it all.
  std::optional<int> follow() {
    while (true) {
      const auto item = inbox_.take(Clock::time_point::max());
      if (!item || std::holds_alternative<Interrupted>(*item)) return kInterrupted;
      const auto& event = std::get<SocketEvent>(*item);
      switch (event.kind) {
        case SocketEvent::Kind::open:
          was_open_ = true;
          note(fmt::format("following {} at {}", arguments_.agent, session_.url.authority()));
          break;
        case SocketEvent::Kind::message:
          show(event.text);
          break;
        case SocketEvent::Kind::closed:
          note(event.text.empty() ? "the connection ended" : event.text);
          // A refusal stays one, and so does a token that ran out; but for "too many requests",
          // which is over in a moment.
          if ((event.code >= 400 && event.code < 500 && event.code != kTooManyRequests) ||
              event.code == 4401) {
            return kUnreachable;
          }
          note("connecting again");
          return std::nullopt;
      }
    }
  }

  void show(const std::string& text) {
    const auto view = read_event(text);
    if (view && view->sequence) {
      epoch_ = view->epoch;
      after_ = *view->sequence;
    }
    if (arguments_.json) {
      std::cout << text << std::endl;
      return;
    }
    if (!view) return;
    const std::string custody =
        view->custody.empty() ? "" : fmt::format("   customer: {}", view->custody);
    std::cout << palette_.dim(local_time()) << "  "
              << (view->is_error()      ? palette_.bad(view->summary)
                  : view->is_transfer() ? palette_.strong(view->summary)
                                        : view->summary)
              << palette_.dim(custody) << std::endl;
  }

  /// For people; in the JSON form only lines of the server go to standard output.
  void note(const std::string& text) const {
    std::cerr << note_palette_.dim(fmt::format("-- {}", text)) << std::endl;
  }

  const WatchArguments& arguments_;
  const Session& session_;
  Palette palette_;
  Palette note_palette_;  ///< Either of the two may go to a file.
  WatchInbox inbox_;
  std::string epoch_;
  std::uint64_t after_ = 0;
  bool was_open_ = false;
};

}  // namespace

void add_watch(CLI::App& program, int& exit_code) {
  auto* command = program.add_subcommand("watch", "Follow an agent's events until Ctrl-C");
  auto arguments = std::make_shared<WatchArguments>();
  add_session_options(*command, arguments->session);
  command->add_option("-a,--agent", arguments->agent, "The agent's login")->required();
  command->add_flag("--json", arguments->json,
                    "Print each event as the server sent it, one JSON object a line");
  command->footer(
      R"(When the server goes away, it is tried again until it is back, and what was missed follows.
Exit codes: 2 wrong arguments; 4 the server does not let us in; 130 after Ctrl-C.
Examples:
  baton watch --config examples/baton.toml --agent agent1
  baton watch --config examples/baton.toml --agent agent1 --json | jq .message.state)");
  command->callback([arguments, &exit_code] {
    const auto session = open_session(arguments->session, 24 * 7);
    exit_code = session ? Watcher(*arguments, *session).run() : kUsage;
  });
}

}  // namespace baton::app
