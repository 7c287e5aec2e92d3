#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/leg.hpp"
#include "telephony/sip/media_plan.hpp"

namespace baton::telephony::sip {

/// The built-in RTP source: what parked, queued and waiting parties hear, in PCMU or PCMA, 20 ms a
/// packet (RFC 3551).
///
/// One thread and one UDP socket serve everybody: each party's SDP names the same port of ours,
/// each stream has its own SSRC, sequence numbers and time stamps (RFC 3550), and the frames are
/// encoded once at start and shared. What comes in on the socket is dropped by a filter in the
/// kernel. When nothing plays, the thread sleeps and costs nothing.
///
/// All functions but the constructor and the destructor may be called from any thread and do not
/// block: they leave a note that the thread reads within 20 ms.
class ToneSource {
 public:
  /// What ringing sounds like.
  enum class Ringback : std::uint8_t {
    north_america,  ///< 440 and 480 Hz, 2 s on, 4 s off.
    itu,            ///< 425 Hz, 1 s on, 4 s off (ITU-T E.180 as most of Europe does it).
  };

  struct Config {
    std::string address = "127.0.0.1";  ///< Numeric; where packets come from and what the SDP says.
    int port_min = 40000;  ///< 1,024 to 65,535. The first free even port of the range is taken.
    int port_max = 49999;
    /// Taken instead where it is of the range, even and free; 0: none. The port that parties of an
    /// earlier process were told.
    int port_before = 0;
    std::string queue_sound{};  ///< WAV file (wav.hpp); empty: the built-in tone. Likewise below.
    std::string hold_sound{};
    std::string ringback_sound{};
    Ringback ringback = Ringback::north_america;
    std::size_t max_streams = 20000;  ///< One more is refused by start().
  };

  /// Named by the caller, unique among running streams.
  using StreamId = std::uint64_t;

  struct Stats {
    std::uint64_t streams = 0;         ///< Playing now.
    std::uint64_t packets = 0;         ///< Sent since the start.
    std::uint64_t failed_packets = 0;  ///< Refused by the kernel (no route, full buffer).
    std::uint64_t refused_streams =
        0;  ///< By start(), for max_streams or an address that is not to be sent to.
    std::uint64_t skipped_ticks = 0;  ///< 20 ms periods lost because the machine was too busy.
    std::chrono::nanoseconds cpu{0};  ///< CPU time of the thread.
  };

  /// Loads the sounds, binds the port, starts the thread. Throws std::runtime_error that names the
  /// key, the value and the remedy: an address that is not numeric or not ours, no free port in the
  /// range, a WAV file that cannot be used.
  explicit ToneSource(const Config& config);
  ToneSource(const ToneSource&) = delete;
  ToneSource& operator=(const ToneSource&) = delete;
  /// Silent: ends all streams and joins the thread (within 20 ms).
  ~ToneSource();

  /// What goes into the SDP of a parked party (LegMedia::offer_source, answer_source).
  [[nodiscard]] const LocalMedia& local_media() const;

  /// Plays a sound to a party, in a loop, from its beginning. A stream of that id that plays
  /// already goes on with the same SSRC and sequence, to the new place and with the new sound (from
  /// the beginning only if it is another one). False: refused, since there are max_streams, or the
  /// address is not a numeric unicast one of our IP version.
  bool start(StreamId id, const Listener& to, core::Sound sound);
  /// Changes the sound; sequence and time stamps go on. No effect on a stream that does not play.
  void change(StreamId id, core::Sound sound);
  /// Ends a stream: its last packet leaves within 40 ms. No effect on a stream that does not play.
  void stop(StreamId id);

  [[nodiscard]] Stats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The built-in sounds, so that a test can tell them apart (Goertzel over 200 ms). Two soft notes a
// second apart, each 400 ms, in a loop of 4 s; peak 0.12 of full scale (-15 dBm0).
inline constexpr double kHoldToneLowHz = 523.25;    ///< C5, at 0.0 s.
inline constexpr double kHoldToneHighHz = 659.25;   ///< E5, at 0.5 s.
inline constexpr double kQueueToneLowHz = 392.0;    ///< G4, at 0.0 s.
inline constexpr double kQueueToneHighHz = 587.33;  ///< D5, at 0.5 s.
inline constexpr double kRingbackLowHz = 440.0;     ///< North America.
inline constexpr double kRingbackHighHz = 480.0;
inline constexpr double kRingbackItuHz = 425.0;

}  // namespace baton::telephony::sip
