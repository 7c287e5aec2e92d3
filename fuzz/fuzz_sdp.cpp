// Any bytes as the SDP of two parties in a bridge, in every role that a body can have. What the
// media plan then says must be readable SDP that keeps the number of m-lines.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "telephony/sip/media_plan.hpp"

namespace {

using namespace baton::telephony::sip;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const std::optional<std::string>& text, const LegMedia& leg, bool answer) {
  if (!text) return;
  const auto parsed = Sdp::parse(*text);
  // What grew over the limit by our own doing is still well-formed.
  if (text->size() > kMaxSdpBytes) return;
  const auto* sdp = std::get_if<Sdp>(&parsed);
  require(sdp != nullptr);
  require(sdp->media.size() <= leg.layout_size());
  require(answer || sdp->media.size() == leg.layout_size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  // Three bodies, parted by a zero byte, which no SDP may have.
  const auto first_end = all.find('\0');
  const auto first = all.substr(0, first_end);
  const auto rest = first_end == std::string_view::npos ? first : all.substr(first_end + 1);
  const auto second_end = rest.find('\0');
  const auto second = rest.substr(0, second_end);
  const auto third = second_end == std::string_view::npos ? first : rest.substr(second_end + 1);

  const auto parsed = Sdp::parse(first);
  if (const auto* sdp = std::get_if<Sdp>(&parsed)) {
    const auto printed = sdp->print();
    if (printed.size() <= kMaxSdpBytes) {
      const auto again = Sdp::parse(printed);
      require(std::get_if<Sdp>(&again) != nullptr);
      require(std::get<Sdp>(again).print() == printed);
    }
  }
  static_cast<void>(direction_of(first));
  static_cast<void>(is_acceptable(second));
  require(answers_same(first, first));
  static_cast<void>(answers_same(first, second));

  const LocalMedia source{.address = "127.0.0.1", .port = 40000};
  LegMedia customer("127.0.0.1", 1);
  LegMedia agent("127.0.0.1", 2);
  LegMedia target("127.0.0.1", 3);
  if (customer.receive_offer(first)) check(customer.offer_source(source), customer, false);
  check(agent.offer_from(customer, OfferFrom::widest), agent, false);
  static_cast<void>(agent.receive_answer(second));
  check(customer.answer_from(agent), customer, true);
  check(target.offer_from(customer, OfferFrom::widest), target, false);
  if (customer.answer_due()) check(customer.answer_source(source), customer, true);
  if (customer.answer_due()) customer.refuse_offer();
  check(customer.offer_source(source), customer, false);
  static_cast<void>(customer.receive_answer(third));
  static_cast<void>(customer.listener());
  static_cast<void>(target.receive_answer(second));
  check(customer.offer_from(target, OfferFrom::last), customer, false);
  static_cast<void>(customer.receive_answer(first));
  static_cast<void>(needs_reoffer(target, customer));
  static_cast<void>(customer.receive_offer(third));
  check(customer.answer_hold(), customer, true);
  customer.set_muted(true);
  check(customer.answer_from(target), customer, true);
  if (customer.answer_due()) customer.refuse_offer();
  check(customer.offer_hold(), customer, false);
  customer.offer_failed();
  if (!customer.receive_offer(second)) check(customer.answer_owed(source), customer, true);
  return 0;
}
