#include "gateway/assets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

#include "message/text.hpp"

namespace baton::gateway {
namespace {

/// A weight of 0: "0", "0.", "0.000".
bool is_zero(std::string_view weight) {
  return weight.starts_with('0') && weight.find_first_not_of("0.") == std::string_view::npos;
}

/// Whether the client has this very content: its If-None-Match names the tag, weakly or not, or is
/// "*" (RFC 9110, 13.1.2).
bool has_it(std::string_view if_none_match, std::string_view tag) {
  for (std::string_view one : split_list(if_none_match)) {
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == tag) return true;
  }
  return false;
}

std::string join(std::string_view first, const std::vector<std::string>& more) {
  std::string text(first);
  for (const std::string& one : more) {
    if (!text.empty()) text += ' ';
    text += one;
  }
  return text.empty() ? std::string("'none'") : text;
}

}  // namespace

bool accepts_coding(std::string_view accept_encoding, std::string_view coding) {
  std::optional<bool> any;
  for (std::string_view element : split_list(accept_encoding)) {
    const std::size_t semicolon = element.find(';');
    const std::string_view name = trim(element.substr(0, semicolon));
    bool wanted = true;
    if (semicolon != std::string_view::npos) {
      const std::string_view weight = trim(element.substr(semicolon + 1));
      if (message::text::equals_folded(weight.substr(0, 2), "q="))
        wanted = !is_zero(trim(weight.substr(2)));
    }
    if (message::text::equals_folded(name, coding)) return wanted;
    if (name == "*") any = wanted;
  }
  return any.value_or(false);
}

AssetServer::AssetServer(Pages pages) : pages_(std::move(pages)) {
  if (!std::is_sorted(pages_.assets.begin(), pages_.assets.end(),
                      [](const Asset& a, const Asset& b) { return a.path < b.path; })) {
    throw std::invalid_argument("the pages' files must be sorted by path");
  }
}

const Asset* AssetServer::find(std::string_view path) const {
  const auto found = std::lower_bound(
      pages_.assets.begin(), pages_.assets.end(), path,
      [](const Asset& asset, std::string_view wanted) { return asset.path < wanted; });
  return found != pages_.assets.end() && found->path == path ? &*found : nullptr;
}

const PagePolicy* AssetServer::policy_of(std::string_view path) const {
  const PagePolicy* best = nullptr;
  for (const PagePolicy& policy : pages_.policies) {
    if (!path.starts_with(policy.folder)) continue;
    if (best == nullptr || policy.folder.size() > best->folder.size()) best = &policy;
  }
  return best;
}

std::string AssetServer::content_security_policy(std::string_view path) const {
  static const PagePolicy kNothingMore;
  const PagePolicy* found = policy_of(path);
  const PagePolicy& policy = found != nullptr ? *found : kNothingMore;
  return fmt::format(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
      "manifest-src 'self'; connect-src {}; frame-src {}; frame-ancestors {}; form-action 'self'; "
      "base-uri 'none'",
      join("'self'", policy.connect_src), join("", policy.frame_src),
      join("", policy.frame_ancestors));
}

std::optional<Response> AssetServer::serve(const RequestHead& head) const {
  const std::string_view path = head.path();
  const bool folder = path.ends_with('/');
  const Asset* asset = find(folder ? std::string(path) + "index.html" : std::string(path));
  if (asset != nullptr) return answer(head, *asset);
  if (folder || path.empty() || find(std::string(path) + "/index.html") == nullptr)
    return std::nullopt;
  Response moved;
  moved.status = 308;
  moved.content_type.clear();
  moved.headers.emplace_back("Location", fmt::format("{}/", path));
  return moved;
}

Response AssetServer::answer(const RequestHead& head, const Asset& asset) const {
  Response response;
  response.content_type = std::string(asset.content_type);
  std::string_view coding;
  std::string_view content = asset.plain;
  for (const auto& [name, packed] :
       {std::pair<std::string_view, std::string_view>{"br", asset.brotli}, {"gzip", asset.gzip}}) {
    if (packed.empty() || !accepts_coding(head.accept_encoding, name)) continue;
    coding = name;
    content = packed;
    break;
  }
  const std::string csp = content_security_policy(asset.path);
  // Each coding has a tag of its own: a strong tag names the very bytes (RFC 9110, 8.8.3). So has
  // each policy: whoever keeps the page keeps its header, and must not keep what was configured
  // before.
  const std::string tag =
      fmt::format("\"{}-{:016x}{}{}\"", asset.hash, std::hash<std::string>{}(csp),
                  coding.empty() ? "" : "-", coding);
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back(
      "Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset.gzip.empty() || !asset.brotli.empty()) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  response.headers.emplace_back("Content-Security-Policy", csp);
  const PagePolicy* policy = policy_of(asset.path);
  if (policy != nullptr && !policy->frame_ancestors.empty()) {
    // It knows no list of origins; frame-ancestors, which does, then says it alone.
    response.headers.emplace_back("X-Frame-Options", "");
  }
  if (has_it(head.if_none_match, tag)) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  if (!coding.empty()) response.headers.emplace_back("Content-Encoding", std::string(coding));
  response.body.assign(content);
  return response;
}

}  // namespace baton::gateway
