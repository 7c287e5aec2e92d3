#include "gateway/client_address.hpp"

#include <gtest/gtest.h>

namespace baton::gateway {
namespace {

TEST(ClientAddress, IsThePeersUnlessThatIsATrustedProxy) {
  EXPECT_EQ(client_address("192.0.2.1", "", {}), "192.0.2.1");
  EXPECT_EQ(client_address("192.0.2.1", "203.0.113.9", {}), "192.0.2.1");
  EXPECT_EQ(client_address("192.0.2.1", "203.0.113.9", {"192.0.2.2"}), "192.0.2.1");
  EXPECT_EQ(client_address("192.0.2.1", "203.0.113.9", {"192.0.2.1"}), "203.0.113.9");
  EXPECT_EQ(client_address("::ffff:192.0.2.1", "203.0.113.9", {"192.0.2.1"}), "203.0.113.9");
}

TEST(ClientAddress, IsNotWhatTheClientWroteHimself) {
  EXPECT_EQ(client_address("192.0.2.1", "1.1.1.1, 203.0.113.9", {"192.0.2.1"}), "203.0.113.9");
  EXPECT_EQ(
      client_address("192.0.2.1", "1.1.1.1, 203.0.113.9, 192.0.2.2", {"192.0.2.1", "192.0.2.2"}),
      "203.0.113.9");
  EXPECT_EQ(client_address("192.0.2.1", "203.0.113.9, nonsense", {"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(client_address("192.0.2.1", "", {"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(client_address("192.0.2.1", "192.0.2.1", {"192.0.2.1"}), "192.0.2.1");
}

TEST(CountedAddress, IsTheNetworkOfAHousehold) {
  EXPECT_EQ(counted_address("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(counted_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(counted_address("2001:db8:1:2::1"), counted_address("2001:db8:1:2:ffff::1"));
  EXPECT_NE(counted_address("2001:db8:1:2::1"), counted_address("2001:db8:1:3::1"));
}

}  // namespace
}  // namespace baton::gateway
