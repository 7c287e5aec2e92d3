#include "gateway/mailbox.hpp"

#include <utility>

namespace baton::gateway {

void Mailbox::post(PublishedEvent event) {
  const std::lock_guard lock(mutex_);
  if (!wake_) return;
  const bool was_empty = items_.empty() && !overflowed_;
  put(std::move(event));
  wake_if_first(was_empty);
}

void Mailbox::post(std::vector<PublishedEvent> events) {
  if (events.empty()) return;
  const std::lock_guard lock(mutex_);
  if (!wake_) return;
  const bool was_empty = items_.empty() && !overflowed_;
  for (PublishedEvent& event : events) put(std::move(event));
  wake_if_first(was_empty);
}

void Mailbox::post(Task task) {
  const std::lock_guard lock(mutex_);
  if (!wake_) return;
  const bool was_empty = items_.empty() && !overflowed_;
  items_.emplace_back(std::move(task));
  wake_if_first(was_empty);
}

void Mailbox::limit_from_now() {
  const std::lock_guard lock(mutex_);
  limited_ = true;
}

Mailbox::Batch Mailbox::take() {
  const std::lock_guard lock(mutex_);
  Batch batch;
  batch.items.swap(items_);
  batch.overflowed = std::exchange(overflowed_, false);
  events_ = 0;
  return batch;
}

void Mailbox::close() {
  // What the items hold may lead back here when it is destroyed, so that happens outside the lock.
  std::vector<Item> dropped;
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  dropped.swap(items_);
}

void Mailbox::put(PublishedEvent event) {
  if (limited_ && events_++ >= event_limit_) {
    overflowed_ = true;
    return;
  }
  items_.emplace_back(std::move(event));
}

void Mailbox::wake_if_first(bool was_empty) {
  if (was_empty) wake_();
}

}  // namespace baton::gateway
