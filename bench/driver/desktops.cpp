#include "desktops.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace baton::bench {

namespace {

constexpr std::uint64_t kAlso = 1ULL << 63U;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string state_message(std::string_view label, std::string_view type) {
  return std::string(
             R"({"channel":"Amazon","topic":"Agent","subtopic":"UpdateState","source":"bench",)")
      .append(R"("data":{"label":")")
      .append(label)
      .append(R"(","code":")")
      .append(label)
      .append(R"(","type":")")
      .append(type)
      .append(R"("}})");
}

const std::string& available_message() {
  static const std::string text = state_message("Available", "routable");
  return text;
}

constexpr std::string_view kLogin =
    R"({"channel":"Amazon","topic":"Agent","subtopic":"Login","source":"bench"})";
constexpr std::string_view kAnswer =
    R"({"channel":"Amazon","topic":"InboundCall","subtopic":"Answer","source":"bench"})";
constexpr std::string_view kClear =
    R"({"channel":"Amazon","topic":"InboundCall","subtopic":"ClearContact","source":"bench"})";

}  // namespace

Desktops::~Desktops() {
  if (poller_ >= 0) ::close(poller_);
}

std::string Desktops::connect(const std::string& target, const std::string& token, bool watches) {
  if (poller_ < 0) poller_ = ::epoll_create1(EPOLL_CLOEXEC);
  Desktop desktop;
  desktop.watches = watches;
  if (auto error = desktop.socket.open(port_, target, token); !error.empty()) return error;
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = desktops_.size();
  ::epoll_ctl(poller_, EPOLL_CTL_ADD, desktop.socket.descriptor(), &interest);
  desktops_.push_back(std::move(desktop));
  return {};
}

std::string Desktops::add(const std::string& token) {
  auto error = connect("/v1/ws", token, false);
  if (error.empty()) desktops_.back().socket.send(kLogin);
  return error;
}

std::string Desktops::watch(const std::string& token) {
  return connect("/v1/ws?agents=*", token, true);
}

void Desktops::go_available() {
  for (Desktop& each : desktops_) {
    if (!each.watches && !each.available) each.socket.send(available_message());
  }
}

void Desktops::set_work(Work work) {
  work_ = work;
  for (std::size_t i = 0; i < desktops_.size(); ++i) {
    Desktop& each = desktops_[i];
    if (each.watches) continue;
    if (work == Work::states) change_state(each);
    if (work == Work::transfer && each.busy && !each.asked) transfer(i);
  }
}

void Desktops::dialled(std::string_view number, Clock::time_point when) {
  if (number.starts_with('+')) number.remove_prefix(1);
  std::uint64_t value = 0;
  std::from_chars(number.data(), number.data() + number.size(), value);
  const std::uint64_t index = value - number_base_;
  if (index >= desktops_.size()) return;
  Desktop& desktop = desktops_[index];
  if (!desktop.asked || desktop.invited) return;
  desktop.invited = true;
  figures_.invite_ms.push_back(ms_between(desktop.asked_at, when));
}

void Desktops::step(std::chrono::milliseconds patience) {
  std::array<epoll_event, 512> events{};
  ready_.clear();
  const int count = ::epoll_wait(poller_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(patience.count()));
  for (int i = 0; i < count; ++i) {
    const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
    if ((key & kAlso) != 0) {
      ready_.push_back(static_cast<int>(key & ~kAlso));
      continue;
    }
    desktops_[key].socket.receive([&](std::string_view text) { take(key, text); });
  }
}

void Desktops::also(int descriptor) {
  if (poller_ < 0) poller_ = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = kAlso | static_cast<std::uint64_t>(descriptor);
  ::epoll_ctl(poller_, EPOLL_CTL_ADD, descriptor, &interest);
}

bool Desktops::also_ready(int descriptor) const {
  return std::find(ready_.begin(), ready_.end(), descriptor) != ready_.end();
}

void Desktops::take(std::size_t index, std::string_view text) {
  ++figures_.events;
  Desktop& desktop = desktops_[index];
  if (desktop.watches) return;
  if (has(text, R"("subtopic":"InboundCallStateChange")")) {
    take_call(desktop, text);
  } else if (has(text, R"("subtopic":"SetAgentState")")) {
    take_state(index, text);
  } else if (has(text, R"("subtopic":"TransferStateChange")")) {
    if (has(text, R"("state":"connected")")) ++figures_.connected;
    for (const std::string_view other : {R"("state":"failed")", R"("state":"returned")",
                                         R"("state":"abandoned")", R"("state":"canceled")"}) {
      if (has(text, other)) ++figures_.other_outcomes;
    }
  } else if (has(text, R"("topic":"Error")")) {
    ++figures_.errors;
    if (figures_.first_error.empty()) figures_.first_error = text.substr(0, 400);
  } else if (has(text, R"("subtopic":"LoginSuccess")")) {
    desktop.signed_in = true;
  }
}

void Desktops::take_call(Desktop& desktop, std::string_view text) {
  // The agent's own leg tells the story; the customer's is told beside it.
  if (!has(text, R"("CallType":"agent")")) return;
  if (has(text, R"("event":"connecting")")) {
    if (work_ == Work::hold || work_ == Work::transfer) desktop.socket.send(kAnswer);
  } else if (has(text, R"("event":"ACW")")) {
    ++figures_.released;
    if (desktop.asked) figures_.acw_ms.push_back(ms_between(desktop.asked_at, Clock::now()));
    desktop.asked = desktop.busy = false;
    desktop.socket.send(kClear);
  }
}

void Desktops::take_state(std::size_t index, std::string_view text) {
  Desktop& desktop = desktops_[index];
  desktop.available = has(text, R"("event":"Available")");
  if (has(text, R"("event":"Busy")")) {
    if (!desktop.busy) ++figures_.answered;
    desktop.busy = true;
    if (work_ == Work::transfer && !desktop.asked) transfer(index);
  }
  if (work_ == Work::states) change_state(desktop);
}

void Desktops::transfer(std::size_t index) {
  Desktop& desktop = desktops_[index];
  desktop.asked = true;
  desktop.invited = false;
  ++figures_.transfers_asked;
  const std::string message =
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"bench","data":"+)" +
      std::to_string(number_base_ + index) + R"("})";
  desktop.asked_at = Clock::now();
  desktop.socket.send(message);
}

void Desktops::change_state(Desktop& desktop) {
  static const std::string kBreak = state_message("Break", "not_routable");
  static const std::string kLunch = state_message("Lunch", "not_routable");
  desktop.other_state = !desktop.other_state;
  desktop.socket.send(desktop.other_state ? kBreak : kLunch);
}

std::size_t Desktops::open_count() const {
  return static_cast<std::size_t>(
      std::count_if(desktops_.begin(), desktops_.end(),
                    [](const Desktop& each) { return each.socket.is_open(); }));
}

std::size_t Desktops::available_count() const {
  return static_cast<std::size_t>(std::count_if(
      desktops_.begin(), desktops_.end(), [](const Desktop& each) { return each.available; }));
}

std::size_t Desktops::talking_count() const {
  return static_cast<std::size_t>(std::count_if(desktops_.begin(), desktops_.end(),
                                                [](const Desktop& each) { return each.busy; }));
}

std::size_t Desktops::signed_in_count() const {
  return static_cast<std::size_t>(std::count_if(
      desktops_.begin(), desktops_.end(), [](const Desktop& each) { return each.signed_in; }));
}

}  // namespace baton::bench
