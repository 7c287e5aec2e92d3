#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "gateway/backend.hpp"

namespace baton::gateway {

/// What other threads hand to the gateway's thread, in one order: events, and work such as a reply
/// to deliver. The order matters: an event that was published before a reply was given reaches the
/// client before it. Many items cost one wake-up, since only the first into an empty box wakes the
/// reader.
class Mailbox {
 public:
  using Task = std::function<void()>;
  using Item = std::variant<PublishedEvent, Task>;

  struct Batch {
    std::vector<Item> items;
    /// More events came than the box may hold, and those were dropped: every client has a gap now.
    bool overflowed = false;
  };

  /// `wake` is called, by whoever puts the first item in, until close().
  Mailbox(std::function<void()> wake, std::size_t event_limit)
      : event_limit_(event_limit), wake_(std::move(wake)) {}

  /// Any thread. After close() they do nothing.
  void post(PublishedEvent event);
  void post(std::vector<PublishedEvent> events);
  void post(Task task);

  /// From now on the limit counts. What comes before, at a start, is as much as was kept of events:
  /// it lies in memory already, and dropping it would leave every client with a gap.
  void limit_from_now();

  /// Everything since the last call. The reader's thread.
  [[nodiscard]] Batch take();

  /// Drops what is in the box and what still comes. Once it returns, `wake` is not called any more.
  void close();

 private:
  void put(PublishedEvent event);
  void wake_if_first(bool was_empty);

  const std::size_t event_limit_;
  std::mutex mutex_;
  std::function<void()> wake_;  ///< Guarded by mutex_, like all below.
  std::vector<Item> items_;
  bool limited_ = false;
  std::size_t events_ = 0;  ///< Of those that the limit counts.
  bool overflowed_ = false;
};

}  // namespace baton::gateway
