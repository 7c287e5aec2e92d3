// The wire spelling of the enumerations, and of moments.
#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <chrono>

#include "message/event.hpp"
#include "message/request.hpp"

namespace baton::message {

std::string_view to_string(Reason reason) {
  return boost::describe::enum_to_string(reason, "internal");
}

std::string_view to_string(TransferState state) {
  return boost::describe::enum_to_string(state, "outcomeUnknown");
}

std::string_view to_string(Custody custody) {
  if (custody == Custody::backend) return "back end";
  return boost::describe::enum_to_string(custody, "unknown");
}

bool is_outcome(TransferState state) {
  switch (state) {
    case TransferState::connected:
    case TransferState::returned:
    case TransferState::canceled:
    case TransferState::failed:
    case TransferState::abandoned:
    case TransferState::handedOver:
    case TransferState::completed:
      return true;
    case TransferState::accepted:
    case TransferState::dialing:
    case TransferState::alerting:
    case TransferState::queued:
    case TransferState::returning:
    case TransferState::requeued:
    case TransferState::outcomeUnknown:
      return false;
  }
  return false;
}

void print_time_to(TimeMs at, char* text) {
  // RFC 3339 has years of four digits only, so a moment outside them is told as the nearest inside.
  constexpr TimeMs kFirst = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
  constexpr TimeMs kLast = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
  const std::chrono::milliseconds since_epoch{std::clamp(at, kFirst, kLast)};
  const auto day = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const auto in_day = static_cast<unsigned>((since_epoch - day).count());

  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  static_assert(kForm.size() == kTimeTextLength);
  kForm.copy(text, kForm.size());
  const auto put = [text](std::size_t end, unsigned width, unsigned value) {
    for (unsigned i = 0; i < width; ++i, value /= 10) {
      text[end - i] = static_cast<char>('0' + value % 10);
    }
  };
  put(3, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put(6, 2, static_cast<unsigned>(date.month()));
  put(9, 2, static_cast<unsigned>(date.day()));
  put(12, 2, in_day / 3'600'000);
  put(15, 2, in_day / 60'000 % 60);
  put(18, 2, in_day / 1'000 % 60);
  put(22, 3, in_day % 1'000);
}

std::string format_time(TimeMs at) {
  std::string text(kTimeTextLength, '0');
  print_time_to(at, text.data());
  return text;
}

}  // namespace baton::message
