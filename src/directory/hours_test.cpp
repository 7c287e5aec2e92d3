#include "directory/hours.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace baton::directory {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;
/// Monday 2024-01-01T00:00:00Z.
constexpr std::int64_t kMonday = 1704067200;

TimeZone berlin() { return TimeZone::load("Europe/Berlin").value(); }

TEST(TimeZone, UtcNeedsNoFile) {
  const auto utc = TimeZone::load("UTC");
  ASSERT_TRUE(utc);
  EXPECT_EQ(utc->offset_at(kMonday), 0);
  EXPECT_TRUE(time_zone_known("UTC"));
}

TEST(TimeZone, NamesThatAreNone) {
  for (const char* name :
       {"", "/", "Europe", "Europe/", "/Europe/Berlin", "../localtime", "Mars/Phobos",
        "Europe//Berlin", "Europe/Berlin ", "zone.tab", "tzdata.zi"}) {
    EXPECT_FALSE(time_zone_known(name)) << name;
  }
}

struct OffsetCase {
  const char* zone;
  std::int64_t at;
  int offset;
};

TEST(TimeZone, Offsets) {
  // Moments and offsets as `TZ=<zone> date -d @<at> +%z` prints them; the last ones are after the
  // files' tables.
  const OffsetCase cases[] = {
      {"Europe/Berlin", 1704067200, 3600},      {"Europe/Berlin", 1719792000, 7200},
      {"Europe/Berlin", 1711846799, 3600},      {"Europe/Berlin", 1711846800, 7200},
      {"America/New_York", 1719792000, -14400}, {"America/New_York", 1704067200, -18000},
      {"Asia/Kolkata", 1704067200, 19800},      {"Australia/Sydney", 1704067200, 39600},
      {"Australia/Sydney", 1719792000, 36000},  {"America/St_Johns", 1704067200, -12600},
      {"Europe/Berlin", 4102444800, 3600},      {"Europe/Berlin", 4118083200, 7200},
      {"Australia/Sydney", 4102444800, 39600},  {"Australia/Sydney", 4118083200, 36000},
      {"Asia/Kolkata", 4118083200, 19800},      {"America/New_York", 4118083200, -14400},
  };
  for (const OffsetCase& c : cases) {
    const auto zone = TimeZone::load(c.zone);
    ASSERT_TRUE(zone) << c.zone;
    EXPECT_EQ(zone->offset_at(c.at), c.offset) << c.zone << ' ' << c.at;
  }
}

/// A TZif file without transitions, whose footer alone says everything.
std::string footer_only(std::string_view footer) {
  const auto header = [](char version, char types) {
    std::string text = std::string("TZif") + version + std::string(15, '\0');
    std::string counts(24, '\0');
    counts[19] = types;  // Number of types.
    counts[23] = types;  // Number of abbreviation characters.
    return text + counts;
  };
  const std::string body(7, '\0');
  return header('2', 1) + body + header('2', 1) + body + '\n' + std::string(footer) + '\n';
}

TEST(TimeZone, PosixFooters) {
  struct Case {
    const char* footer;
    std::int64_t at;
    int offset;
  };
  const Case cases[] = {
      {"EST5EDT,M3.2.0,M11.1.0", 1704067200, -18000},
      {"EST5EDT,M3.2.0,M11.1.0", 1710053999, -18000},
      {"EST5EDT,M3.2.0,M11.1.0", 1710054000, -14400},
      {"<+0330>-3:30", 0, 12600},
      {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", 1719792000, -7200},
      {"XXX0YYY,J60/0,J300/0", 1709251199, 0},     // 29 February 2024 is day 60 only without J.
      {"XXX0YYY,J60/0,J300/0", 1709251200, 3600},  // 1 March.
      {"XXX0YYY,59/0,300/0", 1709164800, 3600},    // Day 59 from 0: 29 February.
      {"XXX0YYY,M10.1.0/0,M4.1.0/0", 1704067200, 3600},
  };
  for (const Case& c : cases) {
    const auto zone = TimeZone::parse(footer_only(c.footer));
    ASSERT_TRUE(zone) << c.footer;
    EXPECT_EQ(zone->offset_at(c.at), c.offset) << c.footer << ' ' << c.at;
  }
  for (const char* bad :
       {"E5", "EST", "EST5EDT", "EST5EDT,", "EST5EDT,M13.1.0,M1.1.0", "EST5EDT,M1.1.0",
        "EST5EDT,M1.1.0,M2.1.0x", "<EST5", "EST5:", "EST5EDT,J0,J1", "EST5EDT,M1.1,M2.1.0"}) {
    EXPECT_FALSE(TimeZone::parse(footer_only(bad))) << bad;
  }
}

TEST(Hours, NoOpeningsMeansAlwaysOpen) {
  EXPECT_EQ(hours_at({}, TimeZone(), kMonday), (HoursState{true, std::nullopt}));
}

TEST(Hours, OpensAndCloses) {
  const std::vector<Opening> hours{{1, 480, 1080}};
  EXPECT_EQ(hours_at(hours, TimeZone(), kMonday), (HoursState{false, kMonday + 8 * kHour}));
  EXPECT_EQ(hours_at(hours, TimeZone(), kMonday + 8 * kHour - 1),
            (HoursState{false, kMonday + 8 * kHour}));
  EXPECT_EQ(hours_at(hours, TimeZone(), kMonday + 8 * kHour),
            (HoursState{true, kMonday + 18 * kHour}));
  EXPECT_EQ(hours_at(hours, TimeZone(), kMonday + 18 * kHour),
            (HoursState{false, kMonday + 7 * kDay + 8 * kHour}));
}

TEST(Hours, OpeningsThatMeetAtMidnightAreOne) {
  const std::vector<Opening> hours{{1, 1200, 1440}, {2, 0, 240}};
  EXPECT_EQ(hours_at(hours, TimeZone(), kMonday + 23 * kHour),
            (HoursState{true, kMonday + 28 * kHour}));
}

TEST(Hours, OpenAroundTheClockNeverChanges) {
  std::vector<Opening> hours;
  for (int day = 1; day <= 7; ++day) hours.push_back({day, 0, 1440});
  EXPECT_EQ(hours_at(hours, berlin(), kMonday), (HoursState{true, std::nullopt}));
}

TEST(Hours, LocalTimeOfTheZone) {
  const std::vector<Opening> hours{{1, 480, 1080}};
  EXPECT_EQ(hours_at(hours, berlin(), kMonday), (HoursState{false, kMonday + 7 * kHour}));
}

TEST(Hours, AnOpeningInsideTheSkippedHourNeverHappens) {
  // Sunday 2024-03-31: 02:00 becomes 03:00 in Berlin.
  const std::int64_t sunday = 1711839600;  // 00:00 local time.
  const std::vector<Opening> inside{{7, 130, 170}};
  EXPECT_EQ(hours_at(inside, berlin(), sunday).open, false);
  EXPECT_EQ(hours_at(inside, berlin(), sunday).changes_at,
            sunday + 6 * kDay + 23 * kHour + 130 * 60);
  const std::vector<Opening> across{{7, 150, 240}};
  EXPECT_EQ(hours_at(across, berlin(), sunday), (HoursState{false, sunday + 2 * kHour}));
}

TEST(Hours, TheRepeatedHourOpensTwice) {
  // Sunday 2024-10-27: 03:00 becomes 02:00 in Berlin; 02:00 to 02:30 comes twice.
  const std::int64_t sunday = 1729980000;  // 00:00 local time.
  const std::vector<Opening> hours{{7, 120, 150}};
  EXPECT_EQ(hours_at(hours, berlin(), sunday), (HoursState{false, sunday + 2 * kHour}));
  EXPECT_EQ(hours_at(hours, berlin(), sunday + 2 * kHour), (HoursState{true, sunday + 150 * 60}));
  EXPECT_EQ(hours_at(hours, berlin(), sunday + 150 * 60), (HoursState{false, sunday + 3 * kHour}));
  EXPECT_EQ(hours_at(hours, berlin(), sunday + 3 * kHour), (HoursState{true, sunday + 210 * 60}));
}

TEST(Hours, AQueueWithAnUnknownZoneIsJudgedInUtc) {
  QueueClock clock;
  Queue queue;
  queue.time_zone = "No/Where";
  queue.hours = {{1, 480, 1080}};
  EXPECT_EQ(clock.at(queue, kMonday), (HoursState{false, kMonday + 8 * kHour}));
}

/// The state at every minute of the next nine days says the same as the computed change.
RC_GTEST_PROP(HoursProperty, TheNextChangeIsTheFirstMinuteThatDiffers, ()) {
  static const TimeZone zones[] = {TimeZone(), berlin(),
                                   TimeZone::load("Australia/Lord_Howe").value(),
                                   TimeZone::load("America/St_Johns").value()};
  const TimeZone& zone = zones[*rc::gen::inRange(0, 4)];
  std::vector<Opening> hours;
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    const int from = *rc::gen::inRange(0, 1440);
    hours.push_back({*rc::gen::inRange(1, 8), from, *rc::gen::inRange(from + 1, 1441)});
  }
  // Half of the moments are near a change of daylight saving time.
  const std::int64_t base =
      *rc::gen::elementOf(std::vector<std::int64_t>{1711839600, 1729980000, kMonday, 1712412000});
  const std::int64_t now = base + 60 * *rc::gen::inRange(-3 * 1440, 3 * 1440);
  const HoursState state = hours_at(hours, zone, now);
  std::optional<std::int64_t> first;
  for (std::int64_t at = now; at <= now + 8 * kDay && !first; at += 60) {
    if (is_open(hours, zone, at) != state.open) first = at;
  }
  RC_ASSERT(state.changes_at == first);
}

}  // namespace
}  // namespace baton::directory
