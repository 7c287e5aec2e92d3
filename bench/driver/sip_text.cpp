#include "sip_text.hpp"

#include <charconv>

namespace baton::bench {

namespace {

/// Calls `take(line)` for each header line without its end, until it gives back false.
template <typename Take>
void each_line(std::string_view message, std::string_view name, Take&& take) {
  std::size_t at = message.find("\r\n");
  while (at != std::string_view::npos) {
    at += 2;
    const std::size_t end = message.find("\r\n", at);
    if (end == std::string_view::npos || end == at) return;
    const std::string_view line = message.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(":") && !take(line)) return;
    at = end;
  }
}

}  // namespace

std::string header_lines(std::string_view message, std::string_view name) {
  std::string found;
  each_line(message, name, [&found](std::string_view line) {
    found.append(line).append("\r\n");
    return true;
  });
  return found;
}

std::string_view header_value(std::string_view message, std::string_view name) {
  std::string_view found;
  each_line(message, name, [&](std::string_view line) {
    found = line.substr(name.size() + 1);
    while (found.starts_with(' ')) found.remove_prefix(1);
    while (found.ends_with(' ')) found.remove_suffix(1);
    return false;
  });
  return found;
}

std::string_view body_of(std::string_view message) {
  const std::size_t end = message.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string_view{} : message.substr(end + 4);
}

std::string_view uri_of(std::string_view address) {
  const std::size_t from = address.find('<');
  if (from == std::string_view::npos) return address.substr(0, address.find(';'));
  return address.substr(from + 1, address.find('>', from) - from - 1);
}

std::string_view user_of(std::string_view address) {
  const std::size_t from = address.find("sip:");
  if (from == std::string_view::npos) return {};
  return address.substr(from + 4, address.find_first_of("@;> ", from + 4) - from - 4);
}

std::string_view parameter_of(std::string_view value, std::string_view name) {
  const std::string wanted = ";" + std::string(name) + "=";
  const std::size_t at = value.find(wanted);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + wanted.size();
  return value.substr(from, value.find_first_of(";> ,", from) - from);
}

std::uint32_t number_of(std::string_view cseq) {
  std::uint32_t value = 0;
  std::from_chars(cseq.data(), cseq.data() + cseq.size(), value);
  return value;
}

}  // namespace baton::bench
