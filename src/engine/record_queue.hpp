#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

#include "core/output.hpp"
#include "store/records.hpp"

namespace baton::engine {

/// Records of transfers and contacts that wait to be written, each for the same time since its
/// first change: a short call's then is written once, in its last state. Rows of the audit wait as
/// long, so that they need no commit of their own. Those that are due wait for a group of them, for
/// a quarter of that time at most: rows that are written together share pages, and each page that a
/// commit changes is written whole. The engine's thread only.
class RecordQueue {
 public:
  /// `delay_ms`: how long a record waits before it is due. `group`: how many make a group.
  RecordQueue(int delay_ms, std::size_t group)
      : delay_ms_(delay_ms), gather_ms_(delay_ms / 4), group_(std::max<std::size_t>(group, 1)) {}

  /// Whether keep() takes the output.
  [[nodiscard]] static bool takes(const core::Output& output) {
    return std::holds_alternative<core::StoreTransfer>(output) ||
           std::holds_alternative<core::StoreContact>(output);
  }
  /// Takes a StoreTransfer or StoreContact; false for any other output, which is left alone.
  bool keep(core::Output& output, core::TimeMs now);
  void keep(store::AuditRow row, core::TimeMs now);
  /// When next() has come: moves the records that are due into `rows`, the oldest first, `most` of
  /// them at most. Whoever cannot write them has lost them.
  void take_due(core::TimeMs now, std::size_t most, store::Records& rows);
  /// Moves the `most` oldest, due or not.
  void take_first(std::size_t most, core::TimeMs now, store::Records& rows);
  /// Moves all of them.
  void take_all(core::TimeMs now, store::Records& rows);

  /// Forgets all of them.
  void clear() {
    taken_ += waiting_.size();
    waiting_.clear();
    transfers_.clear();
    contacts_.clear();
    audit_.clear();
  }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  /// How many have come to wait so far, and how many of these, the oldest, wait no more.
  [[nodiscard]] std::uint64_t kept() const { return taken_ + waiting_.size(); }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  /// When a group is due, or the oldest has been for long enough.
  [[nodiscard]] std::optional<core::TimeMs> next() const {
    if (waiting_.empty()) return std::nullopt;
    const core::TimeMs alone = waiting_.front().due + gather_ms_;
    return waiting_.size() < group_ ? alone : std::min(alone, waiting_[group_ - 1].due);
  }

 private:
  enum class Kind : std::uint8_t { transfer, contact, audit };
  struct Waiting {
    core::TimeMs due = 0;
    message::Uuid id;  ///< Of the audit's none: they are in audit_ in the same order.
    Kind kind = Kind::transfer;
  };

  void take_first(core::TimeMs now, store::Records& rows);

  int delay_ms_;
  int gather_ms_;
  std::size_t group_;
  std::deque<Waiting> waiting_;  // By due; each id once.
  std::uint64_t taken_ = 0;
  std::unordered_map<message::Uuid, std::shared_ptr<const message::TransferView>> transfers_;
  std::unordered_map<message::Uuid, std::shared_ptr<const message::ContactView>> contacts_;
  std::deque<store::AuditRow> audit_;
};

}  // namespace baton::engine
