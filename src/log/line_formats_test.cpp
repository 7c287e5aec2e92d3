#include "log/line_formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>
#include <thread>

#include "log/about.hpp"

namespace baton::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

struct Lines : ::testing::Test {
  std::ostringstream out;
  spdlog::logger logger{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(out)};

  std::string line(std::unique_ptr<spdlog::formatter> format, const std::string& text) {
    logger.set_formatter(std::move(format));
    out.str("");
    logger.warn(text);
    return out.str();
  }
};

TEST_F(Lines, OfNoCallNameNone) {
  EXPECT_THAT(line(json_lines(), "it is"),
              MatchesRegex("\\{\"time\":\"20[0-9-]*T[0-9:.]*Z\",\"level\":\"warning\","
                           "\"msg\":\"it is\"\\}\n"));
  EXPECT_THAT(line(text_lines(), "it is"), MatchesRegex("20[0-9-]*T[0-9:.]*Z warning it is\n"));
}

TEST_F(Lines, OfACallNameIt) {
  const message::Uuid contact{.high = 1, .low = 2};
  const message::Uuid transfer{.high = 3, .low = 4};
  const std::string c = to_string(contact);
  const std::string t = to_string(transfer);
  const About call({.contact = contact, .transfer = {}});
  EXPECT_THAT(line(json_lines(), "x"), EndsWith(R"("msg":"x","contact":")" + c + "\"}\n"));
  {
    const About inner({.contact = contact, .transfer = transfer});
    EXPECT_THAT(line(json_lines(), "x"),
                EndsWith(R"("msg":"x","contact":")" + c + R"(","transfer":")" + t + "\"}\n"));
    EXPECT_THAT(line(text_lines(), "x"), EndsWith(" x contact=" + c + " transfer=" + t + '\n'));
  }
  EXPECT_THAT(line(text_lines(), "x"), EndsWith(" x contact=" + c + '\n'))
      << "the outer one counts again";
  std::thread([] {
    EXPECT_FALSE(about().contact) << "another thread's are about something else";
  }).join();
}

TEST_F(Lines, AreJsonWhateverTheTextHolds) {
  const std::string text = "says \"\\\"\n\x01 and \xff";
  EXPECT_THAT(line(json_lines(), text), HasSubstr(R"("msg":"says \"\\\"\n\u0001 and )"));
  EXPECT_THAT(line(json_lines(), text), Not(HasSubstr("\xff")));
}

}  // namespace
}  // namespace baton::log
