#include "store/statistics.hpp"

#include <benchmark/benchmark.h>

#include <string>

#include "store/sqlite.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

// What GET /v1/statistics costs, by the number of transfers between its times: rows as large as
// those of a real transfer, each with its timeline.

namespace baton::store {
namespace {

constexpr std::int64_t kBegin = 1'700'006'400'000;

TransferRow usual_row(std::int64_t number) {
  TransferRow row;
  row.id = "0198c0de-0000-7000-8000-" + std::to_string(100'000'000'000 + number * 7'919 % 99'991);
  row.id += std::to_string(number);
  row.contact_id = "4bbfa29b-d5a8-4876-9276-09872a748397";
  row.agent = "agent" + std::to_string(number % 500);
  row.state = number % 5 == 0 ? "failed" : "completed";
  row.accepted_at = kBegin + number * 250;
  row.updated_at = row.accepted_at + 9'000;
  row.json =
      R"({"transferId":")" + row.id + R"(","contactId":")" + row.contact_id + R"(","state":")" +
      row.state +
      R"(","custody":"gone","destination":{"endpointARN":"arn:aws:connect:us-east-1:000000000000:instance/)"
      R"(12345678-1234-1234-1234-123456789012/transfer-destination/09258070-274e-489c-8e78-d228d8879067",)"
      R"("endpointId":"arn:aws:connect:us-east-1:000000000000:instance/12345678-1234-1234-1234-123456789012/)"
      R"(transfer-destination/09258070-274e-489c-8e78-d228d8879067","type":"queue","name":"Queue )" +
      std::to_string(number % 40) +
      R"(","phoneNumber":null,"agentLogin":null,"queue":"Billing"},"options":{"releaseOn":"alerting",)"
      R"("ringTimeoutSeconds":20,"queueTimeoutSeconds":600,"onFailure":["return","originalQueue"],)"
      R"("note":"Wants to change the address.","attributes":{}},"at":"2023-11-15T00:00:09.000Z",)" +
      (number % 5 == 0 ? R"("reason":"noAnswer",)" : "") + R"("agent":")" + row.agent +
      R"(","id":"request-1","calledQueue":"Queue )" + std::to_string(number % 30) +
      R"(","acceptedAt":"2023-11-15T00:00:00.000Z","releasedAt":"2023-11-15T00:00:01.200Z",)"
      R"("outcomeAt":"2023-11-15T00:00:09.000Z"})";
  row.timeline = std::string(1'100, 'x');
  return row;
}

void BM_Statistics(benchmark::State& state) {
  const TempFolder folder;
  const std::string path = folder.file("baton.db");
  Store store = Store::open(path, "baton", Durability::process);
  const std::int64_t rows = state.range(0);
  for (std::int64_t next = 0; next < rows;) {
    Records records;
    for (int i = 0; i < 1'000 && next < rows; ++i) records.transfers.push_back(usual_row(next++));
    if (!store.transact([&] { return store.upsert(records); })) state.SkipWithError("commit");
  }
  Database database(path, Database::Mode::read_only);
  StatisticsQuery query;
  query.from = kBegin;
  query.to = kBegin + rows * 250;
  query.by = GroupBy::agent;
  query.most_time = std::chrono::minutes(10);
  for (auto _ : state) {
    const TransferStatistics found = transfer_statistics(database, query);
    if (found.total.accepted != static_cast<std::uint64_t>(rows)) state.SkipWithError("rows");
  }
  state.SetItemsProcessed(state.iterations() * rows);
}
BENCHMARK(BM_Statistics)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace baton::store
