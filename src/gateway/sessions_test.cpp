#include "gateway/sessions.hpp"

#include <gtest/gtest.h>

#include <string>

namespace baton::gateway {
namespace {

constexpr UnixSeconds kNow = 1'700'000'000;
const Caller kAgent{"agent1", directory::Role::agent};

TEST(Sessions, FindWhoOpenedThemUntilTheyExpire) {
  Sessions sessions{SessionLimits{}};
  const std::string secret = sessions.open(kAgent, kNow);
  EXPECT_EQ(secret.size(), 64U);
  const auto found = sessions.find(secret, kNow + 12 * 3600 - 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->caller.login, "agent1");
  EXPECT_EQ(found->expires_at, kNow + 12 * 3600);
  EXPECT_TRUE(found->session);
  EXPECT_FALSE(sessions.find(secret, kNow + 12 * 3600));
  EXPECT_EQ(sessions.session_count(), 0U);
  EXPECT_FALSE(sessions.find("", kNow));
  EXPECT_FALSE(sessions.find(std::string(64, '0'), kNow));
}

TEST(Sessions, EndWithTheirTickets) {
  Sessions sessions{SessionLimits{}};
  const std::string one = sessions.open(kAgent, kNow);
  const std::string other = sessions.open(kAgent, kNow);
  const auto identity = sessions.find(one, kNow);
  const std::string ticket = sessions.issue_ticket(*identity, kNow);
  EXPECT_TRUE(sessions.close(*identity->session));
  EXPECT_FALSE(sessions.close(*identity->session));
  EXPECT_FALSE(sessions.find(one, kNow));
  EXPECT_FALSE(sessions.redeem_ticket(ticket, kNow));
  EXPECT_TRUE(sessions.find(other, kNow));
}

TEST(Sessions, OfOneLoginDropTheOldestAtItsLimit) {
  SessionLimits limits;
  limits.sessions_per_login = 2;
  Sessions sessions{limits};
  const std::string first = sessions.open(kAgent, kNow);
  const std::string second = sessions.open(kAgent, kNow);
  const std::string third = sessions.open(kAgent, kNow);
  EXPECT_FALSE(sessions.find(first, kNow));
  EXPECT_TRUE(sessions.find(second, kNow));
  EXPECT_TRUE(sessions.find(third, kNow));
  EXPECT_EQ(sessions.session_count(), 2U);
}

TEST(Sessions, OfAllDropTheOldestAtTheTotalLimit) {
  SessionLimits limits;
  limits.sessions = 3;
  Sessions sessions{limits};
  std::vector<std::string> secrets;
  for (int i = 0; i < 5; ++i) {
    secrets.push_back(sessions.open({"agent" + std::to_string(i), directory::Role::agent}, kNow));
  }
  EXPECT_EQ(sessions.session_count(), 3U);
  EXPECT_FALSE(sessions.find(secrets[1], kNow));
  EXPECT_TRUE(sessions.find(secrets[2], kNow));
}

TEST(Sessions, OfALoginAreRevokedTogether) {
  Sessions sessions{SessionLimits{}};
  const std::string mine = sessions.open(kAgent, kNow);
  const std::string theirs = sessions.open({"agent2", directory::Role::agent}, kNow);
  const std::string ticket = sessions.issue_ticket({kAgent, kNow + 100, std::nullopt}, kNow);
  sessions.revoke("agent1");
  sessions.revoke("nobody");
  EXPECT_FALSE(sessions.find(mine, kNow));
  EXPECT_FALSE(sessions.redeem_ticket(ticket, kNow));
  EXPECT_TRUE(sessions.find(theirs, kNow));
}

TEST(Tickets, AreGoodOnceAndForThirtySeconds) {
  Sessions sessions{SessionLimits{}};
  const Identity identity{kAgent, kNow + 1000, std::nullopt};
  const std::string ticket = sessions.issue_ticket(identity, kNow);
  const auto redeemed = sessions.redeem_ticket(ticket, kNow + 29);
  ASSERT_TRUE(redeemed);
  EXPECT_EQ(redeemed->caller.login, "agent1");
  EXPECT_EQ(redeemed->expires_at, kNow + 1000);  // The socket ends with the token behind it.
  EXPECT_FALSE(sessions.redeem_ticket(ticket, kNow + 29));
  const std::string late = sessions.issue_ticket(identity, kNow);
  EXPECT_FALSE(sessions.redeem_ticket(late, kNow + 30));
  EXPECT_EQ(sessions.ticket_count(), 0U);
}

TEST(SignIns, AreGoodOnceForThirtySecondsAndForNothingElse) {
  Sessions sessions{SessionLimits{}};
  const std::string secret = sessions.issue_sign_in(kAgent, kNow);
  EXPECT_FALSE(sessions.redeem_ticket(secret, kNow));
  EXPECT_FALSE(sessions.find(secret, kNow));
  const auto redeemed = sessions.redeem_sign_in(secret, kNow + 29);
  ASSERT_TRUE(redeemed);
  EXPECT_EQ(redeemed->login, "agent1");
  EXPECT_FALSE(sessions.redeem_sign_in(secret, kNow + 29));
  EXPECT_FALSE(sessions.redeem_sign_in(sessions.issue_sign_in(kAgent, kNow), kNow + 30));
  const std::string revoked = sessions.issue_sign_in(kAgent, kNow);
  sessions.revoke("agent1");
  EXPECT_FALSE(sessions.redeem_sign_in(revoked, kNow));
}

TEST(Tickets, DoNotOutliveTheirToken) {
  Sessions sessions{SessionLimits{}};
  const std::string ticket = sessions.issue_ticket({kAgent, kNow + 5, std::nullopt}, kNow);
  EXPECT_FALSE(sessions.redeem_ticket(ticket, kNow + 5));
}

TEST(Tickets, AreBounded) {
  SessionLimits limits;
  limits.tickets_per_login = 4;
  Sessions sessions{limits};
  const Identity identity{kAgent, kNow + 1000, std::nullopt};
  for (int i = 0; i < 100; ++i) (void)sessions.issue_ticket(identity, kNow);
  EXPECT_EQ(sessions.ticket_count(), 4U);
  sessions.expire(kNow + 30);
  EXPECT_EQ(sessions.ticket_count(), 0U);
}

}  // namespace
}  // namespace baton::gateway
