#include "telephony/sip/media_plan.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace baton::telephony::sip {
namespace {

std::string phone(const std::string& address) {
  return "v=0\r\no=phone 53655765 2353687637 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address +
         "\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
         "a=ptime:20\r\na=sendrecv\r\n";
}

void parse(benchmark::State& state) {
  const auto text = phone("192.0.2.1");
  for (auto _ : state) benchmark::DoNotOptimize(Sdp::parse(text));
}
BENCHMARK(parse);

/// All that the media plan does in one blind transfer: offer, answer, target's offer, park, join.
void blind_transfer(benchmark::State& state) {
  const auto customer_sdp = phone("192.0.2.1");
  const auto agent_sdp = phone("192.0.2.2");
  const auto target_sdp = phone("192.0.2.3");
  const LocalMedia source{.address = "127.0.0.1", .port = 40000};
  for (auto _ : state) {
    LegMedia customer("127.0.0.1", 1);
    LegMedia agent("127.0.0.1", 2);
    LegMedia target("127.0.0.1", 3);
    benchmark::DoNotOptimize(customer.receive_offer(customer_sdp));
    benchmark::DoNotOptimize(agent.offer_from(customer, OfferFrom::widest));
    benchmark::DoNotOptimize(agent.receive_answer(agent_sdp));
    benchmark::DoNotOptimize(customer.answer_from(agent));
    benchmark::DoNotOptimize(target.offer_from(customer, OfferFrom::widest));
    benchmark::DoNotOptimize(customer.offer_source(source));
    benchmark::DoNotOptimize(customer.receive_answer(customer_sdp));
    benchmark::DoNotOptimize(customer.listener());
    benchmark::DoNotOptimize(target.receive_answer(target_sdp));
    benchmark::DoNotOptimize(customer.offer_from(target, OfferFrom::last));
    benchmark::DoNotOptimize(customer.receive_answer(customer_sdp));
    benchmark::DoNotOptimize(needs_reoffer(target, customer));
  }
}
BENCHMARK(blind_transfer);

}  // namespace
}  // namespace baton::telephony::sip
