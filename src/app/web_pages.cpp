#include "app/web_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <functional>

namespace baton::app {

namespace {

constexpr std::string_view kAmazon = "/amazon/";

/// "https://x.my.connect.aws" of "https://x.my.connect.aws/ccp-v2/".
std::string origin_of(const std::string& page) {
  const std::size_t host = page.find("://");
  return host == std::string::npos ? std::string{} : page.substr(0, page.find('/', host + 3));
}

}  // namespace

WebPages::WebPages(const AppConfig& config, std::span<const gateway::Asset> assets)
    : frame_origins_(config.gateway.frame_origins) {
  if (config.telephony.at_amazon()) instance_ = origin_of(config.amazon.ccp_url);
  bool page = false;
  for (const gateway::Asset& each : assets) {
    const bool amazon = each.path.starts_with(kAmazon);
    if (amazon && instance_.empty()) continue;
    page |= amazon;
    assets_.push_back(each);
  }
  if (!page) return;
  amazon_config_ = boost::json::serialize(
      boost::json::value{{"ccpUrl", config.amazon.ccp_url},
                         {"region", config.amazon.region},
                         {"coldTransfer", config.policy.mirror.cold_transfer}});
  amazon_hash_ = fmt::format("{:016x}", std::hash<std::string>{}(amazon_config_));
  assets_.push_back({.path = "/amazon/config.json",
                     .content_type = "application/json",
                     .hash = amazon_hash_,
                     .immutable = false,
                     .plain = amazon_config_,
                     .gzip = {},
                     .brotli = {}});
  std::ranges::sort(assets_, {}, &gateway::Asset::path);
}

gateway::Pages WebPages::pages() const {
  gateway::Pages pages;
  pages.assets = assets_;
  // The agent desktop needs nothing but the server itself, and nobody may put it into a frame.
  pages.policies.push_back(
      {.folder = "/", .frame_ancestors = {}, .frame_src = {}, .connect_src = {}});
  // Desktops of others embed this one; the gateway has it only where some may.
  pages.policies.push_back({.folder = "/ccp-v2/",
                            .frame_ancestors = frame_origins_,
                            .frame_src = {},
                            .connect_src = {}});
  // The page with the CCP shows that of the instance, and no other.
  if (!instance_.empty()) {
    pages.policies.push_back({.folder = std::string(kAmazon),
                              .frame_ancestors = {},
                              .frame_src = {instance_},
                              .connect_src = {}});
  }
  return pages;
}

}  // namespace baton::app
