#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http.hpp"

namespace baton::gateway {

/// A file of a page, as it lies in the program. All of it lives as long as the process.
struct Asset {
  std::string_view path;  ///< As asked for, such as "/ccp-v2/index.html".
  std::string_view content_type;
  std::string_view hash;   ///< Of the content: letters and digits.
  bool immutable = false;  ///< Its name holds a hash: it is never asked for again.
  std::string_view plain;
  std::string_view gzip;    ///< The same compressed (RFC 1952); empty where that gains nothing.
  std::string_view brotli;  ///< The same compressed (RFC 7932); empty where that gains nothing.
};

/// What the pages of one folder may do: their Content-Security-Policy (CSP Level 3). Everything not
/// named here is forbidden, but for what comes from the server itself. Sources are written as
/// there: "https://desk.example".
struct PagePolicy {
  std::string folder;                        ///< "/ccp-v2/"; the longest that fits a path counts.
  std::vector<std::string> frame_ancestors;  ///< Who may show the page in a frame; empty: nobody.
  std::vector<std::string> frame_src;        ///< What it may show in frames; empty: nothing.
  std::vector<std::string> connect_src;      ///< What else it may connect to.
};

/// The pages that the server carries in itself, with what each may do. The app makes it; the
/// gateway knows none of them.
struct Pages {
  std::span<const Asset> assets;  ///< Sorted by path.
  std::vector<PagePolicy> policies;
};

/// Serves `GET` and `HEAD` of pages. Stateless: any thread.
class AssetServer {
 public:
  explicit AssetServer(Pages pages);

  /// The answer to a request for one of the files, or for the folder of one ("/" is its index.html;
  /// a folder without its slash is sent there). Nothing where there is no such file. Honours
  /// Accept-Encoding and If-None-Match (RFC 9110, 12.5.3 and 13.1.2).
  [[nodiscard]] std::optional<Response> serve(const RequestHead& head) const;

  /// The policy of a path's folder, as the header says it.
  [[nodiscard]] std::string content_security_policy(std::string_view path) const;

 private:
  [[nodiscard]] const Asset* find(std::string_view path) const;
  [[nodiscard]] const PagePolicy* policy_of(std::string_view path) const;
  [[nodiscard]] Response answer(const RequestHead& head, const Asset& asset) const;

  Pages pages_;
};

/// Whether a client takes a coding, by its Accept-Encoding: named, or covered by "*", and not with
/// a weight of 0 (RFC 9110, 12.5.3).
[[nodiscard]] bool accepts_coding(std::string_view accept_encoding, std::string_view coding);

}  // namespace baton::gateway
