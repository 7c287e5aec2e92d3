#include <benchmark/benchmark.h>

#include <string>

#include "store/audit.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

// What a line of the audit costs in a commit that is made anyway: the difference between a commit
// with so many and one with none, by their number.

namespace baton::store {
namespace {

void BM_CommitWithAuditRows(benchmark::State& state) {
  const TempFolder folder;
  Store store = Store::open(folder.file("baton.db"), "baton", Durability::process);
  const auto rows = static_cast<std::size_t>(state.range(0));
  Records records;
  records.legs.push_back({.leg = "leg", .state = std::string(500, 'x')});
  records.audit.resize(rows);
  std::uint64_t next = 0;
  for (auto _ : state) {
    for (AuditRow& row : records.audit) {
      row.key = std::to_string(1'000'000'000 + next) + "-0123456789abcdef";
      row.at = 1'700'000'000'000;
      row.event = "request";
      row.caller = row.agent = "agent1";
      row.role = "agent";
      row.address = "192.0.2.10";
      row.request = "InboundCall/BlindTransfer";
      row.request_id = "5f0c3a52-8a34-4a62-9d6f-0d6f3a1d2b11";
      row.contact_id = row.transfer_id = "0198c0de-0000-7000-8000-000000000001";
      row.target = "+12082097345";
      row.result = "accepted";
      ++next;
    }
    if (!store.transact([&] { return store.upsert(records); })) state.SkipWithError("commit");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}
BENCHMARK(BM_CommitWithAuditRows)->Arg(0)->Arg(1)->Arg(8)->Arg(24);

}  // namespace
}  // namespace baton::store
