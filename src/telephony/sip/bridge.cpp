#include "telephony/sip/bridge.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "telephony/sip/bridge_relay.hpp"
#include "telephony/sip/leg_job.hpp"

namespace baton::telephony::sip {
namespace {

/// A job that answers a command, by its deadline at the latest. After that it still runs to its
/// end, since the exchange with the party cannot be called back, and one whose turn comes late is
/// still done: it is what the next one of the leg goes on from. Not so Mute, since nothing follows
/// its failure that would put right what the agent is shown.
class CommandJob : public Job {
 public:
  CommandJob(std::vector<std::shared_ptr<Leg>> legs, LegContext& context, Completion completion)
      : Job(std::move(legs)), context_(context), completion_(std::move(completion)) {}
  ~CommandJob() override { context_.loop->cancel(deadline_); }

  static void add(const std::shared_ptr<CommandJob>& job) {
    Job::add(job);
    if (!job->running() && !job->completion_.answered()) job->await_turn();
  }

 protected:
  void start() final {
    context_.loop->cancel(deadline_);
    deadline_ = context_.loop->after(context_.times.job_deadline, [completion = completion_] {
      completion.fail(504, "The parties took too long.");
    });
    run();
  }
  void abort(const Leg& gone) override { completion_.fail(481, "The leg has ended.", gone.id()); }
  virtual void run() = 0;

  void succeed() {
    completion_.ok();
    finish();
  }
  void fail(int code, const std::string& text, std::optional<core::LegId> leg = std::nullopt) {
    completion_.fail(code, text, leg);
    finish();
  }

  LegContext& context_;
  Completion completion_;

 private:
  void await_turn() {
    deadline_ = context_.loop->after(context_.times.job_deadline, [weak = weak_from_this()] {
      const auto job = std::static_pointer_cast<CommandJob>(weak.lock());
      if (!job || job->running()) return;
      // A party that has to connect again has a deadline of its own (leg_way.cpp).
      const bool awaited = std::ranges::any_of(
          job->legs(), [](const std::shared_ptr<Leg>& leg) { return leg->lost_its_way(); });
      if (awaited) {
        job->await_turn();
      } else {
        job->completion_.fail(504, "What the parties had to do before took too long.");
      }
    });
  }

  Loop::Timer deadline_;
};

class Answer : public CommandJob {
 public:
  Answer(Leg& leg, core::Sound sound, Completion completion)
      : CommandJob({leg.self()}, leg.context(), std::move(completion)),
        leg_(leg.self()),
        sound_(sound) {}

 private:
  void run() override {
    if (leg_->state() != LegState::incoming) {
      fail(leg_->ended() ? 481 : 500, "The leg does not wait to be answered.", leg_->id());
      return;
    }
    auto& media = leg_->media();
    const auto source = context_.source();
    const std::optional<std::string> sdp =
        leg_->incoming_has_offer() ? media.answer_parked(source) : media.offer_parked(source);
    if (!sdp) {
      leg_->refuse(488, "No audio that the server can speak.");
      fail(488, "No audio that the server can speak.", leg_->id());
      return;
    }
    leg_->accept(*sdp, [job = shared_from_this(), this](int code, const std::string& text) {
      if (code == 200) {
        leg_->play(sound_);
        succeed();
      } else {
        fail(code, text, leg_->id());
      }
    });
  }

  std::shared_ptr<Leg> leg_;
  core::Sound sound_;
};

class Park : public CommandJob {
 public:
  Park(Leg& leg, core::Sound sound, Completion completion)
      : CommandJob({leg.self()}, leg.context(), std::move(completion)),
        leg_(leg.self()),
        sound_(sound) {}

 private:
  void run() override {
    if (leg_->state() == LegState::unacknowledged) {
      leg_->acknowledge();
      done(200, {});
      return;
    }
    if (leg_->state() == LegState::confirmed && leg_->peer() == nullptr && leg_->media().parked()) {
      done(200, {});
      return;
    }
    leg_->exchange(
        [this] { return leg_->media().offer_parked(context_.source()); },
        [job = shared_from_this(), this](int code, const std::string& text) { done(code, text); });
  }

  void done(int code, const std::string& text) {
    if (code != 200) {
      fail(code, text, leg_->id());
      return;
    }
    leg_->leave_bridge();
    leg_->set_fresh(false);
    leg_->play(sound_);
    succeed();
  }

  std::shared_ptr<Leg> leg_;
  core::Sound sound_;
};

class Mute : public CommandJob {
 public:
  Mute(Leg& leg, bool muted, Completion completion)
      : CommandJob({leg.self()}, leg.context(), std::move(completion)),
        leg_(leg.self()),
        muted_(muted) {}

 private:
  void run() override {
    Leg* const peer = leg_->peer();
    // A process that died with the re-INVITE open may have kept that it is muted.
    const bool already = leg_->media().muted() == muted_ &&
                         (peer == nullptr || !needs_reoffer(leg_->media(), peer->media()));
    // Answered: the agent was told that it failed.
    if (completion_.answered() || already) {
      succeed();
      return;
    }
    before_ = was_before();
    leg_->media().set_muted(muted_);
    if (peer == nullptr) {
      // Nobody hears a parked party anyway; the next bridge is made with it.
      leg_->changed();
      succeed();
      return;
    }
    leg_->exchange([this] { return offer(); },
                   [job = shared_from_this(), this](int code, const std::string& text) {
                     if (code != 200) {
                       leg_->media().set_muted(before_);
                       leg_->changed();  // It may have been kept meanwhile.
                       fail(code, text, leg_->id());
                     } else if (completion_.answered() && before_ != muted_) {
                       take_back();
                     } else {
                       done(muted_);
                     }
                   });
  }

  /// Whether the party counts as muted if this command fails. Where it was already so, and needs an
  /// offer for another reason than that it was told the opposite, a refusal changes nothing.
  [[nodiscard]] bool was_before() const {
    Leg* const peer = leg_->peer();
    if (peer == nullptr || leg_->media().muted() != muted_) return !muted_;
    LegMedia opposite = leg_->media();
    opposite.set_muted(!muted_);
    return needs_reoffer(opposite, peer->media()) ? muted_ : !muted_;
  }

  std::optional<std::string> offer() {
    Leg* const other = leg_->peer();
    return other != nullptr ? leg_->media().offer_from(other->media(), OfferFrom::last)
                            : leg_->media().offer_again();
  }

  /// The party's answer came after the agent was told that it failed.
  void take_back() {
    leg_->media().set_muted(!muted_);
    leg_->changed();
    leg_->exchange([this] { return offer(); },
                   [job = shared_from_this(), this](int code, const std::string& text) {
                     if (code == 200) {
                       done(!muted_);
                     } else {
                       stays_so();
                       fail(code, text, leg_->id());
                     }
                   });
  }

  /// It did not take back what the agent was told had failed.
  void stays_so() {
    if (leg_->ended() || leg_->is_lost()) return;
    leg_->media().set_muted(muted_);
    leg_->changed();
    context_.emit(core::LegMuted{leg_->id(), muted_});
    if (!muted_) bridge_tell_peer(*leg_);
  }

  void done(bool muted) {
    // Whatever the other was told meanwhile said that it would hear nothing.
    if (!muted) bridge_tell_peer(*leg_);
    succeed();
  }

  std::shared_ptr<Leg> leg_;
  bool muted_;
  bool before_ = false;  ///< was_before() this command.
};

/// BridgeLegs. `first` is offered (or, when its INVITE still waits, answered) with what `second`
/// has; `second` is told again only if what it was told of `first` no longer holds.
class Bridge : public CommandJob {
 public:
  Bridge(Leg& a, Leg& b, Completion completion)
      : CommandJob({a.self(), b.self()}, a.context(), std::move(completion)),
        first_(a.self()),
        second_(b.self()) {}

 private:
  static bool up(const Leg& leg) {
    return leg.state() == LegState::confirmed || leg.state() == LegState::unacknowledged;
  }

  void run() override {
    if (second_->state() == LegState::incoming) std::swap(first_, second_);
    if (!up(*second_) || (!up(*first_) && first_->state() != LegState::incoming)) {
      const Leg& wrong = up(*second_) ? *first_ : *second_;
      fail(wrong.ended() ? 481 : 500, wrong.ended() ? "The leg has ended." : "The leg is not up.",
           wrong.id());
      return;
    }
    if (first_->state() == LegState::incoming) {
      answer_incoming();
      return;
    }
    // The one that has just answered already has the other's SDP, so the other is asked first.
    if (first_->state() == LegState::unacknowledged) std::swap(first_, second_);
    if (first_->state() == LegState::unacknowledged) {
      first_->acknowledge();
    }
    if (first_->fresh() && !second_->fresh()) std::swap(first_, second_);
    const bool just_answered = second_->fresh();
    first_->exchange(
        [this, just_answered] {
          return first_->media().offer_from(second_->media(),
                                            just_answered ? OfferFrom::last : OfferFrom::widest);
        },
        [job = shared_from_this(), this](int code, const std::string& text) {
          if (code != 200) {
            fail(code, text, first_->id());
          } else {
            tell_second();
          }
        });
  }

  void tell_second() {
    if (!up(*second_)) {
      undo(481, "The leg has ended.", second_->id());
      return;
    }
    if (second_->state() == LegState::unacknowledged) {
      const auto answer = second_->media().answer_from(first_->media());
      if (!answer) {
        second_->acknowledge();
        undo(488, "No media that both sides have.", second_->id());
        return;
      }
      second_->acknowledge(*answer);
      joined();
      return;
    }
    if (!needs_reoffer(second_->media(), first_->media())) {
      joined();
      return;
    }
    second_->exchange(
        [this] { return second_->media().offer_from(first_->media(), OfferFrom::last); },
        [job = shared_from_this(), this](int code, const std::string& text) {
          if (code != 200) {
            undo(code, text, second_->id());
          } else {
            joined();
          }
        });
  }

  /// `first` still rings us: the 200 to its INVITE carries `second`'s SDP.
  void answer_incoming() {
    if (second_->state() == LegState::unacknowledged) {
      const auto answer = first_->incoming_has_offer()
                              ? second_->media().answer_from(first_->media())
                              : std::nullopt;
      if (answer) {
        second_->acknowledge(*answer);
      } else {
        second_->acknowledge();
      }
    }
    if (first_->incoming_has_offer() && needs_reoffer(second_->media(), first_->media())) {
      second_->exchange(
          [this] { return second_->media().offer_from(first_->media(), OfferFrom::last); },
          [job = shared_from_this(), this](int code, const std::string& text) {
            if (code != 200) {
              fail(code, text, second_->id());
            } else {
              accept_first();
            }
          });
      return;
    }
    accept_first();
  }

  void accept_first() {
    const bool offered = first_->incoming_has_offer();
    const auto sdp = offered ? first_->media().answer_from(second_->media())
                             : first_->media().offer_from(second_->media(), OfferFrom::last);
    if (!sdp) {
      fail(488, "No media that both sides have.", first_->id());
      return;
    }
    first_->accept(*sdp,
                   [job = shared_from_this(), this, offered](int code, const std::string& text) {
                     if (code != 200) {
                       fail(code, text, first_->id());
                       return;
                     }
                     context_.emit(core::LegAnswered{first_->id()});
                     if (offered) {
                       if (up(*second_)) {
                         joined();
                       } else {
                         undo(481, "The leg has ended.", second_->id());
                       }
                     } else {
                       tell_second();
                     }
                   });
  }

  void joined() {
    if (!up(*first_) || !up(*second_)) {
      undo(481, "The leg has ended.", up(*first_) ? second_->id() : first_->id());
      return;
    }
    Leg::join(*first_, *second_);
    // A deadline that has passed was told as a failure: then nobody may count on the bridge, but
    // the parties do hear each other, and the core's next command decides.
    succeed();
  }

  /// The first has the second's SDP, the second does not have the first's: back to the built-in
  /// source, so that both are parked.
  void undo(int code, const std::string& text, core::LegId failed) {
    if (first_->state() != LegState::confirmed) {
      fail(code, text, failed);
      return;
    }
    first_->leave_bridge();
    first_->exchange([this] { return first_->media().offer_parked(context_.source()); },
                     [job = shared_from_this(), this, code, text, failed](int, const std::string&) {
                       first_->play(first_->sound());
                       fail(code, text, failed);
                     });
  }

  std::shared_ptr<Leg> first_;
  std::shared_ptr<Leg> second_;
};

}  // namespace

void bridge_answer(Leg& leg, core::Sound sound, Completion completion) {
  CommandJob::add(std::make_shared<Answer>(leg, sound, std::move(completion)));
}

void bridge_park(Leg& leg, core::Sound sound, Completion completion) {
  CommandJob::add(std::make_shared<Park>(leg, sound, std::move(completion)));
}

void bridge_join(Leg& a, Leg& b, Completion completion) {
  CommandJob::add(std::make_shared<Bridge>(a, b, std::move(completion)));
}

void bridge_mute(Leg& leg, bool muted, Completion completion) {
  CommandJob::add(std::make_shared<Mute>(leg, muted, std::move(completion)));
}

}  // namespace baton::telephony::sip
