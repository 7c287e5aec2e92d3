// Any bytes as what a damaged disk may hold of the journal: refused with a reason, or inputs that
// encode to the same bytes again. And as a snapshot: refused, or a state that is saved and loaded
// as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/contact_center.hpp"
#include "journal/codec.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton::journal;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string error;

  baton::core::Input input;
  if (decode(bytes, input, error)) {
    std::string again;
    encode(input, again);
    require(again == bytes);
  } else {
    require(!error.empty());
  }

  SegmentHeader header;
  if (decode_header(bytes, header)) require(encode_header(header) == bytes);

  baton::core::ContactCenter center;
  if (center.load(bytes).empty()) {
    baton::core::ContactCenter again;
    require(again.load(center.save()).empty());
    require(again.dump() == center.dump());
  }

  if (size == 0) return 0;
  const std::uint64_t count = data[0] % 8;
  std::vector<baton::core::Input> inputs;
  const bool whole =
      decode_batch(bytes.substr(1), count, 0, error, [&](std::uint64_t place, const auto& one) {
        require(place == inputs.size());
        inputs.push_back(one);
      });
  if (whole) {
    std::string again;
    encode_batch(inputs, again);
    require(again == bytes.substr(1));
  }
  return 0;
}
