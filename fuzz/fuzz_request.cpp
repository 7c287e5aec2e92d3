// Any bytes that a desktop may send: the answer is a refusal that names its fault, or a request
// that reads back equal when it is sent again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "message/event.hpp"
#include "message/request.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton::message;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_request(text);

  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    constexpr std::size_t kLongestMessage = 1'000;
    require(!refusal->msg.empty() && refusal->msg.size() < kLongestMessage);
    require(refusal->reason != Reason::none);
    require((refusal->error_type == "INVALID_MESSAGE") == refusal->topic.empty());
    ApiError error;
    error.error_type = refusal->error_type;
    error.msg = refusal->msg;
    error.reason = refusal->reason;
    require(!print(Event{"", std::nullopt, refusal->id, error}, "").empty());
    return 0;
  }

  const auto& request = std::get<Request>(parsed);
  require(error_type(request) != "INVALID_MESSAGE");
  const auto again = parse_request(print(request));
  require(std::holds_alternative<Request>(again));
  require(std::get<Request>(again) == request);
  return 0;
}
