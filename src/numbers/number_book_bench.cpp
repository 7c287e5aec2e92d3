#include <benchmark/benchmark.h>

#include <string>

#include "numbers/number_book.hpp"

namespace {

using baton::numbers::NumberBook;

std::string number(std::int64_t n) { return "+1208209" + std::to_string(1000 + n % 9000); }

/// A number that was not asked for yet.
void look_up(benchmark::State& state) {
  NumberBook warm;
  std::int64_t n = 0;
  for (auto _ : state) benchmark::DoNotOptimize(baton::numbers::look_up(number(++n)));
}
BENCHMARK(look_up);

/// One that is remembered.
void remembered(benchmark::State& state) {
  NumberBook book;
  for (std::int64_t n = 0; n < 9000; ++n) (void)book.of(number(n));
  std::int64_t n = 0;
  for (auto _ : state) benchmark::DoNotOptimize(book.of(number(++n)));
}
BENCHMARK(remembered)->ThreadRange(1, 2);

}  // namespace
