#include "log/about.hpp"

#include <utility>

namespace baton::log {

namespace {

thread_local Call now;

}  // namespace

const Call& about() { return now; }

About::About(const Call& call) : before_(std::exchange(now, call)) {}

About::~About() { now = before_; }

}  // namespace baton::log
