#include "telephony/sip/leg_record.hpp"

#include <array>

#include "core/named_codec.hpp"

namespace baton::telephony::sip {

namespace {

/// The names of all that a record may hold: written beside each they would be a third of it. Only
/// ever add at the end, since a record is read by the list as it was when it was written; a name
/// that is missing here costs its length in each record and is read all the same.
constexpr std::array<std::string_view, 90> kNames{
    // Numbers under 32 take a byte: what every record has comes first.
    "state", "confirmed", "party", "trunk", "dialog", "call_id", "local_uri", "local_tag",
    "remote_uri", "remote_tag", "local_cseq", "remote_cseq", "local_contact", "remote_target",
    "media", "session", "version", "remote", "local", "widest", "layout", "kind", "proto", "format",
    "pairs", "paired_with", "turn", "agent", "send_to", "dial", "bridged_to", "sound",
    // These take two.
    "high", "low", "fresh", "we_called", "remote_answered", "local_answered", "local_offered",
    "remote_offered", "none", "wanted", "minimum", "interval", "we_refresh", "peer_can", "from",
    "headers", "name", "value", "offer", "max_forwards", "ways", "request_uri", "internal",
    "incoming", "answering", "dialling", "unacknowledged", "ending", "ended", "route_set",
    "invite_branch", "invite_cseq", "invite_vias", "invite_record_routes", "invite_offered",
    "invite_transport", "muted", "parked", "on_source", "held_by_party", "remote_was_offer",
    "allows_info", "allows_update", "unknown", "yes", "no", "wants_reliable", "refers", "refer",
    "cseq", "suppressed", "silence", "ringback", "hold", "queue", "?", "phone", "instance"};

/// Before the bytes of a record whose names are in the list; then comes how many of the list its
/// writer knew. Baton 0.1.0 wrote records that begin with a size below it, their names beside them.
constexpr std::string_view kListed = "BTNL";

}  // namespace

std::span<const std::string_view> leg_record_names() { return kNames; }

std::string print(const LegRecord& record) {
  thread_local core::NamedDictionary names(kNames);
  std::string bytes;
  bytes.reserve(3072);
  bytes += kListed;
  bytes += static_cast<char>(kNames.size());
  core::NamedEncoder::encode(record, bytes, &names);
  return bytes;
}

std::string read(std::string_view bytes, LegRecord& record) {
  if (!bytes.starts_with(kListed)) return core::NamedDecoder::decode(bytes, record);
  bytes.remove_prefix(kListed.size());
  if (bytes.empty()) return "it is cut off";
  const std::size_t known = static_cast<unsigned char>(bytes.front());
  if (known > kNames.size()) return "it was written by a newer Baton";
  bytes.remove_prefix(1);
  return core::NamedDecoder::decode(bytes, record, std::span(kNames).first(known));
}

}  // namespace baton::telephony::sip
