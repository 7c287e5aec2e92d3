#include "gateway/client_address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <iterator>

#include "gateway/http.hpp"

namespace baton::gateway {
namespace {

namespace ip = boost::asio::ip;

/// One spelling for each address; IPv4 in IPv6's clothes (::ffff:192.0.2.1) is IPv4.
ip::address canonical(std::string_view text, boost::system::error_code& error) {
  ip::address address = ip::make_address(text, error);
  if (!error && address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

}  // namespace

std::string client_address(std::string_view peer, std::string_view forwarded_for,
                           const std::vector<std::string>& trusted_proxies) {
  boost::system::error_code error;
  ip::address client = canonical(peer, error);
  if (error) return std::string(peer);
  const auto trusted = [&](const ip::address& address) {
    return std::any_of(trusted_proxies.begin(), trusted_proxies.end(), [&](const std::string& one) {
      boost::system::error_code bad;
      return canonical(one, bad) == address && !bad;
    });
  };
  const std::vector<std::string_view> path = split_list(forwarded_for);
  for (auto hop = path.rbegin(); hop != path.rend() && trusted(client); ++hop) {
    const ip::address before = canonical(*hop, error);
    if (error) break;
    client = before;
  }
  return client.to_string();
}

std::string counted_address(std::string_view address) {
  boost::system::error_code error;
  const ip::address parsed = canonical(address, error);
  if (error || parsed.is_v4()) return std::string(address);
  ip::address_v6::bytes_type bytes = parsed.to_v6().to_bytes();
  std::fill(std::next(bytes.begin(), 8), bytes.end(), std::uint8_t{0});
  return ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace baton::gateway
