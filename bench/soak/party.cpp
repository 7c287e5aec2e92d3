#include "party.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "../driver/sip_text.hpp"

namespace baton::bench {

namespace {

// RFC 3261, section 17.1.1.1, in seconds.
constexpr double kT1 = 0.5;
constexpr double kT2 = 4;
constexpr double kGiveUp = 64 * kT1;
// An ended leg is remembered for as long as something may be repeated.
constexpr double kLinger = 40;
// Of what a leg remembers for the case that its call is lost.
constexpr std::size_t kStory = 6000;
constexpr std::string_view kAllow = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\n";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int status_of(std::string_view message) {
  return static_cast<int>(number_of(message.substr(std::min<std::size_t>(8, message.size()))));
}

std::string with_body(std::string_view body) {
  std::string text;
  if (!body.empty()) text = "Content-Type: application/sdp\r\n";
  return text.append("Content-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n")
      .append(body);
}

std::string tag_of_ours(const Leg& leg) {
  return "p" + std::to_string(std::hash<std::string>{}(leg.call_id));
}

}  // namespace

Party::~Party() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Party::open(std::uint16_t port, std::uint16_t server_port, std::uint16_t media_port) {
  descriptor_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in own = loopback(port);
  const int room = 16 * 1024 * 1024;
  // The first is for root only and not bounded by net.core.rmem_max.
  if (::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  }
  socklen_t size = sizeof(own);
  if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0 ||
      ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
    return false;
  }
  port_ = ntohs(own.sin_port);
  server_port_ = server_port;
  media_port_ = media_port;
  return true;
}

void Party::send(const std::string& text) {
  const sockaddr_in to = loopback(server_port_);
  ++figures_.messages;
  note('>', text);
  // Where the server is away, or the buffer full, the repetition makes up for it.
  ::sendto(descriptor_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to),
           sizeof(to));
}

void Party::receive() {
  std::array<char, 65536> datagram;
  for (;;) {
    const auto got = ::recv(descriptor_, datagram.data(), datagram.size(), 0);
    if (got < 0 && errno == ECONNREFUSED) continue;
    if (got < 0) return;
    ++figures_.messages;
    take({datagram.data(), static_cast<std::size_t>(got)});
  }
}

std::string Party::new_branch() {
  return "z9hG4bK" + std::to_string(port_) + "-" + std::to_string(++branches_);
}

std::string Party::contact(std::string_view user) const {
  return std::string("<sip:").append(user).append("@127.0.0.1:").append(std::to_string(port_)) +
         ">";
}

void Party::note(char way, std::string_view message) {
  Leg* leg = find(std::string(header_value(message, "Call-ID")));
  if (leg == nullptr || leg->story.size() > kStory) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  leg->story.append("  ").append(std::to_string(ms)).append(1, ' ').append(1, way).append(1, ' ');
  leg->story.append(message.substr(0, message.find('\r'))).append(" | CSeq ");
  leg->story.append(header_value(message, "CSeq")).append(" | To ");
  leg->story.append(header_value(message, "To")).append(1, '\n');
}

Leg* Party::find(const std::string& call_id) {
  const auto at = legs_.find(call_id);
  return at == legs_.end() ? nullptr : at->second.get();
}

std::size_t Party::alive() const {
  return static_cast<std::size_t>(std::count_if(legs_.begin(), legs_.end(), [](const auto& each) {
    return each.second->phase != Phase::ended && each.second->gone == Gone::no;
  }));
}

// ---- What we send ----

Leg& Party::call(const std::string& from, const std::string& to) {
  auto owned = std::make_unique<Leg>();
  Leg& leg = *owned;
  leg.branch = new_branch();
  leg.call_id = leg.branch + "@127.0.0.1";
  leg.user = leg.number = from;
  leg.ours = true;
  const std::string server = "@127.0.0.1:" + std::to_string(server_port_);
  leg.target = "sip:" + to + server;
  leg.own = contact(from) + ";tag=" + tag_of_ours(leg);
  leg.theirs = "<" + leg.target + ">";
  legs_.emplace(leg.call_id, std::move(owned));
  start(leg, "INVITE", request(leg, "INVITE", ++leg.cseq, leg.branch, own_sdp(leg, {})));
  return leg;
}

std::string Party::request(Leg& leg, std::string_view method, std::uint32_t cseq,
                           std::string_view branch, std::string_view body) const {
  std::string text;
  text.reserve(900);
  text.append(method).append(" ").append(leg.target).append(" SIP/2.0\r\nVia: SIP/2.0/UDP ");
  text.append("127.0.0.1:").append(std::to_string(port_)).append(";branch=").append(branch);
  text.append("\r\nFrom: ").append(leg.own).append("\r\nTo: ").append(leg.theirs);
  text.append("\r\nCall-ID: ").append(leg.call_id).append("\r\nCSeq: ");
  text.append(std::to_string(cseq)).append(" ").append(method).append("\r\n");
  if (method == "INVITE") text.append("Contact: ").append(contact(leg.user)).append("\r\n");
  if (method == "INVITE") text.append(kAllow);
  return text.append("Max-Forwards: 70\r\n").append(with_body(body));
}

void Party::start(Leg& leg, std::string method, std::string text) {
  leg.method = std::move(method);
  leg.request = std::move(text);
  ++leg.round;
  send(leg.request);
  repeat(leg.call_id, leg.round, kT1, 0);
}

void Party::repeat(const std::string& call_id, unsigned round, double wait, double spent) {
  timers_.after(wait, [this, call_id, round, wait, spent] {
    Leg* leg = find(call_id);
    if (leg == nullptr || leg->round != round || leg->request.empty() || leg->gone != Gone::no) {
      return;
    }
    if (spent + wait >= kGiveUp) {
      end(*leg, leg->method == "INVITE" ? EndedBy::nobody : EndedBy::us);
      return;
    }
    // An INVITE that has a provisional answer is not sent again (section 17.1.1.2).
    if (leg->method == "INVITE" && leg->provisional) return;
    ++figures_.repeated;
    send(leg->request);
    const double next = leg->method == "INVITE" ? 2 * wait : std::min(2 * wait, kT2);
    repeat(call_id, round, next, spent + wait);
  });
}

void Party::hang_up(Leg& leg) {
  if (leg.gone != Gone::no) return;
  switch (leg.phase) {
    case Phase::up:
      say_bye(leg);
      return;
    case Phase::answered:
      leg.leave = true;  // A BYE must wait for the ACK (section 15).
      return;
    case Phase::calling:
      if (!leg.ours) {
        refuse(leg, 480, "Temporarily Unavailable");
      } else if (!leg.provisional) {
        leg.leave = true;  // So must a CANCEL for a provisional answer (section 9.1).
      } else if (leg.method == "INVITE") {
        start(leg, "CANCEL", request(leg, "CANCEL", leg.cseq, leg.branch));
      }
      return;
    case Phase::leaving:
    case Phase::ended:
      return;
  }
}

void Party::say_bye(Leg& leg) {
  leg.phase = Phase::leaving;
  start(leg, "BYE", request(leg, "BYE", ++leg.cseq, new_branch()));
}

void Party::end(Leg& leg, EndedBy by) {
  if (leg.phase == Phase::ended) return;
  leg.phase = Phase::ended;
  leg.request.clear();
  leg.first_invite.clear();
  ++leg.round;
  timers_.after(kLinger, [this, call_id = leg.call_id] { legs_.erase(call_id); });
  hooks_.ended(leg, by);
}

// ---- What we answer ----

std::string Party::response(std::string_view request, const Leg* leg, std::string_view status,
                            std::string_view more, std::string_view body) const {
  std::string text;
  text.reserve(1200);
  text.append("SIP/2.0 ").append(status).append("\r\n");
  text.append(header_lines(request, "Via")).append(header_lines(request, "From"));
  std::string to = header_lines(request, "To");
  if (leg != nullptr && to.find(";tag=") == std::string::npos && to.size() > 2) {
    to.insert(to.size() - 2, ";tag=" + tag_of_ours(*leg));
  }
  text.append(to).append(header_lines(request, "Call-ID")).append(header_lines(request, "CSeq"));
  return text.append(more).append(with_body(body));
}

void Party::respond(std::string_view request, const Leg* leg, std::string_view status,
                    std::string_view more, std::string_view body) {
  send(response(request, leg, status, more, body));
}

void Party::ring(Leg& leg) {
  if (leg.phase != Phase::calling || leg.gone != Gone::no) return;
  leg.answer =
      response(leg.first_invite, &leg, "180 Ringing", "Contact: " + contact(leg.user) + "\r\n", {});
  send(leg.answer);
}

void Party::accept(Leg& leg) {
  if (leg.phase != Phase::calling || leg.gone != Gone::no || leg.first_invite.empty()) return;
  leg.phase = Phase::answered;
  const std::string invite = std::exchange(leg.first_invite, {});
  take_invite(leg, invite);
}

void Party::refuse(Leg& leg, int code, std::string_view phrase) {
  if (leg.phase != Phase::calling || leg.gone != Gone::no || leg.first_invite.empty()) return;
  leg.answer =
      response(leg.first_invite, &leg, std::to_string(code).append(" ").append(phrase), {}, {});
  leg.acknowledged = false;
  send(leg.answer);
  repeat_answer(leg.call_id, leg.invite, kT1, 0);
  end(leg, EndedBy::us);
}

std::string Party::own_sdp(Leg& leg, std::string_view offer) const {
  // What the other side only sends we only receive, and the other way about (RFC 3264, 6.1).
  std::string_view direction = "sendrecv";
  if (offer.find("a=sendonly") != std::string_view::npos) direction = "recvonly";
  if (offer.find("a=recvonly") != std::string_view::npos) direction = "sendonly";
  if (offer.find("a=inactive") != std::string_view::npos) direction = "inactive";
  std::string rest = "s=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ";
  rest.append(std::to_string(media_port_)).append(" RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=");
  rest.append(direction).append("\r\n");
  if (rest != leg.sdp) {
    leg.sdp = rest;
    ++leg.sdp_version;
  }
  return "v=0\r\no=soak 1 " + std::to_string(leg.sdp_version) + " IN IP4 127.0.0.1\r\n" + rest;
}

void Party::take_invite(Leg& leg, std::string_view message) {
  leg.acknowledged = false;
  leg.answer = response(message, &leg, "200 OK",
                        "Contact: " + contact(leg.user) + "\r\n" + std::string(kAllow),
                        own_sdp(leg, body_of(message)));
  send(leg.answer);
  repeat_answer(leg.call_id, leg.invite, kT1, 0);
}

void Party::repeat_answer(const std::string& call_id, std::uint32_t invite, double wait,
                          double spent) {
  timers_.after(wait, [this, call_id, invite, wait, spent] {
    Leg* leg = find(call_id);
    if (leg == nullptr || leg->acknowledged || leg->invite != invite || leg->gone != Gone::no) {
      return;
    }
    if (spent + wait >= kGiveUp) {
      // Section 13.3.1.4: no ACK in all that time: the session is over, by a BYE.
      leg->acknowledged = true;
      if (leg->phase != Phase::ended) say_bye(*leg);
      return;
    }
    ++figures_.repeated;
    send(leg->answer);
    repeat_answer(call_id, invite, std::min(2 * wait, kT2), spent + wait);
  });
}

// ---- What comes ----

void Party::take(std::string_view message) {
  note('<', message);
  if (message.starts_with("SIP/2.0 ")) {
    take_response(message);
  } else {
    take_request(message);
  }
}

void Party::take_request(std::string_view message) {
  const std::string_view method = message.substr(0, message.find(' '));
  const std::string call_id(header_value(message, "Call-ID"));
  const std::uint32_t cseq = number_of(header_value(message, "CSeq"));
  Leg* leg = find(call_id);
  const bool inside = !parameter_of(header_value(message, "To"), "tag").empty();
  if (leg == nullptr && method == "INVITE" && !inside) {
    auto owned = std::make_unique<Leg>();
    leg = owned.get();
    leg->call_id = call_id;
    leg->user = user_of(message);
    leg->number = user_of(header_value(message, "From"));
    leg->theirs = header_value(message, "From");
    leg->own = header_value(message, "To");
    leg->own += ";tag=" + tag_of_ours(*leg);
    leg->target = uri_of(header_value(message, "Contact"));
    leg->invite = cseq;
    leg->first_invite = message;
    legs_.emplace(call_id, std::move(owned));
    note('<', message);
    hooks_.called(*leg);
    return;
  }
  if (leg == nullptr) {
    if (method == "ACK") return;
    if (method == "OPTIONS" && !inside) {
      respond(message, nullptr, "200 OK", kAllow);
      return;
    }
    // A BYE or CANCEL that crossed the end of what we have forgotten is nothing to wonder about.
    if (method != "BYE" && method != "CANCEL") ++figures_.strangers;
    respond(message, nullptr, "481 Call/Transaction Does Not Exist");
    return;
  }
  if (leg->gone == Gone::silent) return;
  if (leg->gone == Gone::forgotten) {
    if (method != "ACK") respond(message, leg, "481 Call/Transaction Does Not Exist");
    return;
  }
  if (method == "ACK") {
    if (cseq != leg->invite) return;
    leg->acknowledged = true;
    if (leg->phase != Phase::answered) return;
    leg->phase = Phase::up;
    hooks_.answered(*leg);
    if (leg->leave && leg->phase == Phase::up) say_bye(*leg);
  } else if (method == "INVITE") {
    if (cseq == leg->invite) {
      // The same again.
      if (!leg->answer.empty()) send(leg->answer);
      return;
    }
    if (leg->phase == Phase::ended || leg->phase == Phase::leaving) {
      respond(message, leg, "481 Call/Transaction Does Not Exist");
      return;
    }
    if (const auto target = uri_of(header_value(message, "Contact")); !target.empty()) {
      leg->target = target;
    }
    leg->invite = cseq;
    take_invite(*leg, message);
  } else if (method == "BYE") {
    respond(message, leg, "200 OK");
    // Two who hang up at once each hung up by themselves.
    end(*leg, leg->phase == Phase::leaving ? EndedBy::us : EndedBy::them);
  } else if (method == "CANCEL") {
    respond(message, leg, "200 OK");
    if (leg->phase != Phase::calling || leg->ours) return;
    leg->answer = response(leg->first_invite, leg, "487 Request Terminated", {}, {});
    send(leg->answer);
    end(*leg, EndedBy::them);
  } else if (leg->phase == Phase::ended) {
    respond(message, leg, "481 Call/Transaction Does Not Exist");
  } else {  // UPDATE, OPTIONS, INFO: what keeps the call going.
    const std::string_view offer = body_of(message);
    const bool update = method == "UPDATE";
    respond(message, leg, "200 OK", "Contact: " + contact(leg->user) + "\r\n" + std::string(kAllow),
            update && !offer.empty() ? own_sdp(*leg, offer) : std::string());
  }
}

void Party::take_response(std::string_view message) {
  const std::string_view cseq = header_value(message, "CSeq");
  if (cseq.ends_with("REGISTER")) {
    hooks_.registered(message);
    return;
  }
  Leg* leg = find(std::string(header_value(message, "Call-ID")));
  if (leg == nullptr || leg->gone != Gone::no) return;
  const int code = status_of(message);
  if (cseq.ends_with("INVITE")) {
    take_invite_response(*leg, message, code);
    return;
  }
  if (code < 200 || number_of(cseq) != leg->cseq || leg->request.empty()) return;
  if (cseq.ends_with("BYE")) {
    if (code == 481) ++figures_.unknown_to_server;
    end(*leg, EndedBy::us);
  } else if (cseq.ends_with("CANCEL") && leg->method == "CANCEL") {
    leg->request.clear();
    // The INVITE's own answer ends it; a server that does not know it any more sends none.
    timers_.after(code == 481 ? 0 : kGiveUp, [this, call_id = leg->call_id] {
      Leg* again = find(call_id);
      if (again != nullptr && again->phase == Phase::calling) end(*again, EndedBy::us);
    });
  }
}

void Party::take_invite_response(Leg& leg, std::string_view message, int code) {
  if (!leg.ours) return;
  if (code < 200) {
    leg.provisional = true;
    if (leg.leave && leg.phase == Phase::calling) hang_up(leg);
    return;
  }
  if (code < 300) {
    if (leg.phase == Phase::calling) {
      leg.theirs = header_value(message, "To");
      leg.target = uri_of(header_value(message, "Contact"));
      leg.ack = request(leg, "ACK", leg.cseq, new_branch());
      leg.request.clear();
      ++leg.round;
      send(leg.ack);
      leg.phase = Phase::up;
      hooks_.answered(leg);
      // The answer was quicker than our CANCEL: now a BYE.
      if ((leg.leave || leg.method == "CANCEL") && leg.phase == Phase::up) say_bye(leg);
    } else if (!leg.ack.empty()) {
      send(leg.ack);
    }
    return;
  }
  // The ACK of a failure belongs to the INVITE's transaction (section 17.1.1.3).
  const std::string before = std::exchange(leg.theirs, std::string(header_value(message, "To")));
  send(request(leg, "ACK", number_of(header_value(message, "CSeq")), leg.branch));
  leg.theirs = before;
  if (leg.phase != Phase::calling) return;
  leg.code = code;
  end(leg, leg.method == "CANCEL" ? EndedBy::us : EndedBy::refused);
}

}  // namespace baton::bench
