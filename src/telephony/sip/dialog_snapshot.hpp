#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

namespace baton::telephony::sip {

/// Everything that another process needs to go on with a dialog (RFC 3261 section 12), as plain
/// values. What it cannot hold is an unfinished transaction: see dialog_adopt_test.cpp.
struct DialogSnapshot {
  std::string call_id;
  std::string local_uri;  ///< From (or To) of ours without tag: "\"Name\" <sip:...>".
  std::string local_tag;
  std::string remote_uri;
  std::string remote_tag;              ///< Empty: no response with a tag was seen yet.
  std::uint32_t local_cseq = 0;        ///< Of the last request that we sent; adopt with a margin.
  std::uint32_t remote_cseq = 0;       ///< Of the last request that the peer sent; 0: none.
  std::string local_contact;           ///< Our Contact URI.
  std::string remote_target;           ///< The peer's Contact URI; empty: none was seen.
  std::vector<std::string> route_set;  ///< As our requests carry it, first hop first.
  std::string
      send_to;  ///< Where requests go whatever the target says (a phone behind NAT), or empty.
  bool we_called = false;     ///< We own the Call-ID (RFC 3261 section 14.1's back-off).
  std::string invite_branch;  ///< Of our INVITE that is not answered yet, for a CANCEL; else empty.

  // Of a peer's INVITE that waits for our final response: what the response copies (RFC 3261
  // section 8.2.6.2), with which the server transaction can be made again.
  std::uint32_t invite_cseq = 0;
  std::vector<std::string> invite_vias;
  std::vector<std::string> invite_record_routes;

  friend bool operator==(const DialogSnapshot&, const DialogSnapshot&) = default;
};
BOOST_DESCRIBE_STRUCT(DialogSnapshot, (),
                      (call_id, local_uri, local_tag, remote_uri, remote_tag, local_cseq,
                       remote_cseq, local_contact, remote_target, route_set, send_to, we_called,
                       invite_branch, invite_cseq, invite_vias, invite_record_routes))

}  // namespace baton::telephony::sip
