#include "engine/snapshot_job.hpp"

#include <algorithm>
#include <boost/describe.hpp>
#include <utility>

#include "core/named_codec.hpp"

namespace baton::engine {

BOOST_DESCRIBE_STRUCT(SavedEngine, (), (epoch, last_at))

std::string encode(const SavedEngine& saved) {
  std::string out;
  core::NamedEncoder::encode(saved, out);
  return out;
}

std::string decode(std::string_view bytes, SavedEngine& saved) {
  return core::NamedDecoder::decode(bytes, saved);
}

SnapshotJob::SnapshotJob(journal::SnapshotMark mark, std::string head, std::string state,
                         KeptEvents events, Limits limits)
    : mark_(std::move(mark)),
      head_(std::move(head)),
      state_(std::move(state)),
      events_(std::move(events)),
      limits_(limits) {
  events_.forget_before(limits_.events_since);
}

journal::Status SnapshotJob::step(journal::Journal& journal) {
  switch (stage_) {
    case Stage::events: {
      if (!events_.empty()) {
        return journal.put_events(events_.take_slice(kSliceBytes, mark_.next_index));
      }
      part_ = 1;
      stage_ = Stage::state;
      return journal.put_snapshot_part(mark_.next_index, 0, head_);
    }
    case Stage::state: {
      const std::string_view slice = std::string_view(state_).substr(at_, kSliceBytes);
      at_ += slice.size();
      if (at_ == state_.size()) stage_ = Stage::finish;
      return journal.put_snapshot_part(mark_.next_index, part_++, slice);
    }
    case Stage::finish:
      stage_ = Stage::forget_events;
      return journal.finish_snapshot(mark_);
    case Stage::forget_events: {
      journal::Forgotten forgotten =
          journal.forget_events(limits_.events_since, limits_.event_bytes, kSliceEvents);
      if (!forgotten.more) stage_ = Stage::forget;
      return std::move(forgotten.status);
    }
    case Stage::forget: {
      journal::Forgotten forgotten = journal.forget_superseded(kSliceRows);
      if (!forgotten.more) stage_ = Stage::over;
      return std::move(forgotten.status);
    }
    case Stage::over:
      break;
  }
  return {};
}

}  // namespace baton::engine
