#include <benchmark/benchmark.h>

#include <optional>

#include "journal/codec.hpp"
#include "journal/sqlite_journal.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::journal {
namespace {

core::Input leg_input() {
  core::Input input;
  input.at = 1'700'000'000'000;
  input.entropy_high = 0x123456789abcdef0ULL;
  input.entropy_low = 0xfedcba9876543210ULL;
  input.body = core::LegEnded{{1, 2}, core::EndCause::refused, 486, "Busy Here"};
  return input;
}

/// The published queue sample as an input: the largest of the daily ones.
core::Input transfer_input() {
  core::Input input = leg_input();
  core::RequestInput request;
  request.reply = 7;
  request.caller = "agent1";
  request.agent = "agent1";
  request.request.kind = message::RequestKind::blind_transfer;
  request.request.topic = "InboundCall";
  request.request.subtopic = "BlindTransfer";
  request.request.source = "myapp";
  request.request.id = "7f0b7d4e-4b1c-4f0e-9d8c-0a5f6a7b8c9d";
  message::QuickConnectRef quick;
  quick.type = message::QuickConnectType::queue;
  quick.name = "CallSummary-HVOC-Queue";
  quick.endpoint_arn =
      "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974/"
      "transfer-destination/09258070-274e-489c-8e78-d228d8879067";
  request.request.destination = quick;
  input.body = request;
  return input;
}

void encode_one(benchmark::State& state, const core::Input& input) {
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    encode(input, bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
void decode_one(benchmark::State& state, const core::Input& input) {
  std::string bytes;
  encode(input, bytes);
  std::string error;
  for (auto _ : state) {
    core::Input again;
    benchmark::DoNotOptimize(decode(bytes, again, error));
  }
}

void EncodeLegEnded(benchmark::State& state) { encode_one(state, leg_input()); }
void EncodeTransfer(benchmark::State& state) { encode_one(state, transfer_input()); }
void DecodeLegEnded(benchmark::State& state) { decode_one(state, leg_input()); }
void DecodeTransfer(benchmark::State& state) { decode_one(state, transfer_input()); }
BENCHMARK(EncodeLegEnded);
BENCHMARK(EncodeTransfer);
BENCHMARK(DecodeLegEnded);
BENCHMARK(DecodeTransfer);

/// A batch of inputs, and as many records as the second argument says, with one synced commit.
void AppendBatch(benchmark::State& state) {
  const store::TempFolder folder;
  store::Store store = store::Store::open(folder.file("baton.db"), "baton");
  SqliteJournal journal(store, "bench");
  const std::vector<core::Input> inputs(static_cast<std::size_t>(state.range(0)), transfer_input());
  Records records;
  const std::string json(1500, 'x');
  std::uint64_t id = 0;
  for (auto _ : state) {
    records.clear();
    for (std::int64_t i = 0; i < state.range(1); ++i) {
      const std::string key =
          "d675473e-7dbc-4a9b-ad92-" + std::to_string(100'000'000'000 + id++ % 100'000);
      records.transfers.push_back({key, key, "agent1", "connected", 1, 2, json, ""});
    }
    const Appended result = journal.append(inputs, records);
    if (!result.status) {
      state.SkipWithError(result.status.error.c_str());
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendBatch)->Args({1, 0})->Args({64, 0})->Args({64, 16})->Args({256, 64})->UseRealTime();

}  // namespace
}  // namespace baton::journal
