#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/input.hpp"
#include "store/records.hpp"
#include "store/status.hpp"

namespace baton::journal {

using store::Records;
using store::Status;

/// What became of an append.
struct [[nodiscard]] Appended {
  Status status;  ///< Not ok: nothing of the batch may be acknowledged or applied.
  std::uint64_t first_index =
      0;  ///< Index of the batch's first input; the others follow without a gap.
  std::chrono::nanoseconds commit_time{};  ///< How long the commit took, the disk's sync included.
};

/// What became of a replay.
struct [[nodiscard]] Replayed {
  enum class Kind : std::uint8_t {
    complete,  ///< All that is there was handed over.
    foreign,   ///< A segment of another format or core version, which must not be replayed by this
               ///< one.
    corrupt,   ///< A row is torn, changed or missing.
    io,        ///< The file could not be read.
  };
  Kind kind = Kind::complete;
  std::uint64_t next_index = 0;  ///< The first index that was not handed over.
  std::uint64_t count = 0;       ///< How many were.
  std::string error;             ///< For people; empty when complete.

  [[nodiscard]] bool ok() const { return kind == Kind::complete; }
};

/// The journal: an ordered, durable list of inputs, each with an index counted from 1 without a
/// gap. Journal before effect: an input is applied only once its append is ok. One thread, the
/// engine's.
class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  virtual ~Journal() = default;

  /// Appends a batch of inputs, and upserts records, with one commit. Either may be empty; both
  /// empty does nothing. After a failure every later append fails too (failed()): what the disk
  /// holds is unknown from then on.
  virtual Appended append(std::span<const core::Input> inputs, const Records& records) = 0;

  /// Hands over every input from `from_index` (or the oldest kept, if that is later) on, in order.
  virtual Replayed replay(
      std::uint64_t from_index,
      const std::function<void(std::uint64_t index, const core::Input& input)>& apply) = 0;

  /// Forgets inputs before `index` (rounded down to a whole batch). Indices are never given again.
  virtual Status truncate_before(std::uint64_t index) = 0;

  /// Index of the oldest input kept; last_index() + 1 when none is.
  [[nodiscard]] virtual std::uint64_t first_index() const = 0;
  /// Index of the newest input; 0 before the first.
  [[nodiscard]] virtual std::uint64_t last_index() const = 0;

  /// Why nothing can be appended any more; empty while all is well. Sticky until the process starts
  /// anew.
  [[nodiscard]] virtual const std::string& failed() const = 0;
};

}  // namespace baton::journal
