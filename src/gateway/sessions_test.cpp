#include "gateway/sessions.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

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
  EXPECT_TRUE(sessions.close(*identity->session, SessionEnd::signed_out));
  EXPECT_FALSE(sessions.close(*identity->session, SessionEnd::signed_out));
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

TEST(Sessions, ThatMakeRoomEndWithTheirTickets) {
  for (const bool of_login : {true, false}) {
    SessionLimits limits;
    (of_login ? limits.sessions_per_login : limits.sessions) = 1;
    Sessions sessions{limits};
    const std::string oldest = sessions.open(kAgent, kNow);
    const std::string ticket = sessions.issue_ticket(*sessions.find(oldest, kNow), kNow);
    const std::string of_token = sessions.issue_ticket({kAgent, kNow + 100, std::nullopt}, kNow);
    const std::string newest = sessions.open(kAgent, kNow);
    EXPECT_FALSE(sessions.redeem_ticket(ticket, kNow));
    EXPECT_TRUE(sessions.redeem_ticket(of_token, kNow));
    EXPECT_TRUE(sessions.find(newest, kNow));
  }
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

TEST(Sessions, OfAPasswordThatIsAnotherOneNowEndAlone) {
  Sessions sessions{SessionLimits{}};
  const std::string one = sessions.open(kAgent, kNow);
  const std::string other = sessions.open(kAgent, kNow);
  const std::string theirs = sessions.open({"agent2", directory::Role::agent}, kNow);
  const std::string ticket = sessions.issue_ticket(*sessions.find(one, kNow), kNow);
  const std::string of_token = sessions.issue_ticket({kAgent, kNow + 100, std::nullopt}, kNow);
  const std::string sign_in = sessions.issue_sign_in(kAgent, kNow);
  const std::uint64_t endings = sessions.endings();
  sessions.close_all("agent1");
  sessions.close_all("nobody");
  EXPECT_FALSE(sessions.find(one, kNow));
  EXPECT_FALSE(sessions.find(other, kNow));
  EXPECT_TRUE(sessions.find(theirs, kNow));
  EXPECT_FALSE(sessions.redeem_ticket(ticket, kNow));
  EXPECT_TRUE(sessions.redeem_ticket(of_token, kNow));
  EXPECT_FALSE(sessions.redeem_sign_in(sign_in, kNow));
  EXPECT_NE(sessions.endings(), endings);
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

/// What a keeper is told, as a store would have it.
struct Kept {
  std::map<Digest, KeptSession> sessions;
  std::vector<std::pair<std::string, SessionEnd>> ended;

  [[nodiscard]] Sessions::Keeper keeper() {
    return {.opened = [this](KeptSession each) { sessions[each.digest] = std::move(each); },
            .ended =
                [this](const std::vector<EndedSession>& all) {
                  for (const EndedSession& each : all) {
                    sessions.erase(each.digest);
                    ended.emplace_back(each.caller.login, each.why);
                  }
                }};
  }
  [[nodiscard]] std::vector<KeptSession> list() const {
    std::vector<KeptSession> all;
    for (const auto& [digest, each] : sessions) all.push_back(each);
    return all;
  }
};

TEST(Sessions, OutliveTheProcessWithTheirTimeAndRole) {
  Kept kept;
  std::string boss;
  {
    Sessions before{SessionLimits{}};
    before.keep_with(kept.keeper());
    boss = before.open({"boss", directory::Role::supervisor}, kNow);
    EXPECT_EQ(kept.sessions.size(), 1U);
    EXPECT_TRUE(kept.sessions.contains(sha256(boss))) << "a digest, never the secret";
  }
  Sessions after{SessionLimits{}};
  after.keep_with(kept.keeper());
  after.restore(kept.list(), kNow + 3600);
  const auto found = after.find(boss, kNow + 12 * 3600 - 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->caller.login, "boss");
  EXPECT_EQ(found->caller.role, directory::Role::supervisor);
  EXPECT_EQ(found->expires_at, kNow + 12 * 3600);
  EXPECT_EQ(found->session, sha256(boss));
  EXPECT_EQ(kept.sessions.size(), 1U) << "what came back is still kept";
  EXPECT_FALSE(after.find(boss, kNow + 12 * 3600));
  EXPECT_TRUE(kept.sessions.empty()) << "what has expired is not";
}

TEST(Sessions, WhateverEndsThemEndsWhatIsKept) {
  Kept kept;
  Sessions sessions{SessionLimits{.sessions_per_login = 2}};
  sessions.keep_with(kept.keeper());
  const std::string one = sessions.open(kAgent, kNow);
  EXPECT_TRUE(sessions.close(sha256(one), SessionEnd::signed_out));
  EXPECT_TRUE(kept.sessions.empty()) << "signed out";
  const std::string oldest = sessions.open(kAgent, kNow);
  for (int i = 0; i < 2; ++i) (void)sessions.open(kAgent, kNow + 1);
  EXPECT_EQ(kept.sessions.size(), 2U);
  EXPECT_FALSE(kept.sessions.contains(sha256(oldest))) << "made room for";
  sessions.revoke("agent1");
  EXPECT_TRUE(kept.sessions.empty()) << "revoked";
  (void)sessions.open(kAgent, kNow);
  sessions.expire(kNow + 12 * 3600);
  EXPECT_TRUE(kept.sessions.empty()) << "expired";
  const auto ticket = sessions.issue_ticket({kAgent, kNow + 100, std::nullopt}, kNow);
  EXPECT_TRUE(sessions.redeem_ticket(ticket, kNow));
  EXPECT_TRUE(kept.sessions.empty()) << "tickets are not kept";
}

TEST(Sessions, EachEndIsToldOnceWithWhatItWas) {
  Kept kept;
  kept.sessions[sha256("old")] = {.digest = sha256("old"), .login = "gone", .expires_at = kNow};
  Sessions sessions{SessionLimits{.sessions = 3, .sessions_per_login = 2}};
  sessions.keep_with(kept.keeper());
  const auto agent = [](int number) {
    return Caller{"agent" + std::to_string(number), directory::Role::agent};
  };
  sessions.restore(kept.list(), kNow);
  const std::string signed_out = sessions.open(agent(1), kNow);
  sessions.close(sha256(signed_out), SessionEnd::signed_out);
  const std::string expired = sessions.open(agent(2), kNow);
  EXPECT_FALSE(sessions.find(expired, kNow + 12 * 3600));
  (void)sessions.open(agent(3), kNow);
  sessions.expire(kNow + 12 * 3600);
  (void)sessions.open(agent(4), kNow);
  sessions.revoke("agent4");
  (void)sessions.open(agent(5), kNow);
  sessions.close_all("agent5");
  for (int i = 0; i < 3; ++i) (void)sessions.open(agent(6), kNow);
  for (const int number : {7, 8}) (void)sessions.open(agent(number), kNow);
  const std::vector<std::pair<std::string, SessionEnd>> expected{
      {"gone", SessionEnd::expired},
      {"agent1", SessionEnd::signed_out},
      {"agent2", SessionEnd::expired},
      {"agent3", SessionEnd::expired},
      {"agent4", SessionEnd::account_changed},
      {"agent5", SessionEnd::account_changed},
      {"agent6", SessionEnd::too_many_of_login},
      {"agent6", SessionEnd::too_many}};
  EXPECT_EQ(kept.ended, expected);
}

TEST(Sessions, ThoseThatExpiredMeanwhileDoNotComeBack) {
  Kept kept;
  kept.sessions[sha256("old")] = {.digest = sha256("old"), .login = "a", .expires_at = kNow};
  kept.sessions[sha256("young")] = {
      .digest = sha256("young"), .login = "a", .expires_at = kNow + 1};
  Sessions sessions{SessionLimits{}};
  sessions.keep_with(kept.keeper());
  sessions.restore(kept.list(), kNow);
  EXPECT_FALSE(sessions.find("old", kNow));
  EXPECT_TRUE(sessions.find("young", kNow));
  EXPECT_EQ(kept.sessions.size(), 1U);
}

TEST(Sessions, LimitsHoldForThoseThatComeBack) {
  Kept kept;
  for (const char* secret : {"first", "second", "third"}) {
    kept.sessions[sha256(secret)] = {
        .digest = sha256(secret),
        .login = "a",
        .expires_at = kNow + 1 + static_cast<int>(kept.sessions.size())};
  }
  Sessions sessions{SessionLimits{.sessions_per_login = 2}};
  sessions.keep_with(kept.keeper());
  sessions.restore(kept.list(), kNow);
  EXPECT_FALSE(sessions.find("first", kNow)) << "the oldest makes room";
  EXPECT_TRUE(sessions.find("third", kNow));
  EXPECT_EQ(kept.sessions.size(), 2U);
}

}  // namespace
}  // namespace baton::gateway
