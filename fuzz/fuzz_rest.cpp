// Any bytes as a request target and as the headers that the gateway takes apart: refused with a
// reason, or decoded to what encodes to the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/http.hpp"
#include "gateway/target.hpp"

namespace {

using namespace baton::gateway;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

void try_target(std::string_view text) {
  const auto parsed = parse_target(text);
  if (const std::string* why = std::get_if<std::string>(&parsed)) {
    require(!why->empty());
    return;
  }
  const Target& target = std::get<Target>(parsed);
  std::string again;
  for (const std::string& segment : target.segments) again += '/' + encode(segment);
  if (again.empty()) again = "/";
  char before = '?';
  for (const auto& [name, value] : target.query) {
    require(name.find('\0') == std::string::npos && value.find('\0') == std::string::npos);
    again += before + encode(name) + '=' + encode(value);
    before = '&';
  }
  const auto second = parse_target(again);
  require(std::holds_alternative<Target>(second));
  require(std::get<Target>(second).segments == target.segments);
  require(std::get<Target>(second).query == target.query);

  const auto following = parse_following(target.query, "agent1");
  if (const std::string* why = std::get_if<std::string>(&following)) {
    require(!why->empty());
  } else {
    const Following& whom = std::get<Following>(following);
    require(whom.everybody || !whom.agents.empty());
  }
}

void try_headers(std::string_view text) {
  for (const std::string_view element : split_list(text)) {
    require(!element.empty() && element.find(',') == std::string_view::npos);
    require(element.data() >= text.data() &&
            element.data() + element.size() <= text.data() + text.size());
  }
  const std::string_view cookie = cookie_value(text, "baton_session");
  require(cookie.empty() || (cookie.data() >= text.data() &&
                             cookie.data() + cookie.size() <= text.data() + text.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_target(text);
  try_headers(text);
  return 0;
}
