#include "floor.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include "../driver/quoted.hpp"

namespace baton::bench {

namespace {

// How long a customer waits for an answer, and for the whole of his call, in seconds.
constexpr double kAnswerPatience = 40;
constexpr double kCallPatience = 120;

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Floor::Floor(Setup setup)
    : setup_(std::move(setup)),
      chance_(setup_.seed),
      customers_(timers_, {.called = [this](Leg& leg) { customers_.refuse(leg, 404, "Not Found"); },
                           .answered = [this](Leg& leg) { customer_answered(leg); },
                           .ended = [this](Leg& leg, EndedBy by) { customer_ended(leg, by); },
                           .registered = [](std::string_view) {}}),
      desk_(timers_, {.called = [this](Leg& leg) { phone_called(leg); },
                      .answered = [this](Leg& leg) { phone_answered(leg); },
                      .ended = [](Leg&, EndedBy) {},
                      .registered = [this](std::string_view text) { phones_.take(text); }}),
      carrier_(timers_, {.called = [this](Leg& leg) { destination_called(leg); },
                         .answered = [this](Leg& leg) { destination_answered(leg); },
                         .ended = [](Leg&, EndedBy) {},
                         .registered = [](std::string_view) {}}),
      phones_(timers_, desk_, chance_),
      agents_(timers_, ledger_, chance_, setup_.http_port, std::exchange(setup_.destinations, {}),
              {.disconnects = [this](const std::string& number) { excuse(number); }}) {}

Floor::~Floor() {
  if (sound_ >= 0) ::close(sound_);
}

std::string Floor::open() {
  // Without a socket there, each packet of the server's sound would come back as an error.
  sound_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in media{};
  media.sin_family = AF_INET;
  media.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(media);
  const int room = 4096;
  ::setsockopt(sound_, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  if (::bind(sound_, reinterpret_cast<const sockaddr*>(&media), sizeof(media)) != 0 ||
      ::getsockname(sound_, reinterpret_cast<sockaddr*>(&media), &size) != 0) {
    return "there is no UDP port for the sound";
  }
  const std::uint16_t sound_port = ntohs(media.sin_port);
  if (!customers_.open(0, setup_.sip_port, sound_port)) return "the customers have no UDP port";
  if (!desk_.open(0, setup_.sip_port, sound_port)) return "the phones have no UDP port";
  if (!carrier_.open(setup_.carrier_port, setup_.sip_port, sound_port)) {
    return "the carrier's UDP port " + std::to_string(setup_.carrier_port) + " is taken";
  }
  return {};
}

std::vector<int> Floor::descriptors() const {
  return {customers_.descriptor(), desk_.descriptor(), carrier_.descriptor(), agents_.descriptor()};
}

void Floor::receive(int descriptor) {
  for (Party* each : {&customers_, &desk_, &carrier_}) {
    if (each->descriptor() == descriptor) each->receive();
  }
  if (agents_.descriptor() == descriptor) agents_.receive();
}

void Floor::add_agent(const std::string& login, const std::string& token,
                      const std::string& password) {
  agents_.add(login, token);
  phones_.add(login, password, setup_.registration_seconds);
}

void Floor::calm_down() {
  agents_.calm_down();
  phones_.stop();
}

double Floor::between(double least, double most) {
  return std::uniform_real_distribution<double>(least, most)(chance_);
}

void Floor::excuse(const std::string& number) {
  const auto at = ledger_.calls.find(number);
  if (at != ledger_.calls.end()) at->second.excused = true;
}

void Floor::hang_up_later(Party& party, const std::string& call_id, double seconds) {
  timers_.after(seconds, [this, &party, call_id] {
    Leg* leg = party.find(call_id);
    if (leg == nullptr || leg->phase == Phase::ended) return;
    if (&party != &customers_) excuse(leg->number);
    party.hang_up(*leg);
  });
}

void Floor::die_later(Party& party, const std::string& call_id, double seconds,
                      std::uint64_t& count) {
  const Gone how = between(0, 1) < 0.5 ? Gone::silent : Gone::forgotten;
  timers_.after(seconds, [this, &party, call_id, how, &count] {
    Leg* leg = party.find(call_id);
    if (leg == nullptr || leg->phase == Phase::ended || leg->gone != Gone::no) return;
    ++count;
    Party::die(*leg, how);
    excuse(leg->number);
    if (&party != &customers_) return;
    CustomerCall& call = ledger_.calls[leg->number];
    call.died = true;
    call.end = "died";
    call.ended_at = unix_now();
    ++ended_;
  });
}

// ---- Customers ----

void Floor::let_call(double rate) {
  rate_ = rate;
  ++round_;
  if (rate > 0) next_customer(round_);
}

void Floor::next_customer(unsigned round) {
  // As in life: at random, whatever the others do.
  const double wait = std::exponential_distribution<double>(rate_)(chance_);
  timers_.after(wait, [this, round] {
    if (round != round_) return;
    std::string number = std::to_string(++called_);
    number = "+1202" + std::string(7 - std::min<std::size_t>(7, number.size()), '0') + number;
    CustomerCall& call = ledger_.calls[number];
    call.number = number;
    call.began_at = unix_now();
    const std::string call_id = customers_.call(number, setup_.inbound_number).call_id;
    timers_.after(kAnswerPatience, [this, call_id] {
      Leg* leg = customers_.find(call_id);
      if (leg != nullptr && leg->phase == Phase::calling) customers_.hang_up(*leg);
    });
    next_customer(round);
  });
}

void Floor::customer_answered(Leg& leg) {
  ledger_.calls[leg.number].answered = true;
  ++answered_;
  const double what = between(0, 1);
  if (what < 0.04) hang_up_later(customers_, leg.call_id, between(0, 4));
  if (what > 0.985) die_later(customers_, leg.call_id, between(0, 6), ledger_.died_customers);
  timers_.after(kCallPatience, [this, call_id = leg.call_id] {
    Leg* again = customers_.find(call_id);
    if (again == nullptr || again->phase != Phase::up || again->gone != Gone::no) return;
    ledger_.calls[again->number].gave_up = true;
    customers_.hang_up(*again);
  });
}

void Floor::customer_ended(Leg& leg, EndedBy by) {
  if (leg.gone != Gone::no) return;
  CustomerCall& call = ledger_.calls[leg.number];
  call.ended_at = unix_now();
  ++ended_;
  switch (by) {
    case EndedBy::us:
      call.end = "us";
      break;
    case EndedBy::them:
      call.end = "them";
      if (call.excused) break;
      ++lost_;
      if (first_lost_.empty()) first_lost_ = call.number;
      tell_story(call.number);
      break;
    case EndedBy::refused:
      call.end = "refused " + std::to_string(leg.code);
      break;
    case EndedBy::nobody:
      call.end = "nobody";
      break;
  }
}

void Floor::tell_story(const std::string& number) const {
  std::ostringstream text;
  text << "lost: " << number << '\n';
  const std::pair<const char*, const Party*> sides[] = {
      {"customer", &customers_}, {"phone", &desk_}, {"destination", &carrier_}};
  for (const auto& [name, party] : sides) {
    for (const auto& [call_id, each] : party->legs()) {
      if (each->number != number) continue;
      text << ' ' << name << ' ' << each->user << ", " << call_id << '\n' << each->story;
    }
  }
  std::cerr << text.str() << std::flush;
}

// ---- Outside numbers ----

void Floor::destination_called(Leg& leg) {
  const double what = between(0, 1);
  const double wait = between(0.05, 0.3);
  const auto later = [this, call_id = leg.call_id](double seconds, auto&& act) {
    timers_.after(seconds, [this, call_id, act] {
      if (Leg* again = carrier_.find(call_id)) act(*again);
    });
  };
  if (what < 0.03) {
    later(wait, [this](Leg& again) { carrier_.refuse(again, 486, "Busy Here"); });
  } else if (what < 0.04) {
    later(wait, [this](Leg& again) { carrier_.refuse(again, 404, "Not Found"); });
  } else if (what < 0.05) {
    die_later(carrier_, leg.call_id, 0, ledger_.died_destinations);
  } else {
    later(wait, [this](Leg& again) { carrier_.ring(again); });
    if (what < 0.07) return;  // Nobody is there.
    later(wait + between(0.1, 1.5), [this](Leg& again) { carrier_.accept(again); });
  }
}

void Floor::destination_answered(Leg& leg) {
  const double talk = between(0.5, 8) * setup_.pace;
  const double what = between(0, 1);
  const auto customer = [this, number = leg.number](double seconds) {
    timers_.after(seconds, [this, number] {
      for (const auto& [call_id, each] : customers_.legs()) {
        if (each->number == number) {
          customers_.hang_up(*each);
          return;
        }
      }
    });
  };
  if (what < 0.45) {
    hang_up_later(carrier_, leg.call_id, talk);
  } else if (what < 0.97) {
    customer(talk);
  } else {
    die_later(carrier_, leg.call_id, talk, ledger_.died_destinations);
    customer(talk + between(1, 6));
  }
}

// ---- The agents' phones ----

void Floor::phone_called(Leg& leg) {
  if (!phones_.has_power(leg.user)) {
    Party::die(leg, Gone::silent);
    return;
  }
  const double what = between(0, 1);
  const auto later = [this, call_id = leg.call_id](double seconds, auto&& act) {
    timers_.after(seconds, [this, call_id, act] {
      if (Leg* again = desk_.find(call_id)) act(*again);
    });
  };
  if (what < 0.01) {
    later(0.1, [this](Leg& again) { desk_.refuse(again, 486, "Busy Here"); });
  } else if (what < 0.02) {
    desk_.ring(leg);
  } else {
    later(between(0.02, 0.2), [this](Leg& again) { desk_.accept(again); });
  }
}

void Floor::phone_answered(Leg& leg) {
  const double what = between(0, 1);
  if (what < 0.01) {
    timers_.after(between(0.2, 3), [this, login = leg.user] {
      if (!phones_.has_power(login)) return;
      ++ledger_.died_phones;
      phones_.lose_power(login, between(5, 15));
    });
  } else if (what < 0.04) {
    hang_up_later(desk_, leg.call_id, between(0.5, 4));
  }
}

// ---- What was seen ----

std::string Floor::figures() const {
  std::uint64_t accepted = 0, outcomes = 0, waiting = 0;
  for (const auto& [id, request] : ledger_.requests) {
    accepted += request.transfer.empty() ? 0 : 1;
    outcomes += request.outcomes.empty() ? 0 : 1;
    waiting += request.transfer.empty() && !request.refused ? 1 : 0;
  }
  const AgentFigures& seen = agents_.figures();
  PartyFigures sip;
  std::size_t alive = 0;
  for (const Party* each : {&customers_, &desk_, &carrier_}) {
    sip.messages += each->figures().messages;
    sip.repeated += each->figures().repeated;
    sip.strangers += each->figures().strangers;
    sip.unknown_to_server += each->figures().unknown_to_server;
    alive += each->alive();
  }
  std::ostringstream text;
  text << R"({"called":)" << called_ << R"(,"answered":)" << answered_ << R"(,"ended":)" << ended_
       << R"(,"lost":)" << lost_ << R"(,"first_lost":)" << quoted(first_lost_) << R"(,"accepted":)"
       << accepted << R"(,"outcomes":)" << outcomes << R"(,"without_answer":)" << waiting
       << R"(,"legs_alive":)" << alive << R"(,"customers_alive":)" << customers_.alive()
       << R"(,"sip_messages":)" << sip.messages << R"(,"sip_repeated":)" << sip.repeated
       << R"(,"sip_strangers":)" << sip.strangers << R"(,"unknown_to_server":)"
       << sip.unknown_to_server << R"(,"registered_phones":)" << phones_.registered_count()
       << R"(,"registrations":)" << phones_.figures().registered << R"(,"registrations_refused":)"
       << phones_.figures().refused << R"(,"registrations_unanswered":)"
       << phones_.figures().unanswered << R"(,"died_customers":)" << ledger_.died_customers
       << R"(,"died_destinations":)" << ledger_.died_destinations << R"(,"died_phones":)"
       << ledger_.died_phones << R"(,"connected":)" << agents_.connected_count()
       << R"(,"available":)" << agents_.count_in("Available") << R"(,"busy":)"
       << agents_.count_in("Busy") << R"(,"events":)" << seen.events << R"(,"gaps":)" << seen.gaps
       << R"(,"resyncs":)" << seen.resyncs << R"(,"reconnects":)" << seen.reconnects
       << R"(,"sent_again":)" << seen.sent_again << R"(,"double_outcomes":)" << seen.double_outcomes
       << R"(,"strange_transfers":)" << seen.strange_transfers << R"(,"first_fault":)"
       << quoted(seen.first_fault) << R"(,"errors":{)";
  const char* comma = "";
  for (const auto& [name, count] : seen.errors) {
    text << comma << quoted(name) << ":" << count;
    comma = ",";
  }
  text << "}}";
  return text.str();
}

std::string Floor::report(const std::string& folder) const {
  std::ofstream calls(folder + "/calls.tsv");
  calls << "number\tbegan\tended\tanswered\tend\texcused\tgave_up\n";
  calls.precision(17);
  for (const auto& [number, call] : ledger_.calls) {
    calls << number << '\t' << call.began_at << '\t' << call.ended_at << '\t' << call.answered
          << '\t' << call.end << '\t' << call.excused << '\t' << call.gave_up << '\n';
  }
  std::ofstream requests(folder + "/requests.tsv");
  requests << "id\tkind\tsent\ttransfer\trefused\toutcome\tcustody\toutcomes\tother_transfers\n";
  for (const auto& [id, request] : ledger_.requests) {
    unsigned count = 0;
    for (const auto& [state, times] : request.outcomes) count += times;
    requests << id << '\t' << kKindNames[static_cast<std::size_t>(request.kind)] << '\t'
             << request.sent << '\t' << request.transfer << '\t'
             << (request.refused ? request.reason : "") << '\t'
             << (request.outcomes.empty() ? "" : request.outcomes.begin()->first) << '\t'
             << request.custody << '\t' << count << '\t' << request.other_transfers << '\n';
  }
  calls.flush();
  requests.flush();
  return calls && requests ? "" : folder + ": the report cannot be written";
}

}  // namespace baton::bench
