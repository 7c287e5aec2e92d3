#include "store/checkpointer.hpp"

#include <pthread.h>

#include <chrono>
#include <cstdint>
#include <utility>

namespace baton::store {
namespace {

/// After a failure. The disk is full or broken, and that is told elsewhere as well.
constexpr std::chrono::seconds kPause{5};

}  // namespace

Checkpointer::Checkpointer(Database& writer, Limits limits,
                           std::function<void(const std::string&)> failed)
    : writer_(writer),
      limits_(limits),
      failed_(std::move(failed)),
      database_(writer.path(), Database::Mode::read_write) {
  // A connection that has read nothing yet does not know that there is a log, and copies none.
  [[maybe_unused]] const std::int64_t read = database_.query_integer("PRAGMA schema_version");
  writer_.on_commit([this](int pages) { committed(pages); });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "baton-checkpt");
    loop();
  });
}

Checkpointer::~Checkpointer() {
  writer_.on_commit([](int) {});
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Checkpointer::committed(int pages) {
  if (pages < tried_) tried_ = 0;
  // Where a reader of the log's end is in the way, not again with each commit.
  if (pages >= limits_.most && pages - tried_ >= limits_.copied_at_once / 8) {
    bool busy = false;
    const Status status = writer_.copy_log(busy);
    if (!busy) tried_ = pages;
    if (!status) failed_(status.error);
  }
  {
    const std::lock_guard lock(mutex_);
    // It began anew.
    if (pages < copied_) copied_ = 0;
    pages_ = pages;
    if (!due()) return;
  }
  wake_.notify_one();
}

bool Checkpointer::due() const {
  // Beyond the most it would only be in the way of the commits that do it.
  return pages_ - copied_ >= limits_.copied_at_once && pages_ < limits_.most;
}

void Checkpointer::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || due(); });
    if (stopping_) return;
    const int pages = pages_;
    lock.unlock();
    bool busy = false;
    const Status status = database_.copy_log(busy);
    if (!status) failed_(status.error);
    lock.lock();
    copied_ = pages;
    if (!status) {
      wake_.wait_for(lock, kPause, [this] { return stopping_; });
      copied_ = 0;
    }
  }
}

}  // namespace baton::store
