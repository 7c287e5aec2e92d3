#include "core/transfer.hpp"

#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <set>

namespace baton::core {
namespace {

using message::Reason;

TEST(Retryable, IsWhatTheSameRequestMayGetPastLater) {
  // What passes by itself: a destination that is taken, nobody there, a road that is blocked.
  const std::set<Reason> passing = {
      Reason::busy,        Reason::noAnswer,           Reason::carrierUnavailable,
      Reason::queueFull,   Reason::queueClosed,        Reason::agentUnavailable,
      Reason::timeout,     Reason::backendUnavailable, Reason::noAgentStaffed,
      Reason::rateLimited, Reason::transferInProgress, Reason::canceled,
  };
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Reason>>([&](auto reason) {
    EXPECT_EQ(is_retryable(reason.value), passing.contains(reason.value)) << reason.name;
  });
}

}  // namespace
}  // namespace baton::core
