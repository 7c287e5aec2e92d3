#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace baton::message {

/// How a queue is at a moment: an item of GET /v1/queues, and of Queue / QueueStateChange.
struct QueueState {
  std::string arn;
  std::string name;
  bool open = true;
  int waiting = 0;                         ///< Customers.
  std::int64_t longest_waiting_since = 0;  ///< Unix milliseconds; 0: nobody waits.
  int agents_staffed = 0;                  ///< At work, and serving it.
  int agents_available = 0;                ///< Those of them who can be offered a call now.
  /// For one who came now; empty until a first customer was taken out of the queue.
  std::optional<int> estimated_wait_seconds{};

  friend bool operator==(const QueueState&, const QueueState&) = default;
};

/// Most queues of one Queue / QueueStateChange, so that a message stays below 64 KiB; a longer list
/// is told in several.
inline constexpr std::size_t kMaxToldQueues = 200;

/// The object as JSON text. Any thread.
[[nodiscard]] std::string print(const QueueState& queue);

/// The envelope of Queue / QueueStateChange (+) as JSON text: how these queues were at `at`, in
/// Unix milliseconds, and the ARNs of those that the directory has no more. It is no agent's event:
/// neither numbered nor journalled. Any thread.
[[nodiscard]] std::string print_queue_states(std::span<const QueueState> queues, std::int64_t at,
                                             std::span<const std::string> removed = {});

}  // namespace baton::message
