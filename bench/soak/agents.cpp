#include "agents.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace baton::bench {

namespace {

// A desktop's socket breaks off that often, in seconds; a server that was killed breaks all off.
constexpr double kBreakEvery = 60;
constexpr double kLookEvery = 0.5;
// An agent for whom nothing happened for so long looks again at what is to be done: what he asked
// for may have died with the server.
constexpr auto kPatience = std::chrono::seconds(4);
constexpr std::size_t kOpenAtOnce = 25;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The value of `"name":"..."`; empty: none.
std::string_view text_at(std::string_view json, std::string_view name, std::size_t from = 0) {
  const std::string wanted = "\"" + std::string(name) + "\":\"";
  const std::size_t at = json.find(wanted, from);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + wanted.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

std::uint64_t number_at(std::string_view json, std::string_view name) {
  const std::string wanted = "\"" + std::string(name) + "\":";
  const std::size_t at = json.find(wanted);
  std::uint64_t value = 0;
  if (at == std::string_view::npos) return value;
  std::from_chars(json.data() + at + wanted.size(), json.data() + json.size(), value);
  return value;
}

bool is_outcome(std::string_view state) {
  constexpr std::array<std::string_view, 6> kOutcomes{"connected", "returned",  "canceled",
                                                      "failed",    "abandoned", "handedOver"};
  return std::find(kOutcomes.begin(), kOutcomes.end(), state) != kOutcomes.end();
}

}  // namespace

Agents::Agents(Timers& timers, Ledger& ledger, std::mt19937_64& chance, std::uint16_t http_port,
               std::vector<Destination> destinations, Hooks hooks)
    : timers_(timers),
      ledger_(ledger),
      chance_(chance),
      port_(http_port),
      destinations_(kKindNames.size()),
      hooks_(std::move(hooks)),
      poller_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (Destination& each : destinations) {
    destinations_[static_cast<std::size_t>(each.kind)].push_back(std::move(each));
  }
}

Agents::~Agents() {
  if (poller_ >= 0) ::close(poller_);
}

double Agents::between(double least, double most) {
  return std::uniform_real_distribution<double>(least, most)(chance_);
}

void Agents::add(const std::string& login, const std::string& token) {
  Desktop desktop;
  desktop.login = login;
  desktop.token = token;
  by_login_.emplace(login, desktops_.size());
  desktops_.push_back(std::move(desktop));
}

void Agents::start() { look_around(); }

void Agents::look_around() {
  std::size_t opened = 0;
  for (std::size_t i = 0; i < desktops_.size(); ++i) {
    Desktop& desktop = desktops_[i];
    if (desktop.socket && !desktop.socket->is_open()) lost(i);
    if (!desktop.socket && Clock::now() >= desktop.busy_until && Clock::now() >= away_until_ &&
        opened < kOpenAtOnce) {
      open(i);
      ++opened;
    }
    if (!desktop.socket) continue;
    if (!calm_ && desktop.opened_before && between(0, kBreakEvery) < kLookEvery) {
      desktop.socket.reset();
      desktop.busy_until =
          Clock::now() + std::chrono::milliseconds(static_cast<int>(between(100, 3000)));
      continue;
    }
    if (Clock::now() >= desktop.busy_until) nudge(i);
  }
  timers_.after(opened == kOpenAtOnce ? 0.01 : kLookEvery, [this] { look_around(); });
}

void Agents::lost(std::size_t index) {
  desktops_[index].socket.reset();
  desktops_[index].busy_until =
      Clock::now() + std::chrono::milliseconds(static_cast<int>(between(20, 500)));
}

void Agents::open(std::size_t index) {
  Desktop& desktop = desktops_[index];
  std::string target = "/v1/ws";
  if (!desktop.epoch.empty()) {
    target += "?epoch=" + desktop.epoch + "&after=" + std::to_string(desktop.sequence);
  }
  auto socket = std::make_unique<WebSocket>();
  if (!socket->open(port_, target, desktop.token).empty()) {
    away_until_ = Clock::now() + std::chrono::milliseconds(200);
    return;
  }
  desktop.socket = std::move(socket);
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = index;
  ::epoll_ctl(poller_, EPOLL_CTL_ADD, desktop.socket->descriptor(), &interest);
  desktop.busy_until = Clock::now() + kPatience;
  if (!desktop.opened_before) {
    desktop.opened_before = true;
    nudge(index);
    return;
  }
  ++figures_.reconnects;
  if (desktop.running.empty()) return;
  Request& request = ledger_.requests[desktop.running];
  if (request.transfer.empty() && !request.refused) {
    ++request.sent;
    ++figures_.sent_again;
    desktop.socket->send(desktop.running_text);
  }
}

void Agents::receive() {
  std::array<epoll_event, 512> events{};
  const int count = ::epoll_wait(poller_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
    Desktop& desktop = desktops_[index];
    if (!desktop.socket) continue;
    desktop.socket->receive([&](std::string_view text) { take(index, text); });
    if (!desktop.socket->is_open()) lost(index);
  }
}

// ---- What the desktop is told ----

void Agents::fault(std::string text) {
  if (figures_.first_fault.empty()) figures_.first_fault = std::move(text);
}

void Agents::take(std::size_t index, std::string_view text) {
  ++figures_.events;
  Desktop& desktop = desktops_[index];
  // The envelope's own keys stand at the end, after whatever the content has.
  const std::size_t at = text.rfind(R"("epoch":")");
  const std::string_view tail = at == std::string_view::npos ? std::string_view{} : text.substr(at);
  check_sequence(desktop, text, tail);
  if (has(text, R"("subtopic":"InboundCallStateChange")")) {
    take_call(index, text);
  } else if (has(text, R"("subtopic":"SetAgentState")")) {
    take_state(index, text);
  } else if (has(text, R"("subtopic":"TransferStateChange")")) {
    take_transfer(index, text, tail);
  } else if (has(text, R"("topic":"Error")")) {
    take_error(desktop, text, tail);
  }
}

void Agents::check_sequence(Desktop& desktop, std::string_view text, std::string_view tail) {
  if (const auto epoch = text_at(tail, "epoch"); !epoch.empty() && epoch != desktop.epoch) {
    if (!desktop.epoch.empty()) {
      ++figures_.gaps;
      fault(desktop.login + ": the epoch changed");
    }
    desktop.epoch = epoch;
  }
  if (!has(tail, R"("sequence":)")) return;
  const std::uint64_t sequence = number_at(tail, "sequence");
  if (has(text, R"("subtopic":"StateSync")")) {
    // The first connection gets them; a later one only where what it missed is no longer kept.
    if (sequence != desktop.sequence && desktop.sequence != 0) ++figures_.resyncs;
    desktop.sequence = sequence;
    return;
  }
  if (desktop.sequence != 0 && sequence != desktop.sequence + 1) {
    ++figures_.gaps;
    fault(desktop.login + ": sequence " + std::to_string(sequence) + " after " +
          std::to_string(desktop.sequence));
  }
  desktop.sequence = sequence;
}

void Agents::take_call(std::size_t index, std::string_view text) {
  if (!has(text, R"("CallType":"agent")")) return;
  Desktop& desktop = desktops_[index];
  const std::size_t last = text.rfind(R"("event":")", text.rfind(R"("CallType":)"));
  const std::string_view event = text_at(text, "event", last == std::string_view::npos ? 0 : last);
  desktop.offered = event == "connecting";
  if (event == "connecting" || event == "connected") {
    const std::string_view contact = text_at(text, "contactId");
    // The transfer of the call before goes on without the agent.
    if (contact != desktop.contact) desktop.running.clear();
    desktop.contact = contact;
    desktop.number = text_at(text, "ANI");
  }
  if (desktop.offered) plan(index, 0.02, 0.3, &Agents::answer);
}

void Agents::take_state(std::size_t index, std::string_view text) {
  Desktop& desktop = desktops_[index];
  desktop.state = text_at(text, "event", text.rfind(R"("event":")"));
  if (desktop.state == "Busy") {
    plan(index, 0.3, 2.5, &Agents::act);
  } else if (desktop.state != "Available" && desktop.state != "PendingBusy") {
    plan(index, 0.05, 0.5, &Agents::clear);
  }
}

void Agents::take_transfer(std::size_t index, std::string_view text, std::string_view tail) {
  Desktop& desktop = desktops_[index];
  const std::string transfer(text_at(text, "transferId"));
  const std::string_view state = text_at(text, "state");
  // What only repeats the first answer to an id has no sequence.
  const bool told = has(tail, R"("sequence":)");
  if (const auto id = std::string(text_at(tail, "id")); state == "accepted" && !id.empty()) {
    Request& request = ledger_.requests[id];
    if (request.transfer.empty()) {
      request.transfer = transfer;
      ledger_.ids[transfer] = id;
    } else if (request.transfer != transfer) {
      ++request.other_transfers;
      fault(id + " was accepted as " + request.transfer + " and as " + transfer);
    }
    if (told && between(0, 1) < 0.03) {
      timers_.after(between(0, 1.5), [this, index, transfer] {
        publish(desktops_[index], "InboundCall", "CancelTransfer", "\"" + transfer + "\"");
      });
    }
    return;
  }
  if (!told || !is_outcome(state)) return;
  const auto known = ledger_.ids.find(transfer);
  if (known == ledger_.ids.end()) {
    ++figures_.strange_transfers;
    fault("outcome " + std::string(state) + " of " + transfer + ", which nobody asked for");
    return;
  }
  Request& request = ledger_.requests[known->second];
  if (!request.outcomes.empty()) {
    ++figures_.double_outcomes;
    fault(transfer + " has a second outcome, " + std::string(state));
  }
  ++request.outcomes[std::string(state)];
  request.custody = text_at(text, "custody");
  if (desktop.running == known->second) {
    desktop.running.clear();
    if (desktop.state == "Busy") plan(index, 0.3, 2.5, &Agents::act);
  }
}

void Agents::take_error(Desktop& desktop, std::string_view text, std::string_view tail) {
  const std::string type(text_at(text, "errorType"));
  const std::string reason(text_at(text, "reason"));
  ++figures_.errors[type + " " + reason];
  const std::string id(text_at(tail, "id"));
  const auto known = ledger_.requests.find(id);
  // An error with a transferId tells an outcome that has an event of its own.
  if (known == ledger_.requests.end() || !text_at(text, "transferId").empty()) return;
  known->second.refused = true;
  known->second.reason = reason;
  if (desktop.running == id) desktop.running.clear();
}

// ---- What the agent does ----

void Agents::plan(std::size_t index, double least, double most, void (Agents::*what)(std::size_t)) {
  const double wait = between(least, most);
  desktops_[index].busy_until = Clock::now() + kPatience;
  timers_.after(wait, [this, index, what] { (this->*what)(index); });
}

void Agents::nudge(std::size_t index) {
  Desktop& desktop = desktops_[index];
  desktop.busy_until = Clock::now() + kPatience;
  if (desktop.state.empty() || desktop.state == "Offline") {
    publish(desktop, "Agent", "Login");
    publish(desktop, "Agent", "UpdateState",
            R"({"label":"Available","code":"Available","type":"routable"})");
  } else if (desktop.offered) {
    answer(index);
  } else if (desktop.state == "Busy") {
    act(index);
  } else if (desktop.state != "Available") {
    clear(index);
  }
}

void Agents::publish(Desktop& desktop, std::string_view topic, std::string_view subtopic,
                     std::string_view data) {
  if (!desktop.socket) return;
  std::string text = R"({"channel":"Amazon","topic":")";
  text.append(topic).append(R"(","subtopic":")").append(subtopic).append(R"(","source":"soak")");
  if (!data.empty()) text.append(R"(,"data":)").append(data);
  desktop.socket->send(text + "}");
}

void Agents::answer(std::size_t index) {
  if (desktops_[index].offered) publish(desktops_[index], "InboundCall", "Answer");
}

void Agents::clear(std::size_t index) {
  const std::string& state = desktops_[index].state;
  if (state == "Available" || state == "Busy") return;
  publish(desktops_[index], "InboundCall", "ClearContact");
}

void Agents::act(std::size_t index) {
  Desktop& desktop = desktops_[index];
  if (desktop.state != "Busy" || !desktop.running.empty() || !desktop.socket) return;
  const double what = between(0, 1);
  if (what < 0.06) {
    hooks_.disconnects(desktop.number);
    publish(desktop, "InboundCall", "Disconnect");
  } else if (what < 0.94) {
    transfer(index);
  }
}

const Destination& Agents::pick() {
  const double what = between(0, 1);
  std::size_t kind = what < 0.45 ? 0U : what < 0.7 ? 1U : what < 0.85 ? 2U : 3U;
  if (kind == 3) {
    // Somebody who is free, most of the time; else it is refused as it should be.
    for (int tries = 0; tries < 8; ++tries) {
      const auto& choice = destinations_[kind];
      const Destination& one = choice[chance_() % choice.size()];
      const auto at = by_login_.find(one.login);
      if (at != by_login_.end() && desktops_[at->second].state == "Available") return one;
    }
    if (between(0, 1) < 0.9) kind = 2;
  }
  const auto& choice = destinations_[kind];
  return choice[chance_() % choice.size()];
}

void Agents::transfer(std::size_t index) {
  Desktop& desktop = desktops_[index];
  const Destination& to = pick();
  desktop.running = desktop.login + "-" + std::to_string(++desktop.asked);
  desktop.running_text =
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"soak","id":")" +
      desktop.running + R"(","contactId":")" + desktop.contact + R"(","data":)" + to.data;
  if (to.kind != Kind::queue && between(0, 1) < 0.2) {
    desktop.running_text += R"(,"options":{"releaseOn":"answered"})";
  }
  desktop.running_text += "}";
  Request& request = ledger_.requests[desktop.running];
  request.kind = to.kind;
  request.sent = 1;
  desktop.busy_until = Clock::now() + kPatience;
  desktop.socket->send(desktop.running_text);
  // A double click.
  if (between(0, 1) < 0.05) {
    ++request.sent;
    ++figures_.sent_again;
    desktop.socket->send(desktop.running_text);
  }
}

std::size_t Agents::connected_count() const {
  return static_cast<std::size_t>(
      std::count_if(desktops_.begin(), desktops_.end(),
                    [](const Desktop& each) { return each.socket && each.socket->is_open(); }));
}

std::size_t Agents::count_in(std::string_view state) const {
  return static_cast<std::size_t>(
      std::count_if(desktops_.begin(), desktops_.end(),
                    [state](const Desktop& each) { return each.state == state; }));
}

}  // namespace baton::bench
