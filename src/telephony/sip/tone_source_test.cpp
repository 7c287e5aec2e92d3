#include "telephony/sip/tone_source.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <numbers>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include "telephony/sip/tone_frames.hpp"

namespace baton::telephony::sip {
namespace {

using Clock = std::chrono::steady_clock;
using core::Sound;
using std::chrono::milliseconds;

struct Packet {
  Clock::time_point at;
  bool marker = false;
  int payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::vector<std::uint8_t> payload;
};

/// A phone's RTP socket on loopback.
class Phone {
 public:
  explicit Phone(const char* address = "127.0.0.1")
      : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    inet_pton(AF_INET, address, &own.sin_addr);
    socklen_t size = sizeof(own);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&own), size) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
      throw std::runtime_error("no port for a test's phone");
    }
    port_ = ntohs(own.sin_port);
    const int room = 1 << 20;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  }
  Phone(const Phone&) = delete;
  Phone& operator=(const Phone&) = delete;
  ~Phone() { ::close(fd_); }

  [[nodiscard]] Listener listener(bool a_law = false) const {
    return {.address = "127.0.0.1", .port = port_, .payload_type = a_law ? 8 : 0, .a_law = a_law};
  }
  [[nodiscard]] int port() const { return port_; }

  /// The next packet, or nothing after the time given.
  std::optional<Packet> next(milliseconds wait) const {
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(wait.count())) != 1) return std::nullopt;
    std::uint8_t bytes[2048];
    const auto size = ::recv(fd_, bytes, sizeof(bytes), 0);
    if (size < 12) {
      ADD_FAILURE() << "a packet of " << size << " bytes";
      return std::nullopt;
    }
    const auto word = [&bytes](int at) {
      return static_cast<std::uint32_t>((bytes[at] << 24) | (bytes[at + 1] << 16) |
                                        (bytes[at + 2] << 8) | bytes[at + 3]);
    };
    EXPECT_EQ(bytes[0], 0x80);
    return Packet{.at = Clock::now(),
                  .marker = (bytes[1] & 0x80) != 0,
                  .payload_type = bytes[1] & 0x7f,
                  .sequence = static_cast<std::uint16_t>((bytes[2] << 8) | bytes[3]),
                  .timestamp = word(4),
                  .ssrc = word(8),
                  .payload = {bytes + 12, bytes + size}};
  }

  [[nodiscard]] std::vector<Packet> take(std::size_t count) const {
    std::vector<Packet> out;
    while (out.size() < count) {
      auto packet = next(milliseconds(2000));
      if (!packet) {
        ADD_FAILURE() << "only " << out.size() << " of " << count << " packets";
        break;
      }
      out.push_back(*std::move(packet));
    }
    return out;
  }

 private:
  int fd_;
  int port_ = 0;
};

std::vector<double> samples_of(std::span<const Packet> packets) {
  std::vector<double> out;
  for (const auto& packet : packets) {
    for (const auto byte : packet.payload) {
      out.push_back(packet.payload_type == 8 ? from_a_law(byte) : from_mu_law(byte));
    }
  }
  return out;
}

/// The share of the sound's power that is at a frequency (Goertzel): 1 for a pure tone, 0 for
/// another.
double share(std::span<const double> samples, double hz) {
  const double step = 2.0 * std::cos(2.0 * std::numbers::pi * hz / 8000.0);
  double last = 0;
  double before = 0;
  double power = 0;
  for (const double sample : samples) {
    const double now = sample + step * last - before;
    before = last;
    last = now;
    power += sample * sample;
  }
  if (power < 1) return 0;
  return 2.0 * (last * last + before * before - step * last * before) /
         (power * static_cast<double>(samples.size()));
}

ToneSource::Config config() {
  // Away from the ports that the kernel gives out, and from the default.
  return {.port_min = 21000, .port_max = 21998};
}

void expect_unbroken(std::span<const Packet> packets) {
  for (std::size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(static_cast<std::uint16_t>(packets[i - 1].sequence + 1), packets[i].sequence) << i;
    EXPECT_EQ(packets[i].ssrc, packets[0].ssrc);
    if (packets[i].marker) continue;  // The machine was too busy, or the stream moved.
    EXPECT_EQ(packets[i - 1].timestamp + 160, packets[i].timestamp) << i;
  }
}

TEST(ToneSource, SendsOrderlyRtp) {
  ToneSource source(config());
  EXPECT_EQ(source.local_media().address, "127.0.0.1");
  EXPECT_EQ(source.local_media().port % 2, 0);
  EXPECT_GE(source.local_media().port, 21000);
  const Phone phone;
  ASSERT_TRUE(source.start(1, phone.listener(), Sound::hold));
  const auto packets = phone.take(50);
  ASSERT_EQ(packets.size(), 50U);
  EXPECT_TRUE(packets[0].marker);
  expect_unbroken(packets);
  for (const auto& packet : packets) {
    EXPECT_EQ(packet.payload.size(), 160U);
    EXPECT_EQ(packet.payload_type, 0);
  }
  const auto took = packets.back().at - packets.front().at;
  EXPECT_GE(took, milliseconds(900));
  EXPECT_EQ(source.stats().streams, 1U);
  // A packet is counted once it is out: the next one proves that the fifty before it were.
  ASSERT_EQ(phone.take(1).size(), 1U);
  EXPECT_GE(source.stats().packets, 50U);
}

struct Tone {
  Sound sound;
  bool a_law;
  double first_hz;
  double second_hz;  ///< In the second note, or at once with the first.
};

TEST(ToneSource, SoundsAreToldApart) {
  ToneSource source(config());
  const double all[] = {kHoldToneLowHz, kHoldToneHighHz, kQueueToneLowHz, kQueueToneHighHz};
  for (const auto& tone : {Tone{Sound::hold, false, kHoldToneLowHz, kHoldToneHighHz},
                           Tone{Sound::hold, true, kHoldToneLowHz, kHoldToneHighHz},
                           Tone{Sound::queue, false, kQueueToneLowHz, kQueueToneHighHz},
                           Tone{Sound::queue, true, kQueueToneLowHz, kQueueToneHighHz}}) {
    const Phone phone;
    ASSERT_TRUE(source.start(1, phone.listener(tone.a_law), tone.sound));
    const auto packets = phone.take(45);
    source.stop(1);
    const auto samples = samples_of(packets);
    ASSERT_EQ(samples.size(), 45U * 160);
    const auto first = std::span(samples).subspan(800, 1600);    // 100 to 300 ms.
    const auto second = std::span(samples).subspan(4800, 1600);  // 600 to 800 ms.
    EXPECT_GT(share(first, tone.first_hz), 0.9);
    EXPECT_GT(share(second, tone.second_hz), 0.9);
    for (const double hz : all) {
      if (hz != tone.first_hz) {
        EXPECT_LT(share(first, hz), 0.05) << hz;
      }
      if (hz != tone.second_hz) {
        EXPECT_LT(share(second, hz), 0.05) << hz;
      }
    }
  }
}

TEST(ToneSource, Rings) {
  for (const auto kind : {ToneSource::Ringback::north_america, ToneSource::Ringback::itu}) {
    auto with = config();
    with.ringback = kind;
    ToneSource source(with);
    const Phone phone;
    ASSERT_TRUE(source.start(1, phone.listener(), Sound::ringback));
    const auto samples = samples_of(phone.take(20));
    const auto heard = std::span(samples).subspan(800, 1600);
    if (kind == ToneSource::Ringback::itu) {
      EXPECT_GT(share(heard, kRingbackItuHz), 0.9);
    } else {
      EXPECT_GT(share(heard, kRingbackLowHz), 0.4);
      EXPECT_GT(share(heard, kRingbackHighHz), 0.4);
    }
  }
}

TEST(ToneSource, SilenceIsSentToo) {
  ToneSource source(config());
  const Phone phone;
  ASSERT_TRUE(source.start(1, phone.listener(), Sound::silence));
  const auto packets = phone.take(5);
  expect_unbroken(packets);
  for (const auto& packet : packets) {
    EXPECT_THAT(packet.payload, testing::Each(0xff));
  }
}

TEST(ToneSource, ChangesTheSoundWithinTheStream) {
  ToneSource source(config());
  const Phone phone;
  ASSERT_TRUE(source.start(1, phone.listener(), Sound::silence));
  auto packets = phone.take(5);
  source.change(1, Sound::queue);
  for (auto& packet : phone.take(25)) packets.push_back(std::move(packet));
  expect_unbroken(packets);
  EXPECT_EQ(packets[0].ssrc, packets.back().ssrc);
  const auto samples = samples_of(packets);
  EXPECT_GT(share(std::span(samples).subspan(10 * 160, 1600), kQueueToneLowHz), 0.9);
}

TEST(ToneSource, MovesAStreamToAnotherPlace) {
  ToneSource source(config());
  const Phone before;
  const Phone after;
  ASSERT_TRUE(source.start(1, before.listener(), Sound::hold));
  const auto first = before.take(3);
  ASSERT_TRUE(source.start(1, after.listener(true), Sound::hold));
  const auto second = after.take(3);
  ASSERT_EQ(second.size(), 3U);
  EXPECT_EQ(first.back().ssrc, second.front().ssrc);
  EXPECT_EQ(second.front().payload_type, 8);
  EXPECT_TRUE(second.front().marker);
  EXPECT_EQ(source.stats().streams, 1U);
}

TEST(ToneSource, StopsWithin40Milliseconds) {
  ToneSource source(config());
  const Phone phone;
  ASSERT_TRUE(source.start(1, phone.listener(), Sound::hold));
  static_cast<void>(phone.take(5));
  source.stop(1);
  const auto stopped = Clock::now();
  auto last = stopped;
  while (const auto packet = phone.next(milliseconds(200))) last = packet->at;
  EXPECT_LE(last - stopped, milliseconds(40));
  EXPECT_EQ(source.stats().streams, 0U);
  source.stop(1);  // Once more has no effect.
  source.change(1, Sound::queue);
}

TEST(ToneSource, CostsNothingWhenNothingPlays) {
  ToneSource source(config());
  const Phone phone;
  ASSERT_TRUE(source.start(1, phone.listener(), Sound::hold));
  static_cast<void>(phone.take(2));
  source.stop(1);
  while (phone.next(milliseconds(100))) {
  }
  const auto before = source.stats().cpu;
  EXPECT_EQ(phone.next(milliseconds(300)), std::nullopt);
  EXPECT_EQ(source.stats().cpu, before);
}

TEST(ToneSource, DropsWhatComesIn) {
  ToneSource source(config());
  const Phone phone;
  const auto before = source.stats().cpu;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(source.local_media().port));
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const std::vector<char> packet(172);
  for (int i = 0; i < 10000; ++i) {
    ::sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  }
  ::close(fd);
  // Its thread was not even woken; it may only have come to its first sleep meanwhile.
  EXPECT_LT(source.stats().cpu - before, milliseconds(1));
  ASSERT_TRUE(source.start(1, phone.listener(), Sound::hold));
  EXPECT_EQ(phone.take(3).size(), 3U);
}

TEST(ToneSource, ServesTwoThousandAtOnce) {
  // One socket stands for many parties; streams are told apart by their SSRC.
  ToneSource source(config());
  std::vector<std::unique_ptr<Phone>> phones;
  for (int i = 0; i < 20; ++i) phones.push_back(std::make_unique<Phone>());
  constexpr std::size_t kStreams = 2000;
  for (std::size_t i = 0; i < kStreams; ++i) {
    ASSERT_TRUE(source.start(i, phones[i % 20]->listener(), Sound::queue));
  }
  EXPECT_EQ(source.stats().streams, kStreams);
  std::map<std::uint32_t, std::vector<Packet>> streams;
  // 50 packets a second are due to each; a busy machine may need longer for the ten that are
  // awaited here.
  std::size_t served = 0;
  const auto end = Clock::now() + std::chrono::seconds(20);
  while (served < kStreams && Clock::now() < end) {
    for (const auto& phone : phones) {
      while (auto packet = phone->next(milliseconds(0))) {
        packet->payload.clear();
        auto& packets = streams[packet->ssrc];
        packets.push_back(*std::move(packet));
        if (packets.size() == 10) ++served;
      }
    }
  }
  for (std::size_t i = 0; i < kStreams; ++i) source.stop(i);
  EXPECT_EQ(served, kStreams);
  EXPECT_EQ(streams.size(), kStreams);
  // The test's own sockets may overflow on a busy machine, so packets may be lost, but never out of
  // order.
  for (const auto& [ssrc, packets] : streams) {
    for (std::size_t i = 1; i < packets.size(); ++i) {
      const auto steps = static_cast<std::uint16_t>(packets[i].sequence - packets[i - 1].sequence);
      EXPECT_GT(steps, 0);
      EXPECT_LT(steps, 1000);
      if (packets[i].marker || steps > 1) continue;
      EXPECT_EQ(packets[i].timestamp - packets[i - 1].timestamp, 160U);
    }
  }
  EXPECT_EQ(source.stats().failed_packets, 0U);
}

TEST(ToneSource, BoundsStreamsAndPlaces) {
  auto with = config();
  with.max_streams = 2;
  ToneSource source(with);
  const Phone phone;
  const auto at = [](std::string address, int port = 4000, int payload_type = 0) {
    return Listener{
        .address = std::move(address), .port = port, .payload_type = payload_type, .a_law = false};
  };
  for (const auto& bad :
       {at("example.com"), at(""), at("224.0.0.1"), at("255.255.255.255"), at("0.0.0.0"), at("::1"),
        at("127.0.0.1", 0), at("127.0.0.1", 65536), at("127.0.0.1", 4000, 128)}) {
    EXPECT_FALSE(source.start(1, bad, Sound::hold)) << bad.address << ":" << bad.port;
  }
  EXPECT_TRUE(source.start(1, phone.listener(), Sound::hold));
  EXPECT_TRUE(source.start(2, phone.listener(), Sound::hold));
  EXPECT_FALSE(source.start(3, phone.listener(), Sound::hold));
  EXPECT_TRUE(source.start(2, phone.listener(), Sound::queue));  // It plays already.
  EXPECT_EQ(source.stats().refused_streams, 10U);
  source.stop(1);
  EXPECT_TRUE(source.start(3, phone.listener(), Sound::hold));
}

TEST(ToneSource, GoesOnWhereNobodyListens) {
  ToneSource source(config());
  const Phone phone;
  int closed = 0;
  {
    const Phone gone;
    closed = gone.port();
  }
  ASSERT_TRUE(source.start(
      1, {.address = "127.0.0.1", .port = closed, .payload_type = 0, .a_law = false}, Sound::hold));
  ASSERT_TRUE(source.start(2, phone.listener(), Sound::hold));
  expect_unbroken(phone.take(10));
}

TEST(ToneSource, TakesCallsFromSeveralThreads) {
  ToneSource source(config());
  const Phone phone;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&source, &phone, t] {
      for (std::uint64_t i = 0; i < 2000; ++i) {
        const auto id = t * 10 + i % 10;
        source.start(id, phone.listener(), Sound::hold);
        source.change(id, Sound::queue);
        static_cast<void>(source.stats());
        source.stop(id);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(source.stats().streams, 0U);
}

TEST(ToneSource, PlaysAFileInALoop) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("baton-tone-" + std::to_string(::getpid()) + ".wav");
  {
    // 60 ms of 1,000 Hz: 480 samples.
    const Note notes[] = {{.first_hz = 1000, .milliseconds = 60, .level = 0.2}};
    const auto samples = render(notes);
    std::ofstream file(path, std::ios::binary);
    const auto put = [&file](std::uint32_t value, int bytes) {
      for (int i = 0; i < bytes; ++i) file.put(static_cast<char>((value >> (8 * i)) & 0xffU));
    };
    file << "RIFF";
    put(36 + 960, 4);
    file << "WAVEfmt ";
    put(16, 4);
    put(1, 2);
    put(1, 2);
    put(8000, 4);
    put(16000, 4);
    put(2, 2);
    put(16, 2);
    file << "data";
    put(960, 4);
    for (const auto sample : samples) put(static_cast<std::uint16_t>(sample), 2);
  }
  auto with = config();
  with.queue_sound = path.string();
  ToneSource source(with);
  std::filesystem::remove(path);
  const Phone phone;
  ASSERT_TRUE(source.start(1, phone.listener(), Sound::queue));
  const auto packets = phone.take(9);
  ASSERT_EQ(packets.size(), 9U);
  EXPECT_EQ(packets[0].payload, packets[3].payload);
  EXPECT_EQ(packets[2].payload, packets[8].payload);
  EXPECT_GT(share(samples_of(packets), 1000), 0.8);
}

std::string start_error(const ToneSource::Config& with) {
  try {
    const ToneSource source(with);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "started";
}

TEST(ToneSource, TakesThePortOfBeforeWhereItIsFree) {
  auto with = config();
  const auto source = [&with](int before) {
    with.port_before = before;
    return std::make_unique<ToneSource>(with);
  };
  const auto first = source(with.port_max);
  EXPECT_EQ(first->local_media().port, with.port_max);
  const auto second = source(with.port_max);
  EXPECT_NE(second->local_media().port, with.port_max) << "somebody else has it";
  EXPECT_GE(second->local_media().port, with.port_min);
  for (const int of_another_configuration : {0, with.port_min + 1, with.port_max + 2}) {
    EXPECT_LT(source(of_another_configuration)->local_media().port, with.port_max);
  }
}

TEST(ToneSource, SaysWhyItCannotStart) {
  using testing::HasSubstr;
  auto with = config();
  with.address = "media.example.com";
  EXPECT_THAT(start_error(with), HasSubstr("sip.media_address media.example.com is not a numeric"));
  with.address = "192.0.2.1";  // Nobody's.
  EXPECT_THAT(start_error(with), HasSubstr("is it one of this machine's?"));
  with = config();
  with.port_min = 80;
  EXPECT_THAT(start_error(with), HasSubstr("sip.media_port_min 80"));
  with = config();
  with.port_max = 70000;
  EXPECT_THAT(start_error(with), HasSubstr("sip.media_port_max 70000"));
  with = config();
  with.hold_sound = "no/such.wav";
  EXPECT_THAT(start_error(with), HasSubstr("no/such.wav"));
  // A range with one even port, which somebody has.
  ToneSource first(config());
  with = config();
  with.port_min = with.port_max = first.local_media().port;
  EXPECT_THAT(start_error(with), HasSubstr("no even port"));
  // In a wider range the next one is taken.
  const ToneSource second(config());
  EXPECT_NE(first.local_media().port, second.local_media().port);
}

}  // namespace
}  // namespace baton::telephony::sip
