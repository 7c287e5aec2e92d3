#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "message/event.hpp"
#include "message/uuid.hpp"

namespace baton::core {

using message::TimeMs;
using ContactId = message::Uuid;
using LegId = message::Uuid;  ///< The published connectionId.
using TransferId = message::Uuid;
using CommandId = std::uint64_t;  ///< Unique in a store's life, never reused.
using ReferId = std::uint64_t;    ///< Given by the switch; unique in a process's life.

/// What a parked or waiting party hears.
enum class Sound : std::uint8_t { silence, ringback, hold, queue };
BOOST_DESCRIBE_ENUM(Sound, silence, ringback, hold, queue)

/// Where a new leg is dialled to.
struct AgentPhone {
  std::string login;
  bool auto_answer =
      false;  ///< Call-Info: answer-after=0 and Alert-Info, since `Answer` was pressed already.
};
BOOST_DESCRIBE_STRUCT(AgentPhone, (), (login, auto_answer))

struct OutsideNumber {
  std::string number;     ///< E.164.
  std::string caller_id;  ///< E.164 or empty for the trunk's default; a trunk that does not allow
                          ///< it uses its own.
};
BOOST_DESCRIBE_STRUCT(OutsideNumber, (), (number, caller_id))

using DialTarget = std::variant<AgentPhone, OutsideNumber>;

/// What may be passed on to a party: numbers shown and the headers that matter to a contact centre.
struct Presentation {
  std::string from_number;
  std::string from_name;
  /// P-Asserted-Identity, User-to-User and the configured X- headers, by canonical name.
  std::map<std::string, std::string> headers;
};
BOOST_DESCRIBE_STRUCT(Presentation, (), (from_number, from_name, headers))

}  // namespace baton::core
