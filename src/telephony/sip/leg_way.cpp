#include <sofia-sip/sip.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "telephony/sip/leg.hpp"
#include "telephony/sip/leg_job.hpp"
#include "telephony/sip/leg_reinvite.hpp"

// Where a party is reached that moves in a call, and one whose connection died, with the process
// that had it maybe. A trunk has an address of its own. Nobody can connect to a phone on TCP or TLS
// behind a NAT: it has to come back by itself.

namespace baton::telephony::sip {
namespace {

/// Has the leg until the party is back or has been given up, so that a park or a bridge waits
/// instead of failing.
class LostWay : public Job {
 public:
  explicit LostWay(Leg& leg) : Job({leg.self()}), leg_(leg) {}
  ~LostWay() override { loop().cancel(deadline_); }

  void found() {
    loop().cancel(deadline_);
    finish();
    let_go();
  }

  /// Each is an open request or command, of which there is a limit.
  void then(std::function<void()> action) { then_.push_back(std::move(action)); }

 private:
  void start() override {
    deadline_ = loop().after(std::chrono::seconds(leg_.context().config().reconnect_seconds),
                             [weak = leg_.weak_from_this()] {
                               if (const auto leg = weak.lock()) leg->stays_away();
                             });
  }
  void abort(const Leg&) override {}
  void leg_gone(const Leg&) override {
    finish();
    let_go();
  }
  void let_go() {
    for (const auto& action : std::exchange(then_, {})) action();
  }
  Loop& loop() { return *leg_.context().loop; }

  Leg& leg_;  // Owns this.
  Loop::Timer deadline_;
  std::vector<std::function<void()>> then_;
};

bool over_a_connection(const std::string& uri) {
  return uri.ends_with(";transport=tcp") || uri.ends_with(";transport=tls");
}

std::string_view port_of(std::string_view uri) {
  uri = uri.substr(0, uri.find(';'));
  return uri.substr(uri.rfind(':') + 1);
}

}  // namespace

std::string Leg::way_without_connection(const std::string& source) const {
  // The port of a datagram is the one that its sender listens on, that of a connection is not.
  if (!party_.agent.empty() || !over_a_connection(source)) return source;
  // Where we called it listens, whatever the trunk's name leads to by now.
  if (dialog_ && dialog_->we_called()) return source;
  const auto way = context_.endpoint->trunks().way_to(party_.trunk, host_of(source));
  // So it does at the trunk's port, which no connection comes from: the way was mended before.
  return way && port_of(*way) != port_of(source) ? *way : source;
}

std::string Leg::way_that_is_left(const std::string& send_to) const {
  if (!party_.agent.empty() || !over_a_connection(send_to)) return send_to;
  return context_.endpoint->is_connected_to(send_to) ? send_to : way_without_connection(send_to);
}

void Leg::mend_way() {
  if (dialog_) dialog_->set_send_to(way_that_is_left(dialog_->send_to()));
}

void Leg::restore_way() {
  if (!over_a_connection(dialog_->send_to())) return;
  if (party_.agent.empty()) {
    // One that was kept before its trunk's address was known, or by a Baton that did not look.
    dialog_->set_send_to(way_without_connection(dialog_->send_to()));
    return;
  }
  way_ = std::make_shared<LostWay>(*this);
  Job::add(way_);
}

void Leg::found_its_way(const std::string& send_to) {
  const auto way = std::static_pointer_cast<LostWay>(std::exchange(way_, nullptr));
  if (!way) return;
  dialog_->set_send_to(send_to);
  if (ended()) {
    end_late();
    return;
  }
  learn_phone();
  changed();
  way->found();
  ask_if_it_lives();
}

void Leg::once_reachable(std::function<void()> action) {
  std::static_pointer_cast<LostWay>(way_)->then(std::move(action));
}

void Leg::follow_phone(const std::string& send_to) {
  dialog_->set_send_to(send_to);
  learn_phone();
  changed();
  ask_where_it_is();
}

void Leg::ask_where_it_is() {
  if (reinvite_) reinvite_->party_moved();
}

void Leg::stays_away() {
  // It may be reached where it was, for all that.
  way_.reset();
  if (ended()) {
    end_late();
  } else {
    give_up(core::EndCause::unreachable, 408, "The phone did not connect again after a restart.");
  }
}

void Leg::end_late() {
  send_bye({});
  forget_late();
}

void Leg::forget_late() {
  context_.keeper->ended(*this);
  context_.forget(id_);
}

bool Leg::follow(const ServerTransaction& transaction, const sip_s* sip) {
  const bool moved = dialog_->refresh_target(sip);
  // A phone behind a NAT has no address but the one that it sends from.
  if (sip->sip_contact == nullptr || party_.agent.empty() || dialog_->send_to().empty()) {
    return moved;
  }
  std::string from = to_uri(context_.endpoint->source_of(transaction.raw()));
  if (from == dialog_->send_to()) return moved;
  dialog_->set_send_to(std::move(from));
  learn_phone();
  return true;
}

void Leg::learn_phone() {
  if (party_.agent.empty()) return;
  const PhonesBefore::Place here = place();
  const std::vector<Binding> phones = context_.endpoint->bindings(party_.agent);
  auto phone = std::ranges::find(phones, here.target, &Binding::contact);
  // In a call it may have another Contact than in its registration.
  if (phone == phones.end()) phone = std::ranges::find(phones, here.send_to, &Binding::via_route);
  if (phone != phones.end()) phone_ = {.instance = phone->instance, .call_id = phone->call_id};
}

PhonesBefore::Place Leg::place() const {
  if (!dialog_) return {};
  return {
      .send_to = dialog_->send_to(), .target = dialog_->snapshot().remote_target, .phone = phone_};
}

std::string Leg::reached_at() const {
  const PhonesBefore::Place here = place();
  return here.send_to.empty() ? here.target : way_that_is_left(here.send_to);
}

}  // namespace baton::telephony::sip
