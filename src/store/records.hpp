#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

/// What is upserted in the same commit as a batch of inputs. Where a key comes twice the last one
/// wins.
struct Records {
  std::vector<TransferRow> transfers;
  std::vector<ContactRow> contacts;

  [[nodiscard]] bool empty() const { return transfers.empty() && contacts.empty(); }
  void clear() {
    transfers.clear();
    contacts.clear();
  }
};

}  // namespace baton::store
