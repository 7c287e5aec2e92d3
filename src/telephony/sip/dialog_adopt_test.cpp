#include <sofia-sip/msg_header.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sstream>
#include <string>
#include <thread>

#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/leg.hpp"
#include "telephony/sip/leg_test_fixture.hpp"
#include "telephony/sip/stack_headers.hpp"

// What a process can take over of the dialogs of one that was killed, shown on the library as it is
// installed. A child process brings a dialog into a state and tells its snapshot through a pipe; it
// is killed; this process then binds the same address and adopts. The findings are the tests'
// names.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::Message;
using testing::Recorder;
using testing::TestUa;

// ---- The snapshot's way through the pipe: one field a line, in the order of the struct.

std::string encode(const DialogSnapshot& s) {
  std::ostringstream out;
  out << s.call_id << '\n'
      << s.local_uri << '\n'
      << s.local_tag << '\n'
      << s.remote_uri << '\n'
      << s.remote_tag << '\n'
      << s.local_cseq << '\n'
      << s.remote_cseq << '\n'
      << s.local_contact << '\n'
      << s.remote_target << '\n'
      << s.send_to << '\n'
      << s.we_called << '\n'
      << s.invite_branch << '\n'
      << s.invite_cseq << '\n';
  for (const auto& via : s.invite_vias) out << "via " << via << '\n';
  for (const auto& route : s.invite_record_routes) out << "record-route " << route << '\n';
  for (const auto& route : s.route_set) out << route << '\n';
  out << "end\n";
  return out.str();
}

DialogSnapshot decode(const std::string& text) {
  std::istringstream in(text);
  const auto line = [&in] {
    std::string value;
    std::getline(in, value);
    return value;
  };
  DialogSnapshot s;
  s.call_id = line();
  s.local_uri = line();
  s.local_tag = line();
  s.remote_uri = line();
  s.remote_tag = line();
  s.local_cseq = static_cast<std::uint32_t>(std::stoul(line()));
  s.remote_cseq = static_cast<std::uint32_t>(std::stoul(line()));
  s.local_contact = line();
  s.remote_target = line();
  s.send_to = line();
  s.we_called = line() == "1";
  s.invite_branch = line();
  s.invite_cseq = static_cast<std::uint32_t>(std::stoul(line()));
  for (std::string each = line(); each != "end" && !each.empty(); each = line()) {
    if (each.starts_with("via ")) {
      s.invite_vias.push_back(each.substr(4));
    } else if (each.starts_with("record-route ")) {
      s.invite_record_routes.push_back(each.substr(13));
    } else {
      s.route_set.push_back(each);
    }
  }
  return s;
}

int free_udp_port() {
  const TestUa probe("127.0.0.1", "probe");
  return probe.port;
}

/// Requests that come in for an adopted dialog, as "METHOD"; each is answered with 200.
class Adopter : public DialogOwner {
 public:
  void on_request(Dialog&, ServerTransaction transaction, const sip_s* sip) override {
    requests.emplace_back(sip->sip_request->rq_method_name);
    transaction.reply(200);
  }
  std::vector<std::string> requests;  // Loop thread.
};

class NoCalls : public InviteHandler {
 public:
  void on_invite(SipCaller, nta_incoming_s* irq, const sip_s*, std::string_view) override {
    ServerTransaction(irq).reply(486);
  }
  [[nodiscard]] std::size_t dialogs() const override { return 0; }
};

class DialogAdoptTest : public ::testing::Test {
 protected:
  enum class Scene { early_uac, early_uas, confirmed_uac, confirmed_uas, in_reinvite };

  SipConfig config() const {
    SipConfig config;
    config.listen = {{"udp", "127.0.0.1", port}};
    TrunkConfig trunk;
    trunk.name = "carrier";
    trunk.address = fmt::format("127.0.0.3:{}", target.port);
    trunk.sources = {"127.0.0.2", "127.0.0.3"};
    config.trunks = {trunk};
    return config;
  }

  /// In the child: plays the server until the scene is set, tells the snapshot, and hangs.
  [[noreturn]] void play(Scene scene, int pipe) {
    Recorder events;
    SipSwitch sip(config(), {}, {testing::kInbound},
                  [&events](core::InputBody body) { events.put(std::move(body)); });
    if (const auto fault = sip.start()) {
      (void)!::write(pipe, fault->data(), fault->size());
      ::_exit(1);
    }
    // The parent's peers may begin.
    (void)!::write(pipe, "ready\n", 6);
    core::CommandId id = 0;
    const auto submit = [&](core::CommandBody body) {
      sip.submit({core::Command{++id, std::move(body)}});
      return id;
    };
    LegId wanted{1, 1};
    const auto dial = [&](std::optional<LegId> media_of) {
      core::DialLeg command;
      command.leg = LegId{1, 1};
      command.target = core::OutsideNumber{"+12082097345", "+49301"};
      command.media_of = media_of;
      submit(command);
    };
    switch (scene) {
      case Scene::early_uac:
        dial({});
        events.wait<core::LegRinging>();
        break;
      case Scene::confirmed_uac:
        dial({});
        events.wait<core::LegAnswered>();
        break;
      case Scene::early_uas:
      case Scene::confirmed_uas:
      case Scene::in_reinvite: {
        const auto incoming = events.wait<core::LegIncoming>();
        if (!incoming) ::_exit(2);
        wanted = incoming->leg;
        if (scene == Scene::early_uas) {
          events.result(submit(core::RingLeg{wanted}));
          break;
        }
        events.result(submit(core::AnswerLeg{wanted, core::Sound::hold}));
        if (scene == Scene::confirmed_uas) break;
        dial(wanted);
        events.wait<core::LegAnswered>();
        submit(core::BridgeLegs{wanted, LegId{1, 1}});
        // The re-INVITE is out once the loop has answered this.
        events.result(submit(core::RingLeg{LegId{1, 1}}));
        break;
      }
    }
    for (const LegSnapshot& leg : sip.snapshots()) {
      if (leg.leg != wanted) continue;
      for (const DialogSnapshot& each : leg.dialogs) {
        const std::string text = encode(each);
        (void)!::write(pipe, text.data(), text.size());
        break;
      }
    }
    for (;;) ::pause();
  }

  std::string line_of_child() {
    std::string text;
    char byte = 0;
    while (::read(pipe_, &byte, 1) == 1) {
      text.push_back(byte);
      if (text == "ready\n" || text.ends_with("\nend\n")) break;
    }
    return text;
  }

  void begin(Scene scene) {
    port = free_udp_port();
    customer.server(port);
    target.server(port);
    int ends[2];
    ASSERT_EQ(0, ::pipe(ends));
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      ::close(ends[0]);
      play(scene, ends[1]);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
    ASSERT_EQ("ready\n", line_of_child());
  }

  /// Takes the snapshot and kills the child, which gets no chance to say goodbye.
  DialogSnapshot kill() {
    const std::string text = line_of_child();
    EXPECT_FALSE(text.empty());
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
    return text.empty() ? DialogSnapshot{} : decode(text);
  }

  /// The second process: the same address, nothing else of the first.
  void restart() {
    endpoint = std::make_unique<Endpoint>(config(), &no_calls, [](core::InputBody) {});
    endpoint->set_inbound_numbers({testing::kInbound});
    endpoint->start();
    transactions = std::make_unique<ClientTransactions>(endpoint->loop());
  }
  void adopt(const DialogSnapshot& snapshot) {
    endpoint->loop().call([&] {
      dialog = Dialog::adopt({endpoint->agent(), &endpoint->loop(), transactions.get(), &headers},
                             &adopter, snapshot);
    });
    ASSERT_TRUE(dialog);
  }
  void TearDown() override {
    if (endpoint) {
      endpoint->stop([this] {
        transactions->clear();
        dialog.reset();
      });
    }
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    if (pipe_ >= 0) ::close(pipe_);
  }

  void customer_calls() {
    customer.call(fmt::format("sip:{}@127.0.0.1:{}", testing::kInbound, port), TestUa::sdp(5000),
                  "Record-Route: <sip:127.0.0.2:" + std::to_string(customer.port) + ";lr>\r\n");
  }
  void customer_confirmed() {
    customer_calls();
    const auto answer = customer.response(200);
    ASSERT_TRUE(answer);
    customer.take(*answer);
    customer.ack();
  }

  /// Both directions of an adopted dialog work: an OPTIONS of ours and a BYE of the peer's.
  void expect_alive(TestUa& peer, const DialogSnapshot& snapshot) {
    int status = 0;
    endpoint->loop().call([&] {
      TagList tags;
      dialog->send("OPTIONS", tags, [&status](ClientTransaction&, const Response& response) {
        if (!response.provisional()) status = response.status;
      });
    });
    const auto options = peer.request("OPTIONS");
    ASSERT_TRUE(options);
    EXPECT_EQ(snapshot.call_id, options->header("Call-ID"));
    EXPECT_THAT(options->header("From"), HasSubstr(snapshot.local_tag));
    EXPECT_THAT(options->header("To"), HasSubstr(snapshot.remote_tag));
    EXPECT_EQ(snapshot.remote_target, options->uri());  // Not strictly routed.
    EXPECT_GT(options->cseq(), static_cast<int>(snapshot.local_cseq));
    peer.reply(*options, 200);
    peer.ask("BYE");
    ASSERT_TRUE(peer.wait(
        [](const Message& m) { return m.code() == 200 && m.header("CSeq").ends_with("BYE"); }));
    endpoint->loop().call([&] {
      EXPECT_EQ(200, status);
      EXPECT_THAT(adopter.requests, ::testing::ElementsAre("BYE"));
    });
  }

  TestUa customer{"127.0.0.2", "+49301"};
  TestUa target{"127.0.0.3", "target"};
  NoCalls no_calls;
  Adopter adopter;
  std::unique_ptr<Endpoint> endpoint;
  std::unique_ptr<ClientTransactions> transactions;
  StackHeaders headers{"baton-test"};
  std::unique_ptr<Dialog> dialog;
  int port = 0;

 private:
  pid_t child_ = -1;
  int pipe_ = -1;
};

TEST_F(DialogAdoptTest, AConfirmedDialogThatThePeerBeganIsAdoptedWhole) {
  begin(Scene::confirmed_uas);
  customer_confirmed();
  DialogSnapshot snapshot = kill();
  ASSERT_EQ(1U, snapshot.route_set.size());
  EXPECT_FALSE(snapshot.we_called);
  restart();
  snapshot.local_cseq += 10;  // The margin: what was sent after the snapshot is not known.
  adopt(snapshot);
  expect_alive(customer, snapshot);
}

TEST_F(DialogAdoptTest, AConfirmedDialogThatWeBeganIsAdoptedWhole) {
  begin(Scene::confirmed_uac);
  const auto invite = target.request("INVITE");
  ASSERT_TRUE(invite);
  target.reply(*invite, 200, TestUa::sdp(7000, "recvonly"));
  ASSERT_TRUE(target.request("ACK"));
  target.take_dialog_as_callee();
  DialogSnapshot snapshot = kill();
  EXPECT_TRUE(snapshot.we_called);
  EXPECT_EQ(static_cast<std::uint32_t>(invite->cseq()), snapshot.local_cseq);
  restart();
  snapshot.local_cseq += 10;
  adopt(snapshot);
  expect_alive(target, snapshot);
}

TEST_F(DialogAdoptTest, AnAdoptedDialogTakesAReinviteAndAnUnansweredOneOfTheDeadIsAcknowledged) {
  begin(Scene::in_reinvite);
  customer_confirmed();
  const auto invite = target.request("INVITE");
  ASSERT_TRUE(invite);
  target.reply(*invite, 200, TestUa::sdp(7000));
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  DialogSnapshot snapshot = kill();
  EXPECT_EQ(static_cast<std::uint32_t>(reinvite->cseq()), snapshot.local_cseq);
  restart();
  snapshot.local_cseq += 10;
  adopt(snapshot);
  // The dead process's re-INVITE is answered: no transaction knows it, and still it must be
  // acknowledged, or the peer hangs up after 32 s.
  customer.reply(*reinvite, 200, TestUa::sdp(5000, "sendrecv", 2));
  const auto ack = customer.request("ACK");
  ASSERT_TRUE(ack);
  EXPECT_EQ(reinvite->cseq(), ack->cseq());
  // The adopted dialog can begin an exchange of its own afterwards.
  endpoint->loop().call([&] {
    TagList tags;
    dialog->send("INVITE", tags, [](ClientTransaction&, const Response&) {});
  });
  const auto next = customer.request("INVITE");
  ASSERT_TRUE(next);
  EXPECT_GT(next->cseq(), reinvite->cseq());
  EXPECT_EQ(snapshot.remote_target, next->uri());
}

TEST_F(DialogAdoptTest, ACallThatRangIsCancelledByTheSameBranchAndCseq) {
  begin(Scene::early_uac);
  const auto invite = target.request("INVITE");
  ASSERT_TRUE(invite);
  target.reply(*invite, 180);
  const DialogSnapshot snapshot = kill();
  ASSERT_FALSE(snapshot.invite_branch.empty());
  restart();
  adopt(snapshot);
  // The transaction itself cannot be restored, but its CANCEL can be built: the INVITE's
  // Request-URI, branch, CSeq number, and a To without tag (RFC 3261 section 9.1).
  const std::string uri = invite->uri();
  endpoint->loop().call([&] {
    su_home_t home{};
    su_home_init(&home);
    sip_to_t* to = sip_to_make(&home, snapshot.remote_uri.c_str());
    sip_from_t* from = sip_from_make(&home, snapshot.local_uri.c_str());
    sip_from_tag(&home, from, snapshot.local_tag.c_str());
    msg_t* msg = nta_msg_create(endpoint->agent(), 0);
    sip_t* sip = sip_object(msg);
    sip_add_tl(msg, sip, SIPTAG_TO(to), SIPTAG_FROM(from),
               SIPTAG_CALL_ID_STR(snapshot.call_id.c_str()), TAG_END());
    sip_request_t* request =
        sip_request_create(msg_home(msg), SIP_METHOD_CANCEL,
                           reinterpret_cast<const url_string_t*>(uri.c_str()), nullptr);
    msg_header_insert(msg, reinterpret_cast<msg_pub_t*>(sip),
                      reinterpret_cast<msg_header_t*>(request));
    sip_cseq_t* cseq = sip_cseq_create(msg_home(msg), snapshot.local_cseq, SIP_METHOD_CANCEL);
    msg_header_insert(msg, reinterpret_cast<msg_pub_t*>(sip),
                      reinterpret_cast<msg_header_t*>(cseq));
    nta_outgoing_t* cancel =
        nta_outgoing_mcreate(endpoint->agent(), nullptr, nullptr, nullptr, msg,
                             NTATAG_BRANCH_KEY(snapshot.invite_branch.c_str()), TAG_END());
    EXPECT_NE(nullptr, cancel);
    if (cancel != nullptr) nta_outgoing_destroy(cancel);
    su_home_deinit(&home);
  });
  const auto cancel = target.request("CANCEL");
  ASSERT_TRUE(cancel);
  const auto branch_of = [](const Message& m) {
    const std::string via = m.header("Via");
    const auto at = via.find("branch=") + 7;
    return via.substr(at, via.find_first_of(";\r", at) - at);
  };
  EXPECT_EQ(branch_of(*invite), branch_of(*cancel));
  EXPECT_EQ(invite->cseq(), cancel->cseq());
  EXPECT_EQ(invite->uri(), cancel->uri());
  EXPECT_EQ(invite->header("From"), cancel->header("From"));
  // Its 487 finds no transaction and is dropped: the peer repeats it for 32 s and is done.
  target.reply(*cancel, 200);
  target.reply(*invite, 487);
}

TEST_F(DialogAdoptTest, AnAnswerToACallOfTheDeadIsAcknowledgedAndEnded) {
  begin(Scene::early_uac);
  const auto invite = target.request("INVITE");
  ASSERT_TRUE(invite);
  target.reply(*invite, 180);
  kill();
  restart();
  target.reply(*invite, 200, TestUa::sdp(7000));
  const auto ack = target.request("ACK");
  ASSERT_TRUE(ack);
  EXPECT_EQ(invite->cseq(), ack->cseq());
  EXPECT_TRUE(target.request("BYE"));
}

TEST_F(DialogAdoptTest, ARingingCustomerCanBeAnsweredOnlyIfHisInvitesOwnHeadersWereKept) {
  begin(Scene::early_uas);
  customer_calls();
  const auto ringing = customer.response(180);
  ASSERT_TRUE(ringing);
  const DialogSnapshot snapshot = kill();
  restart();
  adopt(snapshot);
  // The INVITE's transaction is gone; what answers it is made again from the headers that a
  // response copies (RFC 3261 section 8.2.6.2).
  ASSERT_EQ(1U, snapshot.invite_vias.size());
  ASSERT_EQ(1U, snapshot.invite_record_routes.size());
  const std::string rebuilt = fmt::format(
      "INVITE sip:{0}@127.0.0.1:{1} SIP/2.0\r\nVia: {2}\r\nRecord-Route: {3}\r\nFrom: "
      "{4};tag={5}\r\n"
      "To: {6}\r\nCall-ID: {7}\r\nCSeq: {8} INVITE\r\nContent-Length: 0\r\n\r\n",
      testing::kInbound, port, snapshot.invite_vias[0], snapshot.invite_record_routes[0],
      snapshot.remote_uri, snapshot.remote_tag, snapshot.local_uri, snapshot.call_id,
      snapshot.invite_cseq);
  bool answered = false;
  endpoint->loop().call([&] {
    msg_t* msg =
        msg_make(sip_default_mclass(), 0, rebuilt.data(), static_cast<ssize_t>(rebuilt.size()));
    ASSERT_NE(nullptr, msg);
    // Without a transport named, the stack takes its root transport and aborts at the end
    // (assertion in tport_zap_primary), so the one that the INVITE came by is given.
    nta_incoming_t* irq = nta_incoming_create(
        endpoint->agent(), dialog->raw(), msg, sip_object(msg),
        NTATAG_TPORT(tport_primaries(nta_agent_tports(endpoint->agent()))), TAG_END());
    ASSERT_NE(nullptr, irq);
    nta_incoming_tag(irq, snapshot.local_tag.c_str());
    const std::string contact = "<" + snapshot.local_contact + ">";
    answered = nta_incoming_treply(irq, SIP_200_OK, SIPTAG_CONTACT_STR(contact.c_str()),
                                   SIPTAG_CONTENT_TYPE_STR("application/sdp"),
                                   SIPTAG_PAYLOAD_STR(TestUa::sdp(40000, "sendonly").c_str()),
                                   TAG_END()) == 0;
    nta_incoming_destroy(irq);
  });
  EXPECT_TRUE(answered);
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->header("To"), HasSubstr(snapshot.local_tag));
  EXPECT_EQ(ringing->header("CSeq"), answer->header("CSeq"));
  customer.take(*answer);
  customer.ack();
  // The retransmissions stop, and the dialog lives.
  EXPECT_FALSE(customer.response(200, milliseconds(700)));
  expect_alive(customer, snapshot);
}

TEST_F(DialogAdoptTest, ACancelOfACustomerWhoseInviteWasNotRestoredReachesTheAdoptedDialog) {
  begin(Scene::early_uas);
  customer_calls();
  ASSERT_TRUE(customer.response(180));
  const DialogSnapshot snapshot = kill();
  restart();
  adopt(snapshot);
  customer.cancel();
  // It has no To tag, but the library matches it by Call-ID and From tag: the adopted leg hears
  // that the customer gave up, though no INVITE is there that could be answered with 487.
  EXPECT_TRUE(customer.response(200));
  endpoint->loop().call([&] { EXPECT_THAT(adopter.requests, ::testing::ElementsAre("CANCEL")); });
}

}  // namespace
}  // namespace baton::telephony::sip
