#include "engine/kept_events.hpp"

#include <boost/describe.hpp>
#include <string>
#include <utility>

#include <lz4.h>

#include "core/named_codec.hpp"

namespace baton::engine {

namespace {

/// An event on the disk. What it names stands where the event, or the row that is read, has it.
struct SavedEvent {
  std::string_view agent;
  std::uint64_t sequence = 0;
  std::int64_t at = 0;
  std::string_view text;
};
BOOST_DESCRIBE_STRUCT(SavedEvent, (), (agent, sequence, at, text))

struct SavedEvents {
  std::vector<SavedEvent> events;
};
BOOST_DESCRIBE_STRUCT(SavedEvents, (), (events))

/// Before compressed bytes; then come their size once unpacked, in 4 bytes, and the LZ4 block. What
/// Baton 0.1.0 wrote begins with a size below it, and is not compressed.
constexpr std::string_view kPacked = "BTNE";
constexpr std::size_t kHeadBytes = kPacked.size() + 4;
/// LZ4 makes nothing smaller than this share of it: no memory is set aside on the bytes' word
/// alone.
constexpr std::size_t kSmallestShare = 255;

/// `room` is any memory, for the next one, too: what is packed is a fraction of what it may be.
std::string pack(const std::string& plain, std::string& room) {
  const auto size = static_cast<int>(plain.size());
  const std::size_t most = kHeadBytes + static_cast<std::size_t>(LZ4_compressBound(size));
  if (room.size() < most) room.resize(most);
  kPacked.copy(room.data(), kPacked.size());
  for (unsigned i = 0; i < 4; ++i) {
    room[kPacked.size() + i] = static_cast<char>(plain.size() >> (8 * i) & 0xffU);
  }
  const int used = LZ4_compress_default(plain.data(), room.data() + kHeadBytes, size,
                                        static_cast<int>(room.size() - kHeadBytes));
  return room.substr(0, kHeadBytes + static_cast<std::size_t>(used));
}

bool unpack(std::string_view packed, std::string& plain) {
  if (packed.size() < kHeadBytes) return false;
  std::size_t size = 0;
  for (std::size_t i = kHeadBytes; i > kPacked.size(); --i) {
    size = size << 8U | static_cast<unsigned char>(packed[i - 1]);
  }
  packed.remove_prefix(kHeadBytes);
  if (size > packed.size() * kSmallestShare) return false;
  plain.resize(size);
  return LZ4_decompress_safe(packed.data(), plain.data(), static_cast<int>(packed.size()),
                             static_cast<int>(size)) == static_cast<int>(size);
}

}  // namespace

void KeptEvents::drop_front() {
  bytes_ -= events_.front().text->size();
  events_.pop_front();
}

void KeptEvents::add(const Published& event) {
  bytes_ += event.text->size();
  events_.push_back(event);
  const core::TimeMs oldest = event.at - max_age_ms_;
  while (bytes_ > max_bytes_ || (!events_.empty() && events_.front().at < oldest)) drop_front();
}

KeptEvents KeptEvents::take() {
  KeptEvents taken(max_bytes_, max_age_ms_);
  std::swap(taken.events_, events_);
  std::swap(taken.bytes_, bytes_);
  taken.next_index_ = next_index_;
  taken.next_part_ = next_part_;
  return taken;
}

void KeptEvents::forget_before(core::TimeMs since) {
  while (!events_.empty() && events_.front().at < since) drop_front();
}

journal::KeptEventsRow KeptEvents::take_slice(std::size_t bytes, std::uint64_t next_index) {
  if (std::exchange(next_index_, next_index) != next_index) next_part_ = 0;
  journal::KeptEventsRow row{.next_index = next_index, .part = next_part_++};
  SavedEvents saved;
  std::size_t taken = 0;
  for (const Published& event : events_) {
    if (taken >= bytes) break;
    taken += event.text->size();
    row.newest_at = event.at;
    saved.events.push_back(
        {.agent = event.agent, .sequence = event.sequence, .at = event.at, .text = *event.text});
  }
  plain_.clear();
  core::NamedEncoder::encode(saved, plain_);
  row.body = pack(plain_, packed_);
  for (std::size_t i = saved.events.size(); i > 0; --i) drop_front();
  return row;
}

bool decode_events(std::string_view bytes, std::vector<Published>& events) {
  std::string plain;
  if (bytes.starts_with(kPacked)) {
    if (!unpack(bytes, plain)) return false;
    bytes = plain;
  }
  SavedEvents saved;
  if (!core::NamedDecoder::decode(bytes, saved).empty()) return false;
  for (const SavedEvent& each : saved.events) {
    events.push_back({.agent = std::string(each.agent),
                      .sequence = each.sequence,
                      .at = each.at,
                      .text = std::make_shared<const std::string>(each.text)});
  }
  return true;
}

}  // namespace baton::engine
