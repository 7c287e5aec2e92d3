#pragma once

#include <chrono>

#include "core/output.hpp"
#include "message/event.hpp"

namespace baton::engine {

/// Who counts what the engine does, for metrics. Called on the engine's thread, between the phones'
/// commands of one batch and the next, so it must not block. What is replayed at a start is not
/// told again.
class Observer {
 public:
  virtual ~Observer() = default;
  /// A transfer entered a state: the last of its timeline.
  virtual void transfer_moved(const message::TransferView& transfer) = 0;
  virtual void queue_left(const core::LeftQueue& left) = 0;
  /// A commit of the journal, with inputs or records, is through.
  virtual void committed(std::chrono::nanoseconds took) = 0;
};

}  // namespace baton::engine
