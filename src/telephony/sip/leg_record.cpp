#include "telephony/sip/leg_record.hpp"

#include "core/named_codec.hpp"

namespace baton::telephony::sip {

std::string print(const LegRecord& record) {
  std::string bytes;
  bytes.reserve(3072);
  core::NamedEncoder::encode(record, bytes);
  return bytes;
}

std::string read(std::string_view bytes, LegRecord& record) {
  return core::NamedDecoder::decode(bytes, record);
}

}  // namespace baton::telephony::sip
