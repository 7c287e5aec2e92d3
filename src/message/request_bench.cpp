#include <benchmark/benchmark.h>

#include <string>

#include "message/request.hpp"

namespace {

constexpr std::string_view kDialPad =
    R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"ui","data":"+12082097345"})";
constexpr std::string_view kQueue =
    R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"ui","data":{"endpointARN":)"
    R"("arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974/transfer-destination/)"
    R"(09258070-274e-489c-8e78-d228d8879067","endpointId":"arn:aws:connect:us-east-1:975419294579:instance/)"
    R"(a4c52a8c-158f-4d7f-ab32-94d7e9b95974/transfer-destination/09258070-274e-489c-8e78-d228d8879067","type":"queue",)"
    R"("name":"CallSummary-HVOC-Queue","phoneNumber":null,"agentLogin":null,"queue":null}})";

void parse(benchmark::State& state, std::string_view text) {
  for (auto _ : state) benchmark::DoNotOptimize(baton::message::parse_request(text));
  state.SetBytesProcessed(state.iterations() * std::ssize(text));
}

// The worst that a frame of 64 KiB can hold: nothing but keys to compare and sort.
std::string many_keys() {
  std::string text =
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"ui",)"
      R"("data":"+12082097345","options":{"attributes":{)";
  for (int i = 0; i < 6'000; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"\"";
  return text + "}}}";
}

void parse_dial_pad(benchmark::State& state) { parse(state, kDialPad); }
void parse_quick_connect(benchmark::State& state) { parse(state, kQueue); }
void parse_many_keys(benchmark::State& state) {
  const std::string text = many_keys();
  parse(state, text);
}
void refuse_garbage(benchmark::State& state) { parse(state, "this is not a message"); }

BENCHMARK(parse_dial_pad);
BENCHMARK(parse_quick_connect);
BENCHMARK(parse_many_keys);
BENCHMARK(refuse_garbage);

}  // namespace
