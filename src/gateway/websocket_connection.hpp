#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "gateway/connection.hpp"

namespace baton::gateway {

/// Answers an admitted upgrade request and serves the WebSocket from then on. Counts as one of the
/// API's connections.
void serve_websocket(ClientSocket socket, Context& context,
                     boost::beast::http::request<boost::beast::http::string_body> upgrade,
                     Admitted admitted);

}  // namespace baton::gateway
