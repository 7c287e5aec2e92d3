#include "telephony/sip/tone_source.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <ctime>
#include <mutex>
#include <random>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "telephony/sip/own_address.hpp"
#include "telephony/sip/tone_frames.hpp"
#include "telephony/sip/wav.hpp"

namespace baton::telephony::sip {
namespace {

using Clock = std::chrono::steady_clock;

/// The 20 ms of a packet are cut into slots, so that thousands of streams do not leave in one
/// burst.
constexpr std::size_t kSlots = 4;
constexpr auto kSlotTime = std::chrono::milliseconds(5);
/// A thread that comes later than this does not catch up packet by packet, but goes on from now.
constexpr auto kTooLate = std::chrono::milliseconds(100);
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kBatch = 256;
constexpr std::size_t kSounds = 4;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// False: not numeric.
bool parse_address(const std::string& text, int port, Address& out) {
  std::memset(&out, 0, sizeof(out));
  if (inet_pton(AF_INET, text.c_str(), &out.v4.sin_addr) == 1) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(static_cast<std::uint16_t>(port));
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), &out.v6.sin6_addr) == 1) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    return true;
  }
  return false;
}

socklen_t length_of(const Address& address) {
  return address.any.sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

/// A stream may go to one machine only: what a party writes into its SDP must not make us flood a
/// network.
bool is_unicast(const Address& address) {
  if (address.any.sa_family == AF_INET) {
    const std::uint32_t ip = ntohl(address.v4.sin_addr.s_addr);
    return ip >= 0x01000000U && ip < 0xe0000000U;
  }
  const in6_addr& ip = address.v6.sin6_addr;
  return IN6_IS_ADDR_MULTICAST(&ip) == 0 && IN6_IS_ADDR_UNSPECIFIED(&ip) == 0;
}

bool same_place(const Address& a, const Address& b) {
  if (a.any.sa_family != b.any.sa_family) return false;
  if (a.any.sa_family == AF_INET) {
    return a.v4.sin_port == b.v4.sin_port && a.v4.sin_addr.s_addr == b.v4.sin_addr.s_addr;
  }
  return a.v6.sin6_port == b.v6.sin6_port && IN6_ARE_ADDR_EQUAL(&a.v6.sin6_addr, &b.v6.sin6_addr);
}

SoundFrames load(const std::string& file, std::span<const Note> built_in) {
  return encode(file.empty() ? render(built_in) : load_wav(file));
}

std::array<SoundFrames, kSounds> load_sounds(const ToneSource::Config& config) {
  constexpr double kLevel = 0.12;
  constexpr std::array kSilence = {Note{.milliseconds = 20}};
  constexpr std::array kHold = {
      Note{.first_hz = kHoldToneLowHz, .milliseconds = 400, .level = kLevel},
      Note{.milliseconds = 100},
      Note{.first_hz = kHoldToneHighHz, .milliseconds = 400, .level = kLevel},
      Note{.milliseconds = 3100}};
  constexpr std::array kQueue = {
      Note{.first_hz = kQueueToneLowHz, .milliseconds = 400, .level = kLevel},
      Note{.milliseconds = 100},
      Note{.first_hz = kQueueToneHighHz, .milliseconds = 400, .level = kLevel},
      Note{.milliseconds = 3100}};
  constexpr std::array kAmerican = {Note{.first_hz = kRingbackLowHz,
                                         .second_hz = kRingbackHighHz,
                                         .milliseconds = 2000,
                                         .level = kLevel},
                                    Note{.milliseconds = 4000}};
  constexpr std::array kItu = {
      Note{.first_hz = kRingbackItuHz, .milliseconds = 1000, .level = kLevel},
      Note{.milliseconds = 4000}};
  std::array<SoundFrames, kSounds> sounds;
  const auto at = [&sounds](core::Sound sound) -> SoundFrames& {
    return sounds[static_cast<std::size_t>(sound)];
  };
  at(core::Sound::silence) = load({}, kSilence);
  at(core::Sound::ringback) =
      load(config.ringback_sound,
           config.ringback == ToneSource::Ringback::itu ? std::span<const Note>(kItu) : kAmerican);
  at(core::Sound::hold) = load(config.hold_sound, kHold);
  at(core::Sound::queue) = load(config.queue_sound, kQueue);
  return sounds;
}

/// Owns a socket.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error(what + (error == 0 ? "" : ": " + std::system_category().message(error)));
}

int open_socket(const ToneSource::Config& config) {
  Address address{};
  if (!parse_address(config.address, 0, address)) {
    fail("sip.media_address " + config.address + " is not a numeric IPv4 or IPv6 address", 0);
  }
  if (is_wildcard(config.address)) {
    fail("sip.media_address is " + config.address +
             ", or empty where sip.listen begins with that, and no party can be told so; set it to "
             "the address of this machine that phones and trunks reach",
         0);
  }
  const int fd = ::socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("the socket of the built-in sounds cannot be made", errno);
  return fd;
}

/// Binds the port of before, else the first free even port of the range, and gives it.
int bind_port(int fd, const ToneSource::Config& config) {
  if (config.port_min < 1024 || config.port_max > 65535 || config.port_min > config.port_max) {
    fail("sip.media_port_min " + std::to_string(config.port_min) + " and sip.media_port_max " +
             std::to_string(config.port_max) + " are no range within 1024 to 65535",
         0);
  }
  const int before = config.port_before;
  if (before >= config.port_min && before <= config.port_max && before % 2 == 0) {
    Address address{};
    parse_address(config.address, before, address);
    if (::bind(fd, &address.any, length_of(address)) == 0) return before;
  }
  for (int port = config.port_min + (config.port_min & 1); port <= config.port_max; port += 2) {
    Address address{};
    parse_address(config.address, port, address);
    if (::bind(fd, &address.any, length_of(address)) == 0) return port;
    if (errno != EADDRINUSE) {
      fail("sip.media_address " + config.address + " cannot be bound; is it one of this machine's?",
           errno);
    }
  }
  fail("no even port of sip.media_port_min " + std::to_string(config.port_min) +
           " to sip.media_port_max " + std::to_string(config.port_max) + " is free on " +
           config.address + "; widen the range",
       0);
}

/// Nobody reads the socket: the kernel drops what comes in, before it costs a wake-up or a buffer.
void drop_incoming(int fd) {
  sock_filter drop_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  const sock_fprog program{.len = 1, .filter = drop_all};
  // Where filters are not allowed, the smallest buffer fills once and the kernel drops all the
  // rest.
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0) {
    const int least = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
  }
}

}  // namespace

class ToneSource::Impl {
 public:
  explicit Impl(const Config& config)
      : max_streams_(config.max_streams),
        sounds_(load_sounds(config)),
        socket_(open_socket(config)),
        random_(std::random_device{}()) {
    local_ = {.address = config.address, .port = bind_port(socket_.get(), config)};
    Address own{};
    parse_address(config.address, 0, own);
    family_ = own.any.sa_family;
    drop_incoming(socket_.get());
    const int room = 4 * 1024 * 1024;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    // Signals are the main thread's business.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread_.native_handle(), "baton-tones");
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  [[nodiscard]] const LocalMedia& local_media() const { return local_; }

  bool start(StreamId id, const Listener& to, core::Sound sound) {
    Address place{};
    const bool valid = to.port > 0 && to.port <= 65535 && to.payload_type >= 0 &&
                       to.payload_type <= 127 && parse_address(to.address, to.port, place) &&
                       place.any.sa_family == family_ && is_unicast(place);
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      if (!valid || (!running_.contains(id) && running_.size() >= max_streams_)) {
        ++refused_;
        return false;
      }
      running_.insert(id);
      wake = post({.kind = Order::Kind::start,
                   .id = id,
                   .place = place,
                   .payload_type = static_cast<std::uint8_t>(to.payload_type),
                   .a_law = to.a_law,
                   .sound = sound});
    }
    if (wake) wake_.notify_one();
    return true;
  }

  void change(StreamId id, core::Sound sound) {
    const std::lock_guard lock(mutex_);
    // A stream that runs keeps the thread awake: no need to wake it.
    if (running_.contains(id)) post({.kind = Order::Kind::change, .id = id, .sound = sound});
  }

  void stop(StreamId id) {
    const std::lock_guard lock(mutex_);
    if (running_.erase(id) != 0) post({.kind = Order::Kind::stop, .id = id});
  }

  [[nodiscard]] Stats stats() {
    Stats out;
    {
      const std::lock_guard lock(mutex_);
      out.streams = running_.size();
      out.refused_streams = refused_;
    }
    out.packets = packets_.load(std::memory_order_relaxed);
    out.failed_packets = failed_.load(std::memory_order_relaxed);
    out.skipped_ticks = skipped_.load(std::memory_order_relaxed);
    clockid_t clock{};
    timespec time{};
    if (pthread_getcpuclockid(thread_.native_handle(), &clock) == 0 &&
        clock_gettime(clock, &time) == 0) {
      out.cpu = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }
    return out;
  }

 private:
  /// What a caller left for the thread.
  struct Order {
    enum class Kind : std::uint8_t { start, change, stop };
    Kind kind = Kind::start;
    StreamId id = 0;
    Address place{};
    std::uint8_t payload_type = 0;
    bool a_law = false;
    core::Sound sound = core::Sound::silence;
  };

  struct Stream {
    StreamId id = 0;
    Address place{};
    std::uint32_t ssrc = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t frame = 0;
    std::uint16_t sequence = 0;
    std::uint8_t payload_type = 0;
    bool a_law = false;
    bool marker = true;  ///< The first packet after a silence (RFC 3551 section 4.1).
    core::Sound sound = core::Sound::silence;
  };

  struct Where {
    std::size_t slot = 0;
    std::size_t index = 0;
  };

  /// Under the lock. True: the thread sleeps without a deadline and must be woken.
  bool post(const Order& order) {
    orders_.push_back(order);
    return std::exchange(idle_, false);
  }

  void run() {
    std::vector<Order> orders;
    auto due = Clock::now();
    std::size_t slot = 0;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        if (where_.empty()) {
          if (orders_.empty()) {
            idle_ = true;
            wake_.wait(lock, [this] { return stopping_ || !orders_.empty(); });
            idle_ = false;
          }
          due = Clock::now();
        } else {
          wake_.wait_until(lock, due, [this] { return stopping_; });
        }
        if (stopping_) return;
        orders.clear();
        orders.swap(orders_);
      }
      for (const auto& order : orders) carry_out(order);
      const auto late = Clock::now() - due;
      if (late > kTooLate) skip(late, due);
      send(slots_[slot]);
      // On to the next slot that has somebody; the time of empty ones passes too.
      for (std::size_t step = 0; step < kSlots; ++step) {
        slot = (slot + 1) % kSlots;
        due += kSlotTime;
        if (!slots_[slot].empty()) break;
      }
    }
  }

  void carry_out(const Order& order) {
    const auto found = where_.find(order.id);
    if (order.kind == Order::Kind::start && found == where_.end()) {
      const auto least =
          std::min_element(slots_.begin(), slots_.end(),
                           [](const auto& a, const auto& b) { return a.size() < b.size(); });
      where_.emplace(order.id,
                     Where{static_cast<std::size_t>(least - slots_.begin()), least->size()});
      least->push_back({.id = order.id,
                        .place = order.place,
                        .ssrc = static_cast<std::uint32_t>(random_()),
                        .timestamp = static_cast<std::uint32_t>(random_()),
                        .sequence = static_cast<std::uint16_t>(random_()),
                        .payload_type = order.payload_type,
                        .a_law = order.a_law,
                        .sound = order.sound});
      return;
    }
    if (found == where_.end()) return;
    auto& slot = slots_[found->second.slot];
    Stream& stream = slot[found->second.index];
    switch (order.kind) {
      case Order::Kind::start:
        stream.marker = stream.marker || !same_place(stream.place, order.place);
        stream.place = order.place;
        stream.payload_type = order.payload_type;
        stream.a_law = order.a_law;
        [[fallthrough]];
      case Order::Kind::change:
        if (stream.sound != order.sound) stream.frame = 0;
        stream.sound = order.sound;
        return;
      case Order::Kind::stop: {
        const auto index = found->second.index;
        where_.erase(found);
        if (index + 1 != slot.size()) {
          slot[index] = slot.back();
          where_[slot[index].id].index = index;
        }
        slot.pop_back();
        return;
      }
    }
  }

  /// Gives up the packets of the time that was missed; the time stamps tell the gap (RFC 3550
  /// section 5.1).
  void skip(Clock::duration late, Clock::time_point& due) {
    const auto round = kSlotTime * kSlots;
    const auto rounds = late / round;
    due += rounds * round;
    skipped_.fetch_add(static_cast<std::uint64_t>(rounds), std::memory_order_relaxed);
    for (auto& slot : slots_) {
      for (auto& stream : slot) {
        stream.timestamp +=
            static_cast<std::uint32_t>(rounds * static_cast<std::int64_t>(kFrameSamples));
        stream.marker = true;
      }
    }
  }

  void send(std::vector<Stream>& streams) {
    for (std::size_t begin = 0; begin < streams.size(); begin += kBatch) {
      const std::size_t count = std::min(kBatch, streams.size() - begin);
      for (std::size_t i = 0; i < count; ++i) prepare(i, streams[begin + i]);
      send_batch(count);
    }
  }

  void prepare(std::size_t i, Stream& stream) {
    const auto& sound = sounds_[static_cast<std::size_t>(stream.sound)];
    const auto& frames = stream.a_law ? sound.a_law : sound.mu_law;
    if (stream.frame >= frames.size()) stream.frame = 0;
    auto& header = headers_[i];
    header[0] = 0x80;  // Version 2.
    header[1] = static_cast<std::uint8_t>((stream.marker ? 0x80 : 0) | stream.payload_type);
    const std::uint16_t sequence = htons(stream.sequence);
    const std::uint32_t timestamp = htonl(stream.timestamp);
    const std::uint32_t ssrc = htonl(stream.ssrc);
    std::memcpy(&header[2], &sequence, sizeof(sequence));
    std::memcpy(&header[4], &timestamp, sizeof(timestamp));
    std::memcpy(&header[8], &ssrc, sizeof(ssrc));
    parts_[2 * i] = {header.data(), header.size()};
    // The kernel only reads it: iovec has no form for constants.
    parts_[2 * i + 1] = {const_cast<std::uint8_t*>(frames[stream.frame].data()), kFrameSamples};
    auto& message = messages_[i].msg_hdr;
    message = {};
    message.msg_name = &stream.place;
    message.msg_namelen = length_of(stream.place);
    message.msg_iov = &parts_[2 * i];
    message.msg_iovlen = 2;
    stream.marker = false;
    ++stream.frame;
    ++stream.sequence;
    stream.timestamp += kFrameSamples;
  }

  void send_batch(std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
      const int sent = ::sendmmsg(socket_.get(), &messages_[done],
                                  static_cast<unsigned>(count - done), MSG_DONTWAIT);
      if (sent > 0) {
        packets_.fetch_add(static_cast<std::uint64_t>(sent), std::memory_order_relaxed);
        done += static_cast<std::size_t>(sent);
      } else if (errno != EINTR) {
        // A packet that cannot leave is lost like any other on the way; the next may go elsewhere.
        failed_.fetch_add(1, std::memory_order_relaxed);
        ++done;
      }
    }
  }

  const std::size_t max_streams_;
  const std::array<SoundFrames, kSounds> sounds_;
  Socket socket_;
  LocalMedia local_;
  int family_ = AF_INET;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Order> orders_;  // Under mutex_, as are the next four.
  std::unordered_set<StreamId> running_;
  std::uint64_t refused_ = 0;
  bool idle_ = false;
  bool stopping_ = false;

  std::atomic<std::uint64_t> packets_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> skipped_{0};

  // The thread's own.
  std::mt19937 random_;
  std::array<std::vector<Stream>, kSlots> slots_;
  std::unordered_map<StreamId, Where> where_;
  std::array<std::array<std::uint8_t, kHeaderBytes>, kBatch> headers_{};
  std::array<iovec, 2 * kBatch> parts_{};
  std::array<mmsghdr, kBatch> messages_{};
  std::thread thread_;
};

ToneSource::ToneSource(const Config& config) : impl_(std::make_unique<Impl>(config)) {}
ToneSource::~ToneSource() = default;

const LocalMedia& ToneSource::local_media() const { return impl_->local_media(); }
bool ToneSource::start(StreamId id, const Listener& to, core::Sound sound) {
  return impl_->start(id, to, sound);
}
void ToneSource::change(StreamId id, core::Sound sound) { impl_->change(id, sound); }
void ToneSource::stop(StreamId id) { impl_->stop(id); }
ToneSource::Stats ToneSource::stats() const { return impl_->stats(); }

}  // namespace baton::telephony::sip
