#include "numbers/written_number.hpp"

#include <gtest/gtest.h>

namespace baton::numbers {
namespace {

TEST(WrittenNumber, OfNorthAmerica) {
  const WrittenNumber number("+12082097345");
  EXPECT_TRUE(number.is("12082097345", true));
  for (const char* digits : {"12082097345", "2082097345", "01112082097345", "0012082097345"})
    EXPECT_TRUE(number.is(digits, false)) << digits;
  EXPECT_FALSE(number.is("2082097345", true)) << "of another country";
  for (const char* digits : {"112082097345", "120820973451", "2097345", "7345", "", "12082097346",
                             "3082097345", "0112082097345", "00112082097345"}) {
    EXPECT_FALSE(number.is(digits, false)) << digits;
  }
}

TEST(WrittenNumber, OfCountriesWithATrunkPrefix) {
  const WrittenNumber german("+493012345678");
  EXPECT_TRUE(german.is("493012345678", true));
  EXPECT_TRUE(german.is("4903012345678", true)) << "+49 (0)30";
  for (const char* digits :
       {"03012345678", "493012345678", "00493012345678", "011493012345678", "004903012345678"}) {
    EXPECT_TRUE(german.is(digits, false)) << digits;
  }
  EXPECT_FALSE(german.is("12345678", false)) << "the same in every town";
  const WrittenNumber italian("+390669812345");
  EXPECT_TRUE(italian.is("0669812345", false)) << "where the zero stays";
  EXPECT_TRUE(WrittenNumber("+442079460123").is("02079460123", false));
}

TEST(WrittenNumber, OfNoCountryOrNoRange) {
  const WrittenNumber free_phone("+80012345678");
  EXPECT_TRUE(free_phone.is("80012345678", true));
  EXPECT_TRUE(free_phone.is("0080012345678", false));
  EXPECT_FALSE(free_phone.is("12345678", false));
  const WrittenNumber nobody("+15550000001");
  EXPECT_TRUE(nobody.is("15550000001", true));
  EXPECT_TRUE(nobody.is("5550000001", false));
}

}  // namespace
}  // namespace baton::numbers
