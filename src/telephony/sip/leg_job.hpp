#pragma once

#include <memory>
#include <vector>

#include "telephony/sip/leg_context.hpp"

namespace baton::telephony::sip {

/// Something that needs the offer/answer exchange of one or two legs for itself: parking, joining,
/// muting, refreshing, answering a party's re-INVITE. Jobs on the same leg run one after another in
/// the order in which they were added, since a dialog has one re-INVITE at a time (RFC 3261
/// section 14.1). Loop thread only.
class Job : public std::enable_shared_from_this<Job> {
 public:
  explicit Job(std::vector<std::shared_ptr<Leg>> legs) : legs_(std::move(legs)) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  /// Puts the job behind what its legs have to do; it starts at once when that is nothing.
  static void add(const std::shared_ptr<Job>& job);
  /// Runs the job at once beside the one that has its legs, which has no exchange open with them.
  /// It hears nothing of a leg that ends.
  static void run_beside(const std::shared_ptr<Job>& job);
  /// A leg has ended: what waited for it is aborted, what runs hears of it.
  static void leg_ended(Leg& leg);

  [[nodiscard]] bool running() const { return running_; }

 protected:
  /// The legs are the job's alone until finish().
  virtual void start() = 0;
  /// A leg ended before the job had begun. Answer whoever waits.
  virtual void abort(const Leg& gone) = 0;
  /// A leg ended while the job runs. Only for a job that waits for something that would never come.
  virtual void leg_gone(const Leg& /*gone*/) {}
  /// Frees the legs for the next jobs. Once; the job may be gone afterwards.
  void finish();
  [[nodiscard]] const std::vector<std::shared_ptr<Leg>>& legs() const { return legs_; }

 private:
  static void remove(const std::shared_ptr<Job>& job);
  static void start_next(const std::vector<std::shared_ptr<Leg>>& legs);

  std::vector<std::shared_ptr<Leg>> legs_;
  bool running_ = false;
  bool finished_ = false;
};

}  // namespace baton::telephony::sip
