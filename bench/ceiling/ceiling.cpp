// The ceiling of Baton's benchmark: a back-to-back agent on the stack's transaction layer (NTA) and
// nothing else: no core, no journal, no desktops. It does the same SIP exchange as Baton's blind
// transfer to a number, so that the share of Baton's own work in a transfer can be told (transfers
// per CPU second of the one over those of the other).
//
// A call:
//
//   customer -> INVITE  answered at once with a local SDP (a queue that answers on entry)
//   agent    <- INVITE  with the customer's SDP; 200, ACK; the customer is re-INVITEd with the
//   agent's
//   ... the trigger: at once, or (--desk) when who is told of the call asks for its transfer
//   target   <- INVITE  with the customer's SDP; its 180: the customer is parked by re-INVITE with
//   a
//                       local SDP
//   agent    <- BYE     the agent is released
//   target   -> 200     ACK; the customer is re-INVITEd with the target's SDP: transferred
//
// Whoever says BYE ends the other. The desk is to the ceiling what a desktop is to Baton, so that
// both can be timed from the message that asks for a transfer. Datagrams, one a message:
//
//   to the desk    bridged CALL-ID     customer and agent have each other's SDP
//   from the desk  CALL-ID NUMBER      transfer it there
//   to the desk    released CALL-ID    the customer is parked and the agent's BYE is sent, which is
//                                      when Baton tells ACW
//
// One thread. On SIGUSR1 it prints one JSON line with counters and its CPU time since it began, on
// SIGTERM or SIGINT it does so and ends.

#include <arpa/inet.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#define NTA_LEG_MAGIC_T struct CeilingParty
#define NTA_OUTGOING_MAGIC_T struct CeilingParty
#define NTA_INCOMING_MAGIC_T struct CeilingParty
#define NTA_AGENT_MAGIC_T struct CeilingServer
struct CeilingParty;
struct CeilingServer;

#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_addrinfo.h>
#include <sofia-sip/su_tag.h>
#include <sofia-sip/su_wait.h>

// The same cure as in Baton: the stack may not look names up on its loop.
extern "C" __attribute__((visibility("default"))) int su_getaddrinfo(char const* node,
                                                                     char const* service,
                                                                     su_addrinfo_t const* hints,
                                                                     su_addrinfo_t** res) {
  su_addrinfo_t numeric{};
  if (hints != nullptr) numeric = *hints;
  numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
  if (service == nullptr || service[0] == '\0') service = "0";
  const int error = ::getaddrinfo(node, service, &numeric, res);
  if (error != 0) return error;
  for (su_addrinfo_t* each = *res; each != nullptr; each = each->ai_next) {
    if (each->ai_protocol != 0) continue;
    if (hints != nullptr && hints->ai_protocol != 0) {
      each->ai_protocol = hints->ai_protocol;
    } else {
      each->ai_protocol = each->ai_socktype == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
    }
  }
  return 0;
}

namespace {

struct Options {
  std::string listen = "127.0.0.1:5060";
  std::string agent = "127.0.0.1:5080";
  std::string target = "127.0.0.1:5090";
  std::string desk;  // Empty: transfers are not asked for, each call is transferred at once.
};

volatile std::sig_atomic_t stop_asked = 0;
volatile std::sig_atomic_t report_asked = 0;
void on_signal(int number) { (number == SIGUSR1 ? report_asked : stop_asked) = 1; }

const url_string_t* url(const std::string& text) {
  return reinterpret_cast<const url_string_t*>(text.c_str());
}

}  // namespace

struct CeilingCall;

/// One party's dialog.
struct CeilingParty {
  enum class Role : std::uint8_t { customer, agent, target };

  CeilingCall* call = nullptr;
  Role role = Role::customer;
  nta_leg_t* leg = nullptr;
  nta_incoming_t* invite = nullptr;  ///< The customer's INVITE, until its ACK.
  nta_outgoing_t* outgoing =
      nullptr;  ///< Our last INVITE to it; kept to acknowledge repeated answers.
  nta_outgoing_t* bye = nullptr;
  std::string sdp;         ///< The party's.
  std::string wanted;      ///< What the next re-INVITE is to carry; empty: none.
  bool inviting = false;   ///< A re-INVITE or the first INVITE is open.
  bool confirmed = false;  ///< There is a dialog that needs a BYE.
  bool rung = false;       ///< The target: seen a 180.
  bool ended = false;
};

struct CeilingCall {
  CeilingParty customer;
  CeilingParty agent;
  CeilingParty target;
  std::string call_id;
  bool bridged = false;  ///< Customer and agent have each other's SDP.
  bool triggered = false;
  bool parked = false;
  bool joining = false;  ///< The re-INVITE with the target's SDP is asked for.
  bool transferred = false;
  bool over = false;

  CeilingParty* parties[3] = {&customer, &agent, &target};
};

struct CeilingServer {
  Options options;
  su_root_t* root = nullptr;
  nta_agent_t* nta = nullptr;
  nta_leg_t* no_dialog = nullptr;
  su_home_t home[1] = {SU_HOME_INIT(home)};
  sip_contact_t* contact =
      nullptr;  ///< Made once: the stack would parse a text anew for each message.
  sip_from_t* from = nullptr;
  sip_content_type_t* sdp_type = nullptr;
  std::string agent_uri;
  std::string local_sdp;
  std::unordered_map<std::string, std::unique_ptr<CeilingCall>> calls;
  std::vector<CeilingCall*>
      finished;  ///< Freed between two turns of the loop: never within a callback of theirs.
  int desk = -1;
  std::uint64_t invites = 0;
  std::uint64_t transfers = 0;
  std::uint64_t failed = 0;
  std::uint64_t completed = 0;

  bool open();
  bool open_desk();
  void run();
  void report();

  void accept(nta_incoming_t* irq, const sip_t* sip);
  void dial(CeilingParty& party, const std::string& uri, const std::string& sdp);
  void reinvite(CeilingParty& party, const std::string& sdp);
  void send_reinvite(CeilingParty& party);
  void acknowledge(CeilingParty& party);
  void answered(CeilingParty& party, const sip_t* sip);
  void refused(CeilingParty& party, int status);
  void customer_settled(CeilingCall& call);
  void trigger(CeilingCall& call, std::string_view number);
  void tell_desk(std::string_view what, const CeilingCall& call) const;
  void join(CeilingCall& call);
  void say_bye(CeilingParty& party);
  void end(CeilingCall& call);
  void check_over(CeilingCall& call);
  void reap();
};

namespace {

CeilingServer server;

std::string body_of(const sip_t* sip) {
  if (sip == nullptr || sip->sip_payload == nullptr || sip->sip_payload->pl_data == nullptr)
    return {};
  return {sip->sip_payload->pl_data, sip->sip_payload->pl_len};
}

int on_message(CeilingServer* /*magic*/, nta_agent_t* agent, msg_t* message, sip_t* sip) {
  // Whatever belongs to nothing.
  if (sip != nullptr && sip->sip_request != nullptr &&
      sip->sip_request->rq_method != sip_method_ack) {
    nta_msg_treply(agent, message, SIP_481_NO_TRANSACTION, TAG_END());
  } else {
    nta_msg_discard(agent, message);
  }
  return 0;
}

int on_new_request(CeilingParty* /*magic*/, nta_leg_t* /*leg*/, nta_incoming_t* irq,
                   const sip_t* sip) {
  switch (sip->sip_request->rq_method) {
    case sip_method_invite:
      if (sip->sip_to->a_tag != nullptr) return 481;
      server.accept(irq, sip);
      return 0;
    case sip_method_options:
      return 200;
    default:
      return 481;
  }
}

int on_request(CeilingParty* party, nta_leg_t* /*leg*/, nta_incoming_t* /*irq*/, const sip_t* sip) {
  if (party == nullptr) return 481;
  if (sip->sip_request->rq_method == sip_method_ack) return 0;
  if (sip->sip_request->rq_method != sip_method_bye) return 501;
  party->ended = true;
  CeilingCall& call = *party->call;
  if (call.transferred && party->role != CeilingParty::Role::agent) ++server.completed;
  if (party->role != CeilingParty::Role::agent || !call.triggered) server.end(call);
  server.check_over(call);
  return 200;
}

int on_ack(CeilingParty* party, nta_incoming_t* irq, const sip_t* sip) {
  if (party == nullptr) return 0;
  if (sip == nullptr) {  // It never came.
    server.refused(*party, 408);
    return 0;
  }
  if (sip->sip_request->rq_method == sip_method_cancel) {
    nta_incoming_treply(irq, SIP_487_REQUEST_CANCELLED, TAG_END());
    party->ended = true;
    server.end(*party->call);
    return 0;
  }
  if (sip->sip_request->rq_method != sip_method_ack || party->invite == nullptr) return 0;
  nta_incoming_destroy(party->invite);
  party->invite = nullptr;
  party->confirmed = true;
  party->inviting = false;
  if (!party->wanted.empty()) {
    server.send_reinvite(*party);
  } else {
    server.customer_settled(*party->call);
  }
  return 0;
}

int on_response(CeilingParty* party, nta_outgoing_t* orq, const sip_t* sip) {
  if (party == nullptr) return 0;
  const int status = nta_outgoing_status(orq);
  CeilingCall& call = *party->call;
  if (orq == party->bye) {
    if (status < 200) return 0;
    nta_outgoing_destroy(orq);
    party->bye = nullptr;
    party->ended = true;
    server.check_over(call);
    return 0;
  }
  if (orq != party->outgoing) return 0;
  if (status < 200) {
    if (status == 180 && party->role == CeilingParty::Role::target && !party->rung) {
      party->rung = true;
      server.reinvite(call.customer, server.local_sdp);
    }
    return 0;
  }
  if (status >= 300) {
    server.refused(*party, status);
    return 0;
  }
  if (!party->inviting) {
    server.acknowledge(*party);  // The answer again: its ACK was lost.
    return 0;
  }
  server.answered(*party, sip);
  return 0;
}

int on_desk(su_root_magic_t* /*magic*/, su_wait_t* wait, su_wakeup_arg_t* /*arg*/) {
  std::array<char, 1024> bytes{};
  while (true) {
    const auto size = ::recv(wait->fd, bytes.data(), bytes.size(), 0);
    if (size < 0) return 0;
    const std::string_view text(bytes.data(), static_cast<std::size_t>(size));
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) continue;
    const auto found = server.calls.find(std::string(text.substr(0, blank)));
    if (found != server.calls.end()) server.trigger(*found->second, text.substr(blank + 1));
  }
}

/// The stack leaves its socket's buffer at the system's default, which a burst of a busy machine
/// overflows. It does not tell the socket, so it is looked for by its port.
void enlarge_buffers(std::uint16_t port) {
  for (int fd = 3; fd < 64; ++fd) {
    sockaddr_in own{};
    socklen_t size = sizeof(own);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) continue;
    if (own.sin_family != AF_INET || ntohs(own.sin_port) != port) continue;
    const int room = 4 * 1024 * 1024;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
  }
}

bool split(const std::string& text, sockaddr_in& out) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  out = {};
  out.sin_family = AF_INET;
  out.sin_port =
      htons(static_cast<std::uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 10)));
  return inet_pton(AF_INET, text.substr(0, colon).c_str(), &out.sin_addr) == 1;
}

}  // namespace

bool CeilingServer::open() {
  su_init();
  root = su_root_create(nullptr);
  if (root == nullptr) return false;
  su_root_threading(root, 0);
  const std::string address = "sip:" + options.listen + ";transport=udp";
  nta = nta_agent_create(root, url(address), on_message, this, NTATAG_UA(1), NTATAG_UDP_MTU(4096),
                         NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), TAG_END());
  if (nta == nullptr) {
    std::fprintf(stderr, "ceiling: cannot listen on %s\n", options.listen.c_str());
    return false;
  }
  sockaddr_in bound{};
  if (split(options.listen, bound)) enlarge_buffers(ntohs(bound.sin_port));
  no_dialog = nta_leg_tcreate(nta, on_new_request, nullptr, NTATAG_NO_DIALOG(1), TAG_END());
  const std::string host = options.listen.substr(0, options.listen.rfind(':'));
  const std::string own = "<sip:ceiling@" + options.listen + ">";
  contact = sip_contact_make(home, own.c_str());
  from = sip_from_make(home, own.c_str());
  sdp_type = sip_content_type_make(home, "application/sdp");
  agent_uri = "sip:agent@" + options.agent;
  local_sdp = "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host +
              "\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n";
  return options.desk.empty() || open_desk();
}

bool CeilingServer::open_desk() {
  sockaddr_in where{};
  desk = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int room = 4 * 1024 * 1024;
  ::setsockopt(desk, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  if (!split(options.desk, where) ||
      ::connect(desk, reinterpret_cast<sockaddr*>(&where), sizeof(where)) != 0) {
    std::fprintf(stderr, "ceiling: --desk %s is no numeric host:port that can be sent to\n",
                 options.desk.c_str());
    return false;
  }
  su_wait_t wait = SU_WAIT_INIT;
  su_wait_create(&wait, desk, SU_WAIT_IN);
  return su_root_register(root, &wait, on_desk, nullptr, 0) > 0;
}

void CeilingServer::run() {
  std::printf("ready sip=%s\n", options.listen.c_str());
  std::fflush(stdout);
  while (stop_asked == 0) {
    su_root_step(root, 200);
    reap();
    if (report_asked != 0) {
      report_asked = 0;
      report();
    }
  }
}

void CeilingServer::report() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  const double user = seconds(usage.ru_utime);
  const double system = seconds(usage.ru_stime);
  unsigned received = 0;
  unsigned repeated = 0;
  unsigned sent_again = 0;
  nta_agent_get_stats(nta, NTATAG_S_RECV_MSG_REF(received), NTATAG_S_RECV_RETRY_REF(repeated),
                      NTATAG_S_RETRY_REQUEST_REF(sent_again), TAG_END());
  std::printf(
      "{\"calls\":%llu,\"transfers\":%llu,\"failed\":%llu,\"completed\":%llu,\"open\":%zu,"
      "\"user_seconds\":%.3f,\"system_seconds\":%.3f,\"cpu_seconds\":%.3f,"
      "\"transfers_per_cpu_second\":%.1f,\"messages_received\":%u,\"retransmissions_received\":%u,"
      "\"requests_retransmitted\":%u,\"max_rss_kb\":%ld}\n",
      static_cast<unsigned long long>(invites), static_cast<unsigned long long>(transfers),
      static_cast<unsigned long long>(failed), static_cast<unsigned long long>(completed),
      calls.size(), user, system, user + system,
      user + system > 0 ? static_cast<double>(transfers) / (user + system) : 0.0, received,
      repeated, sent_again, usage.ru_maxrss);
  std::fflush(stdout);
}

void CeilingServer::accept(nta_incoming_t* irq, const sip_t* sip) {
  ++invites;
  auto made = std::make_unique<CeilingCall>();
  CeilingCall& call = *made;
  call.call_id = sip->sip_call_id->i_id;
  call.customer.role = CeilingParty::Role::customer;
  call.agent.role = CeilingParty::Role::agent;
  call.target.role = CeilingParty::Role::target;
  for (auto* party : call.parties) party->call = &call;
  if (!calls.emplace(call.call_id, std::move(made)).second) {
    nta_incoming_treply(irq, SIP_482_LOOP_DETECTED, TAG_END());
    nta_incoming_destroy(irq);
    return;
  }
  CeilingParty& customer = call.customer;
  customer.sdp = body_of(sip);
  customer.leg = nta_leg_tcreate(nta, on_request, &customer, SIPTAG_CALL_ID(sip->sip_call_id),
                                 SIPTAG_FROM(sip->sip_to), SIPTAG_TO(sip->sip_from),
                                 NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
  nta_leg_tag(customer.leg, nta_incoming_tag(irq, nullptr));
  nta_leg_server_route(customer.leg, sip->sip_record_route, sip->sip_contact);
  customer.invite = irq;
  customer.inviting = true;
  nta_incoming_bind(irq, on_ack, &customer);
  nta_incoming_treply(irq, SIP_200_OK, SIPTAG_CONTACT(contact), SIPTAG_CONTENT_TYPE(sdp_type),
                      SIPTAG_PAYLOAD_STR(local_sdp.c_str()), TAG_END());
  dial(call.agent, agent_uri, customer.sdp);
}

void CeilingServer::dial(CeilingParty& party, const std::string& uri, const std::string& sdp) {
  const std::string to = "<" + uri + ">";
  party.leg = nta_leg_tcreate(nta, on_request, &party, SIPTAG_FROM(from), SIPTAG_TO_STR(to.c_str()),
                              TAG_END());
  nta_leg_tag(party.leg, nullptr);
  party.inviting = true;
  party.outgoing = nta_outgoing_tcreate(
      party.leg, on_response, &party, nullptr, SIP_METHOD_INVITE, url(uri), SIPTAG_CONTACT(contact),
      SIPTAG_CONTENT_TYPE(sdp_type), SIPTAG_PAYLOAD_STR(sdp.c_str()), TAG_END());
  if (party.outgoing == nullptr) refused(party, 500);
}

void CeilingServer::reinvite(CeilingParty& party, const std::string& sdp) {
  party.wanted = sdp;
  if (!party.inviting) send_reinvite(party);
}

void CeilingServer::send_reinvite(CeilingParty& party) {
  if (party.ended) return;
  const std::string sdp = std::move(party.wanted);
  party.wanted.clear();
  party.inviting = true;
  if (party.outgoing != nullptr) nta_outgoing_destroy(party.outgoing);
  party.outgoing = nta_outgoing_tcreate(
      party.leg, on_response, &party, nullptr, SIP_METHOD_INVITE, nullptr, SIPTAG_CONTACT(contact),
      SIPTAG_CONTENT_TYPE(sdp_type), SIPTAG_PAYLOAD_STR(sdp.c_str()), TAG_END());
  if (party.outgoing == nullptr) refused(party, 500);
}

void CeilingServer::acknowledge(CeilingParty& party) {
  su_home_t scratch[1] = {SU_HOME_INIT(scratch)};
  sip_cseq_t* cseq = sip_cseq_create(scratch, nta_outgoing_cseq(party.outgoing), SIP_METHOD_ACK);
  nta_outgoing_t* ack = nta_outgoing_tcreate(party.leg, nullptr, nullptr, nullptr, SIP_METHOD_ACK,
                                             nullptr, SIPTAG_CSEQ(cseq), TAG_END());
  if (ack != nullptr) nta_outgoing_destroy(ack);
  su_home_deinit(scratch);
}

void CeilingServer::answered(CeilingParty& party, const sip_t* sip) {
  CeilingCall& call = *party.call;
  party.inviting = false;
  if (!party.confirmed) {
    nta_leg_rtag(party.leg, sip->sip_to->a_tag);
    nta_leg_client_reroute(party.leg, sip->sip_record_route, sip->sip_contact, 1);
    party.confirmed = true;
  }
  acknowledge(party);
  if (call.over) {
    say_bye(party);
    return;
  }
  if (auto sdp = body_of(sip); !sdp.empty()) party.sdp = std::move(sdp);
  switch (party.role) {
    case CeilingParty::Role::agent:
      reinvite(call.customer, party.sdp);
      break;
    case CeilingParty::Role::target:
      if (!party.rung) {  // A 2xx counts as every earlier stage.
        party.rung = true;
        reinvite(call.customer, local_sdp);
      }
      join(call);
      break;
    case CeilingParty::Role::customer:
      if (!party.wanted.empty()) {
        send_reinvite(party);
      } else {
        customer_settled(call);
      }
      break;
  }
}

/// The customer's INVITE, or a re-INVITE to it, is done and nothing else waits to be told to it.
void CeilingServer::customer_settled(CeilingCall& call) {
  if (call.over) return;
  if (call.joining) {
    if (call.transferred) return;
    call.transferred = true;
    ++transfers;
    return;
  }
  if (call.triggered) {
    if (call.target.rung && !call.parked) {
      call.parked = true;
      say_bye(call.agent);
      tell_desk("released ", call);
      join(call);
    }
    return;
  }
  // The first ACK may come before the agent has answered.
  if (!call.agent.confirmed || call.bridged) return;
  call.bridged = true;
  if (desk < 0) {
    trigger(call, "+12082097345");
  } else {
    tell_desk("bridged ", call);
  }
}

void CeilingServer::trigger(CeilingCall& call, std::string_view number) {
  if (!call.bridged || call.triggered || call.over) return;
  call.triggered = true;
  dial(call.target, std::string("sip:").append(number) + "@" + options.target, call.customer.sdp);
}

/// One that is lost leaves its call as it is: the benchmark counts it as failed.
void CeilingServer::tell_desk(std::string_view what, const CeilingCall& call) const {
  if (desk < 0) return;
  const std::string text = std::string(what) + call.call_id;
  static_cast<void>(::send(desk, text.data(), text.size(), 0));
}

void CeilingServer::join(CeilingCall& call) {
  if (!call.parked || !call.target.confirmed || call.joining || call.over) return;
  call.joining = true;
  reinvite(call.customer, call.target.sdp);
}

void CeilingServer::refused(CeilingParty& party, int /*status*/) {
  CeilingCall& call = *party.call;
  party.inviting = false;
  if (!party.confirmed) party.ended = true;
  if (!call.over) ++failed;
  end(call);
  check_over(call);
}

void CeilingServer::say_bye(CeilingParty& party) {
  if (party.ended || party.bye != nullptr || !party.confirmed) return;
  party.bye = nta_outgoing_tcreate(party.leg, on_response, &party, nullptr, SIP_METHOD_BYE, nullptr,
                                   TAG_END());
  if (party.bye == nullptr) party.ended = true;
}

void CeilingServer::end(CeilingCall& call) {
  call.over = true;
  for (auto* party : call.parties) {
    if (party->leg == nullptr || party->ended) continue;
    if (party->confirmed) {
      say_bye(*party);
    } else if (party->invite != nullptr) {
      if (nta_incoming_status(party->invite) < 200) {
        nta_incoming_treply(party->invite, SIP_480_TEMPORARILY_UNAVAILABLE, TAG_END());
        party->ended = true;
      }
    } else if (party->outgoing != nullptr) {
      nta_outgoing_cancel(party->outgoing);
    }
  }
}

void CeilingServer::check_over(CeilingCall& call) {
  if (!call.over) return;
  for (auto* party : call.parties) {
    if (party->leg != nullptr && !party->ended) return;
  }
  if (call.call_id.empty()) return;
  finished.push_back(&call);
}

void CeilingServer::reap() {
  if (finished.empty()) return;
  std::vector<std::string> gone;
  for (auto* call : finished) {
    if (call->call_id.empty()) continue;  // Said twice.
    for (auto* party : call->parties) {
      if (party->outgoing != nullptr) nta_outgoing_destroy(party->outgoing);
      if (party->bye != nullptr) nta_outgoing_destroy(party->bye);
      if (party->invite != nullptr) nta_incoming_destroy(party->invite);
      if (party->leg != nullptr) nta_leg_destroy(party->leg);
      party->leg = nullptr;
      party->outgoing = party->bye = nullptr;
      party->invite = nullptr;
    }
    // Its memory goes after the loop: it may stand in the list twice.
    gone.push_back(std::exchange(call->call_id, {}));
  }
  finished.clear();
  for (const auto& id : gone) calls.erase(id);
}

int main(int argc, char** argv) {
  CLI::App app(
      "The ceiling of Baton's benchmark: a bare back-to-back agent that blind-transfers every "
      "call");
  auto& options = server.options;
  app.add_option("--listen", options.listen, "Own numeric host:port, UDP")->capture_default_str();
  app.add_option("--agent", options.agent, "Where agents are dialled, host:port")
      ->capture_default_str();
  app.add_option("--target", options.target, "Where transfers go, host:port")
      ->capture_default_str();
  app.add_option("--desk", options.desk,
                 "Who is told of each bridged call and asks for its transfer, host:port, UDP; "
                 "without: each is transferred at once");
  CLI11_PARSE(app, argc, argv);

  // Finished transactions linger for 32 s, so memory grows for that long: not page by page.
  ::mallopt(M_TOP_PAD, 64 * 1024 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024 * 1024);
  struct sigaction action{};
  action.sa_handler = on_signal;
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) ::sigaction(number, &action, nullptr);
  if (!server.open()) return 1;
  server.run();
  server.report();
  // The transactions that linger would be waited for; there is nothing more to be measured.
  std::fflush(stdout);
  ::_exit(0);
}
