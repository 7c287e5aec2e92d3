#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace baton::telephony::sip {

/// Which networks (network_of) something has been told of, so that it is told once in a while and
/// not each time: whoever hammers on must not fill the disk. Of more networks than the bound at a
/// time nothing is told, since over UDP anybody can write any address. Time is passed in, in Unix
/// seconds; what was told by a clock that was set back since counts no more. Loop thread.
class OncePerNetwork {
 public:
  explicit OncePerNetwork(std::size_t bound) : bound_(bound) {}

  /// True where it is to be told now, and then not again before `until`.
  [[nodiscard]] bool tell(std::string_view network, std::int64_t now, std::int64_t until);

 private:
  struct Told {
    std::int64_t at;
    std::int64_t until;

    [[nodiscard]] bool is_over(std::int64_t now) const { return now >= until || now < at; }
  };
  std::size_t bound_;
  std::map<std::string, Told, std::less<>> told_;
};

}  // namespace baton::telephony::sip
