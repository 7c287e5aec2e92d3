#include "message/request_hash.hpp"

#include <string_view>

#include "message/request_options.hpp"

namespace baton::message {
namespace {

class Fnv1a {
 public:
  void byte(std::uint8_t value) {
    constexpr std::uint64_t kPrime = 0x100000001b3ULL;
    hash_ = (hash_ ^ value) * kPrime;
  }
  void number(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8)
      byte(static_cast<std::uint8_t>(value >> shift));
  }
  /// With its length in front, so that two texts never run into one.
  void text(std::string_view value) {
    number(value.size());
    for (const char c : value) byte(static_cast<std::uint8_t>(c));
  }
  void optional_text(const std::optional<std::string>& value) {
    byte(value ? 1 : 0);
    if (value) text(*value);
  }
  void optional_number(const std::optional<int>& value) {
    byte(value ? 1 : 0);
    if (value) number(static_cast<std::uint64_t>(*value));
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

void add(Fnv1a& hash, const Destination& destination) {
  if (const auto* dial_pad = std::get_if<DialPad>(&destination)) {
    hash.byte(1);
    hash.text(dial_pad->number);
    return;
  }
  const auto& quick_connect = std::get<QuickConnectRef>(destination);
  hash.byte(2);
  hash.byte(static_cast<std::uint8_t>(quick_connect.type));
  hash.text(quick_connect.name);
  hash.text(quick_connect.endpoint_arn);
  hash.optional_text(quick_connect.phone_number);
  hash.optional_text(quick_connect.agent_login);
  hash.optional_text(quick_connect.queue);
}

void add(Fnv1a& hash, const TransferOptions& options) {
  hash.byte(options.release_on
                ? static_cast<std::uint8_t>(1 + static_cast<unsigned>(*options.release_on))
                : 0);
  hash.optional_number(options.ring_timeout_seconds);
  hash.optional_number(options.queue_timeout_seconds);
  hash.byte(options.on_failure ? 1 : 0);
  if (options.on_failure) {
    hash.number(options.on_failure->size());
    for (const FallbackStep& step : *options.on_failure) hash.text(to_wire(step));
  }
  hash.optional_text(options.note);
  hash.number(options.attributes.size());
  for (const auto& [key, value] : options.attributes) {
    hash.text(key);
    hash.text(value);
  }
}

}  // namespace

std::uint64_t hash_content(const Request& request) {
  Fnv1a hash;
  hash.text(request.topic);
  hash.text(request.subtopic);
  hash.optional_text(request.contact_id);
  hash.byte(request.state ? 1 : 0);
  if (request.state) {
    hash.text(request.state->label);
    hash.text(request.state->code);
    hash.text(request.state->type);
  }
  hash.text(request.reason_code);
  hash.text(request.digits);
  hash.byte(request.destination ? 1 : 0);
  if (request.destination) add(hash, *request.destination);
  add(hash, request.options);
  hash.optional_text(request.transfer_id);
  return hash.value();
}

}  // namespace baton::message
