#include "telephony/sip/leg_job.hpp"

#include <algorithm>
#include <utility>

#include "telephony/sip/leg.hpp"

namespace baton::telephony::sip {

void Job::add(const std::shared_ptr<Job>& job) {
  for (const auto& leg : job->legs_) {
    if (leg->ended()) {
      job->finished_ = true;
      job->abort(*leg);
      return;
    }
  }
  for (const auto& leg : job->legs_) leg->jobs().push_back(job);
  start_next(job->legs_);
}

void Job::run_beside(const std::shared_ptr<Job>& job) {
  job->running_ = true;
  job->start();
}

void Job::start_next(const std::vector<std::shared_ptr<Leg>>& legs) {
  for (const auto& leg : legs) {
    if (leg->jobs().empty()) continue;
    const std::shared_ptr<Job> next = leg->jobs().front();
    if (next->running_ || next->finished_) continue;
    const bool free = std::all_of(next->legs_.begin(), next->legs_.end(), [&](const auto& other) {
      return !other->jobs().empty() && other->jobs().front() == next;
    });
    if (!free) continue;
    const auto gone = std::find_if(next->legs_.begin(), next->legs_.end(), [](const auto& each) {
      return each->ended() || each->is_lost();
    });
    if (gone != next->legs_.end()) {
      // Its turn comes between the loss of its leg and Job::leg_ended().
      next->finished_ = true;
      remove(next);
      next->abort(**gone);
      start_next(next->legs_);
      continue;
    }
    next->running_ = true;
    next->start();
  }
}

void Job::remove(const std::shared_ptr<Job>& job) {
  for (const auto& leg : job->legs_) std::erase(leg->jobs(), job);
}

void Job::finish() {
  if (finished_) return;
  finished_ = true;
  const std::shared_ptr<Job> self = shared_from_this();
  remove(self);
  start_next(legs_);
}

void Job::leg_ended(Leg& leg) {
  const auto waiting = leg.jobs();
  for (const auto& job : waiting) {
    if (job->finished_) continue;
    if (job->running_) {
      job->leg_gone(leg);
      continue;
    }
    job->finished_ = true;
    remove(job);
    job->abort(leg);
    start_next(job->legs_);
  }
}

}  // namespace baton::telephony::sip
