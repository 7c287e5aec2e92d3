#include "gateway/status.hpp"

#include <gtest/gtest.h>

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <set>

namespace baton::gateway {
namespace {

TEST(HttpStatus, OfEveryReasonIsOneOfThePublished) {
  const std::set<int> published{400, 401, 403, 404, 409, 413, 422, 429, 503};
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<message::Reason>>(
      [&](auto reason) {
        EXPECT_TRUE(published.contains(http_status(reason.value))) << reason.name;
      });
}

TEST(HttpStatus, FollowsTheTable) {
  using enum message::Reason;
  EXPECT_EQ(http_status(invalidMessage), 400);
  EXPECT_EQ(http_status(callNotOwned), 403);
  EXPECT_EQ(http_status(noActiveCall), 409);
  EXPECT_EQ(http_status(transferInProgress), 409);
  EXPECT_EQ(http_status(idempotencyConflict), 409);
  EXPECT_EQ(http_status(destinationNotPermitted), 422);
  EXPECT_EQ(http_status(numberNotPossible), 422);
  EXPECT_EQ(http_status(rateLimited), 429);
  EXPECT_EQ(http_status(backendUnavailable), 503);
  message::ApiError error;
  error.error_type = "NOT_PERMITTED";
  error.reason = invalidMessage;
  EXPECT_EQ(http_status(error), 403);
}

}  // namespace
}  // namespace baton::gateway
