#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/audit.hpp"

namespace baton::store {

/// A transfer as the store keeps it: the columns that lists filter by, and the JSON that REST hands
/// out. Upserted by `id`. Times in milliseconds since 1970-01-01T00:00:00Z.
struct TransferRow {
  std::string id;  ///< UUID text.
  std::string contact_id;
  std::string agent;  ///< Login of the primary agent.
  std::string state;  ///< A TransferState's name.
  std::int64_t accepted_at = 0;
  std::int64_t updated_at = 0;
  std::string json;      ///< The transfer's JSON object.
  std::string timeline;  ///< The JSON of `/timeline`; may be empty.

  friend bool operator==(const TransferRow&, const TransferRow&) = default;
};

/// A contact as the store keeps it. Upserted by `id`.
struct ContactRow {
  std::string id;  ///< UUID text.
  std::string direction;
  std::string customer;
  std::string queue_name;
  std::string state;
  std::int64_t started_at = 0;
  std::int64_t updated_at = 0;
  std::string json;  ///< The contact's JSON object.

  friend bool operator==(const ContactRow&, const ContactRow&) = default;
};

/// What a restarted process needs of a leg, in its back end's own form. Upserted by `leg`; an empty
/// `state` deletes it.
struct LegRow {
  std::string leg;  ///< UUID text.
  std::string state;

  friend bool operator==(const LegRow&, const LegRow&) = default;
};

/// A phone's registration, as the registrar keeps it. Upserted by login and contact.
struct Registration {
  std::string login;
  std::string contact;
  std::string via_route;
  std::string call_id;
  std::uint32_t cseq = 0;
  std::int64_t expires_at = 0;  ///< Unix seconds.
  std::string user_agent;
  std::string instance;  ///< +sip.instance with reg-id (RFC 5626), or empty.

  friend bool operator==(const Registration&, const Registration&) = default;
};

/// Somebody who is signed in by password.
struct SessionRow {
  std::string digest;  ///< 32 bytes: SHA-256 of what the client holds.
  std::string login;
  std::string role;
  std::int64_t expires_at = 0;  ///< Unix seconds.

  friend bool operator==(const SessionRow&, const SessionRow&) = default;
};

/// A registration that came, was refreshed or went.
struct RegistrationChange {
  Registration registration;
  bool removed = false;  ///< Of a removed one only login and contact count.

  friend bool operator==(const RegistrationChange&, const RegistrationChange&) = default;
};

/// What is upserted in the same commit as a batch of inputs. Where a key comes twice the last one
/// wins.
struct Records {
  std::vector<TransferRow> transfers;
  std::vector<ContactRow> contacts;
  std::vector<LegRow> legs{};
  std::vector<RegistrationChange> registrations{};
  std::vector<AuditRow> audit{};  ///< Only ever added.

  [[nodiscard]] bool empty() const {
    return transfers.empty() && contacts.empty() && legs.empty() && registrations.empty() &&
           audit.empty();
  }
  void clear() {
    transfers.clear();
    contacts.clear();
    legs.clear();
    registrations.clear();
    audit.clear();
  }
};

}  // namespace baton::store
