#include "store/leg_log.hpp"

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <utility>

#include "store/store_error.hpp"

namespace baton::store {

namespace {

/// Taken out at once, so that a batch waits for it no longer than for a slice of a snapshot.
constexpr std::size_t kSlice = std::size_t{128} * 1024;

void put_size(std::string& out, std::size_t size) {
  for (unsigned i = 0; i < 4; ++i) out += static_cast<char>(size >> (8 * i) & 0xffU);
}

bool take(std::string_view& in, std::string_view& part) {
  if (in.size() < 4) return false;
  std::size_t size = 0;
  for (unsigned i = 4; i > 0; --i) size = size << 8U | static_cast<unsigned char>(in[i - 1]);
  in.remove_prefix(4);
  if (size > in.size()) return false;
  part = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

/// A change in a row: where it is, how long, whose, and its state.
using OnChange = std::function<void(std::size_t at, std::size_t size, std::string_view leg,
                                    std::string_view state)>;

bool each_change(std::string_view body, const OnChange& tell) {
  std::string_view rest = body;
  while (!rest.empty()) {
    const std::size_t at = body.size() - rest.size();
    std::string_view leg;
    std::string_view state;
    if (!take(rest, leg) || !take(rest, state)) return false;
    tell(at, body.size() - rest.size() - at, leg, state);
  }
  return true;
}

std::string damaged(const Database& database, std::int64_t row) {
  return "store \"" + database.path() + "\": row " + std::to_string(row) +
         " of leg_log is damaged; restore a backup, or begin anew with another store.path "
         "(docs/operations.md, \"A damaged store\")";
}

}  // namespace

LegLog::LegLog(Database& database, std::size_t slack, Clock::duration longest)
    : database_(database),
      slack_(slack),
      longest_(longest),
      insert_(database.prepare("INSERT INTO leg_log(id, body) VALUES(?1, ?2)")),
      select_(database.prepare("SELECT body FROM leg_log WHERE id = ?1")),
      remove_before_(database.prepare("DELETE FROM leg_log WHERE id < ?1")) {
  Statement rows = database.prepare("SELECT id, body FROM leg_log ORDER BY id");
  Statement::Step step = Statement::Step::row;
  while ((step = rows.step()) == Statement::Step::row) {
    const std::int64_t row = rows.integer(0);
    const std::string_view body = rows.blob(1);
    if (bytes_ == 0) first_row_ = row;
    next_row_ = row + 1;
    bytes_ += body.size();
    const bool whole = each_change(
        body, [&](std::size_t at, std::size_t size, std::string_view leg, std::string_view state) {
          note(row, at, leg, size, !state.empty());
        });
    if (!whole) throw StoreError(damaged(database, row));
  }
  if (step == Statement::Step::failed) throw StoreError(rows.error());
  // How old they are is not known.
  pass_end_ = next_row_;
  pass_due_ = Clock::now() + longest_;
}

void LegLog::note(std::int64_t row, std::size_t at, std::string_view leg, std::size_t size,
                  bool up) {
  auto place = places_.find(leg);
  if (place == places_.end()) place = places_.try_emplace(std::string(leg)).first;
  live_bytes_ -= place->second.size;
  if (up) {
    place->second = {.row = row, .at = at, .size = size};
    live_bytes_ += size;
  } else {
    places_.erase(place);
  }
}

bool LegLog::is_last(std::int64_t row, std::size_t at, std::string_view leg) const {
  const auto place = places_.find(leg);
  return place != places_.end() && place->second.row == row && place->second.at == at;
}

void LegLog::append(std::string_view leg, std::string_view state) {
  const std::size_t at = body_.size();
  put_size(body_, leg.size());
  body_ += leg;
  put_size(body_, state.size());
  body_ += state;
  note(next_row_, at, leg, body_.size() - at, !state.empty());
}

Status LegLog::write(const std::vector<LegRow>& legs) {
  body_.clear();
  // Also where no leg changes, or what is left of the last call would stay until the next one.
  if (Status status = clean(); !status) return status;
  std::unordered_set<std::string_view> written;
  for (auto leg = legs.rbegin(); leg != legs.rend(); ++leg) {
    if (!written.insert(leg->leg).second) continue;
    if (leg->state.empty() && !places_.contains(leg->leg)) continue;
    append(leg->leg, leg->state);
  }
  if (body_.empty()) return {};
  bytes_ += body_.size();
  return insert_.bind(1, next_row_++).bind_blob(2, body_).run();
}

Status LegLog::clean() {
  if (const auto now = Clock::now(); now >= pass_due_) {
    pass_end_ = next_row_;
    pass_due_ = now + longest_;
  }
  if (bytes_ <= 2 * live_bytes_ + slack_ && first_row_ >= pass_end_) return {};
  std::size_t taken = 0;
  while (taken < kSlice && first_row_ < next_row_) {
    const ResetAtExit reset(select_);
    if (select_.bind(1, first_row_).step() == Statement::Step::failed) {
      return Status::failure(select_.error());
    }
    const std::string_view body = select_.blob(0);
    const bool whole = each_change(
        body, [&](std::size_t at, std::size_t, std::string_view leg, std::string_view state) {
          if (is_last(first_row_, at, leg)) append(leg, state);
        });
    if (!whole) return Status::failure(damaged(database_, first_row_));
    taken += body.size();
    bytes_ -= body.size();
    ++first_row_;
  }
  return remove_before_.bind(1, first_row_).run();
}

Status LegLog::forget_all() {
  places_.clear();
  bytes_ = 0;
  live_bytes_ = 0;
  first_row_ = next_row_;
  return database_.execute("DELETE FROM leg_log");
}

std::vector<LegRow> LegLog::legs() const {
  std::vector<LegRow> result;
  Statement rows = database_.prepare("SELECT id, body FROM leg_log ORDER BY id");
  Statement::Step step = Statement::Step::row;
  while ((step = rows.step()) == Statement::Step::row) {
    const std::int64_t row = rows.integer(0);
    (void)each_change(rows.blob(1), [&](std::size_t at, std::size_t, std::string_view leg,
                                        std::string_view state) {
      if (is_last(row, at, leg)) result.push_back({std::string(leg), std::string(state)});
    });
  }
  if (step == Statement::Step::failed) throw StoreError(rows.error());
  std::ranges::sort(result, {}, &LegRow::leg);
  return result;
}

}  // namespace baton::store
