#include "app/demo_desktops.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::app {

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void DemoDesktops::connect(const std::string& login, std::string_view token) {
  sockets_[login] = std::make_unique<WebSocketClient>(
      url_, token, "",
      [this, login](SocketEvent event) { inbox_.put({login, std::move(event), now_us()}); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::ranges::find(open_, login) == open_.end()) {
    if (!take(deadline))
      throw DemoFailure(
          fmt::format("{}'s desktop could not connect to {}", login, url_.authority()));
  }
}

void DemoDesktops::publish(const std::string& login, std::string_view message) {
  sockets_.at(login)->send(std::string(message));
}

void DemoDesktops::request(const std::string& login, std::string_view topic,
                           std::string_view subtopic, std::string_view data) {
  publish(login,
          fmt::format(
              R"({{"channel":"Amazon","topic":"{}","subtopic":"{}","source":"baton demo"{}{}}})",
              topic, subtopic, data.empty() ? "" : ",\"data\":", data));
}

const SeenEvent& DemoDesktops::wait_for(std::size_t mark, const Match& match,
                                        const std::string& what, int seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (std::size_t next = mark;;) {
    for (; next < seen_.size(); ++next) {
      if (match(seen_[next])) return seen_[next];
    }
    if (take(deadline)) continue;
    std::string last = "none";
    if (!seen_.empty())
      last = fmt::format("{}: {}", seen_.back().desktop, seen_.back().event.summary);
    throw DemoFailure(
        fmt::format("{} did not come within {} s; the last event: {}", what, seconds, last));
  }
}

void DemoDesktops::listen_for(std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (take(deadline)) {
  }
}

bool DemoDesktops::take(std::chrono::steady_clock::time_point deadline) {
  auto arrived = inbox_.take(deadline);
  if (!arrived) return false;
  if (arrived->desktop.empty()) throw DemoInterrupted{};
  switch (arrived->event.kind) {
    case SocketEvent::Kind::open:
      open_.push_back(arrived->desktop);
      break;
    case SocketEvent::Kind::message:
      if (auto event = read_event(arrived->event.text)) {
        seen_.push_back({arrived->at_us, arrived->desktop, std::move(*event)});
      }
      break;
    case SocketEvent::Kind::closed:
      throw DemoFailure(
          fmt::format("{}'s desktop lost the server: {}", arrived->desktop, arrived->event.text));
  }
  return true;
}

}  // namespace baton::app
