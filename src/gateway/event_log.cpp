#include "gateway/event_log.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <lz4.h>

namespace baton::gateway {

void EventLog::append(std::uint64_t sequence, std::int64_t at, Text text) {
  if (last_ && sequence != *last_ + 1) clear();
  bytes_ += text->size();
  entries_.push_back({at, std::move(text)});
  last_ = sequence;
  while (size() > limits_.events || bytes_ > limits_.bytes) drop_oldest();
  expire(at);
}

void EventLog::expire(std::int64_t now) {
  while (size() > 0 && now - oldest_at() > limits_.milliseconds) drop_oldest();
  // A deque keeps its blocks; thousands of agents that went quiet should not.
  if (entries_.empty()) entries_.shrink_to_fit();
  if (packs_.empty()) packs_.shrink_to_fit();
}

std::size_t EventLog::pack(std::int64_t now) {
  std::string texts;
  std::vector<Part> parts;
  for (const Entry& entry : entries_) {
    if (now - entry.at < kPackAfterMs) break;
    // Few bytes before a large event go with it: alone they would never be enough.
    if (texts.size() >= kLeastPack && texts.size() + entry.text->size() > kMostPack) break;
    texts += *entry.text;
    parts.push_back({entry.at, static_cast<std::uint32_t>(entry.text->size())});
  }
  if (parts.empty() || texts.size() > LZ4_MAX_INPUT_SIZE) return 0;
  const std::size_t count = parts.size();
  if (texts.size() < kLeastPack) {
    if (now - parts.front().at < kPackAllAfterMs) return 0;
    take_last_pack(texts, parts);
  }
  const auto size = static_cast<int>(texts.size());
  std::string block(static_cast<std::size_t>(LZ4_compressBound(size)), '\0');
  const int used =
      LZ4_compress_default(texts.data(), block.data(), size, static_cast<int>(block.size()));
  Pack& pack = packs_.emplace_back();
  pack.block.assign(block.begin(), block.begin() + used);
  pack.parts.assign(parts.begin(), parts.end());
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
  packed_events_ += count;
  if (entries_.empty()) entries_.shrink_to_fit();
  return texts.size();
}

void EventLog::take_last_pack(std::string& texts, std::vector<Part>& parts) {
  if (packs_.empty()) return;
  const Pack& last = packs_.back();
  const auto kept = last.parts.begin() + static_cast<std::ptrdiff_t>(last.first);
  std::size_t bytes = 0;
  for (auto part = kept; part != last.parts.end(); ++part) bytes += part->size;
  if (bytes >= kLeastPack) return;
  const std::string before = unpacked(last);
  texts.insert(0, before, before.size() - bytes, bytes);
  parts.insert(parts.begin(), kept, last.parts.end());
  packs_.pop_back();
}

std::optional<std::vector<EventLog::Text>> EventLog::after(std::uint64_t sequence) const {
  if (!last_ || sequence > *last_) return std::nullopt;
  const std::uint64_t missed = *last_ - sequence;
  if (missed > size()) return std::nullopt;
  std::vector<Text> texts;
  texts.reserve(static_cast<std::size_t>(missed));
  auto skip = size() - static_cast<std::size_t>(missed);
  for (const Pack& pack : packs_) {
    const std::size_t count = pack.parts.size() - pack.first;
    if (skip < count) unpack(pack, pack.first + skip, texts);
    skip -= std::min(skip, count);
  }
  for (std::size_t i = skip; i < entries_.size(); ++i) texts.push_back(entries_[i].text);
  return texts;
}

std::string EventLog::unpacked(const Pack& pack) {
  std::size_t size = 0;
  for (const Part& part : pack.parts) size += part.size;
  std::string plain(size, '\0');
  // It was packed by this process: it is whole.
  (void)LZ4_decompress_safe(pack.block.data(), plain.data(), static_cast<int>(pack.block.size()),
                            static_cast<int>(size));
  return plain;
}

void EventLog::unpack(const Pack& pack, std::size_t from, std::vector<Text>& texts) {
  const std::string plain = unpacked(pack);
  std::size_t at = 0;
  for (std::size_t i = 0; i < pack.parts.size(); ++i) {
    if (i >= from) {
      texts.push_back(std::make_shared<const std::string>(plain, at, pack.parts[i].size));
    }
    at += pack.parts[i].size;
  }
}

std::size_t EventLog::packed_bytes() const {
  std::size_t bytes = 0;
  for (const Pack& pack : packs_) bytes += pack.block.size();
  return bytes;
}

void EventLog::clear() {
  packs_.clear();
  entries_.clear();
  last_.reset();
  packed_events_ = 0;
  bytes_ = 0;
}

std::int64_t EventLog::oldest_at() const {
  return packs_.empty() ? entries_.front().at : packs_.front().parts[packs_.front().first].at;
}

void EventLog::drop_oldest() {
  if (packs_.empty()) {
    bytes_ -= entries_.front().text->size();
    entries_.pop_front();
    return;
  }
  Pack& pack = packs_.front();
  bytes_ -= pack.parts[pack.first++].size;
  --packed_events_;
  if (pack.first == pack.parts.size()) packs_.erase(packs_.begin());
}

}  // namespace baton::gateway
