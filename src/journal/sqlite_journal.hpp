#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "journal/journal.hpp"

namespace baton::store {
class Store;
}

namespace baton::journal {

/// The journal in the store's own SQLite file, so that one commit serves a batch of inputs and the
/// records that the core wrote (docs/journal-format.md). Same thread as the store, which must
/// outlive it.
class SqliteJournal final : public Journal {
 public:
  /// `core_version` names the program whose core reads and writes the segment ("0.1.0"). Throws
  /// store::StoreError where the journal's tables cannot be read.
  SqliteJournal(store::Store& store, std::string_view core_version);
  ~SqliteJournal() override;

  using Journal::append;
  Appended append(std::span<const core::Input> inputs, const Records& records,
                  const KeptEventsRow* events) override;
  Replayed replay(std::uint64_t from_index,
                  const std::function<void(std::uint64_t, const core::Input&)>& apply) override;
  Status truncate_before(std::uint64_t index) override;
  Status put_snapshot_part(std::uint64_t next_index, std::uint64_t part,
                           std::string_view body) override;
  Status finish_snapshot(const SnapshotMark& mark) override;
  [[nodiscard]] LoadedSnapshot load_snapshot() override;
  Status put_events(const KeptEventsRow& row) override;
  Status forget_events_to_come() override;
  [[nodiscard]] std::vector<KeptEventsRow> load_events(std::int64_t since) override;
  Forgotten forget_events(std::int64_t before, std::size_t max_bytes, std::size_t rows) override;
  Forgotten forget_superseded(std::size_t rows) override;
  [[nodiscard]] std::uint64_t first_index() const override;
  [[nodiscard]] std::uint64_t last_index() const override;
  [[nodiscard]] const std::string& failed() const override;

  /// Forgets all that a start would go on with: inputs, snapshots and kept events, in one
  /// transaction. Indices are not given again, so that the events' epoch gets another name. For a
  /// store that no server uses.
  [[nodiscard]] Status forget_all();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::journal
