#include "message/shared.hpp"

#include <gtest/gtest.h>

#include <string>

namespace baton::message {
namespace {

TEST(Shared, IsTheDefaultUntilItIsWrittenTo) {
  Shared<std::string> text;
  EXPECT_EQ(*text, "");
  text.own() = "now";
  EXPECT_EQ(*text, "now");
}

TEST(Shared, CopiesShareUntilOneIsWrittenTo) {
  const Shared<std::string> first{std::string("before")};
  Shared<std::string> second = first;
  EXPECT_EQ(&*first, &*second);
  second.own() = "after";
  EXPECT_EQ(*first, "before");
  EXPECT_EQ(*second, "after");
  const std::string* place = &*second;
  second.own() += "wards";
  EXPECT_EQ(&*second, place) << "it is nobody else's";
}

}  // namespace
}  // namespace baton::message
