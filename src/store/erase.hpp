#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "store/status.hpp"

namespace baton::store {

class Store;

/// `text` with "erased" in place of each whole occurrence of the number (E.164), also without its
/// plus, which some carriers leave out; one with more digits before or behind is another number.
[[nodiscard]] std::string without_number(std::string_view text, std::string_view number);

/// Takes a telephone number (E.164) out of the records of transfers and contacts, of which all else
/// stays. Returns how many records had it, or nothing on a write error. The store's thread; a
/// transaction of its own.
[[nodiscard]] std::optional<std::size_t> erase_number_from_records(Store& store,
                                                                   std::string_view number);

/// Forgets the legs that the last process left up, which name both parties. For a store that no
/// server uses.
[[nodiscard]] Status forget_legs(Store& store);

/// Overwrites what was deleted, in the file and its log: SQLite only marks it as free. Rewrites the
/// whole file, which needs as much free space again. For a store that no server uses.
[[nodiscard]] Status scrub(Store& store);

}  // namespace baton::store
