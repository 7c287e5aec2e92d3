#include <benchmark/benchmark.h>

#include "message/samples/sample_events.hpp"

namespace {

using namespace baton::message;

void print_event(benchmark::State& state, const EventBody& body) {
  const Event event{"agent1", 7, "request-1", body};
  for (auto _ : state) benchmark::DoNotOptimize(print(event, samples::kEpoch));
}

void print_call_event(benchmark::State& state) {
  print_event(state, samples::published_incoming_call());
}
void print_transfer(benchmark::State& state) {
  print_event(state, samples::full_transfer(TransferState::queued, Custody::queue));
}
void print_transfer_view(benchmark::State& state) {
  const TransferView view = samples::transfer_view();
  for (auto _ : state) benchmark::DoNotOptimize(print(view));
}

BENCHMARK(print_call_event);
BENCHMARK(print_transfer);
BENCHMARK(print_transfer_view);

}  // namespace
