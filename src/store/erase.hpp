#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/status.hpp"

namespace baton::store {

class Store;

/// Whether digits that were found in a text are the telephone number that is to be erased. `plus`:
/// one stood before them. What stood between them is left out.
using IsNumber = std::function<bool(std::string_view digits, bool plus)>;

/// `text` with "erased" in place of each whole occurrence of the number, whatever of spaces, dots,
/// dashes, slashes and brackets stands between its digits. Digits that go on before or behind, or
/// are part of a word, are something else.
[[nodiscard]] std::string without_number(std::string_view text, const IsNumber& is_number);
/// The same for each string of a JSON text, which stays one: its numbers are no telephone numbers.
[[nodiscard]] std::string json_without_number(std::string_view json, const IsNumber& is_number);

/// Takes a telephone number out of the records of transfers and contacts, of which all else stays.
/// Reads all of them. Returns how many records had it, or nothing on a write error. The store's
/// thread; a transaction of its own.
[[nodiscard]] std::optional<std::size_t> erase_number_from_records(Store& store,
                                                                   const IsNumber& is_number);

/// Deletes the preferences that have the number anywhere: what a page means by its own object
/// nobody else knows, so that all of it goes. Returns of how many logins, or nothing on a write
/// error. The store's thread; a transaction of its own.
[[nodiscard]] std::optional<std::size_t> erase_number_from_preferences(Store& store,
                                                                       const IsNumber& is_number);

/// Overwrites what was deleted, in the file and its log: SQLite only marks it as free. Rewrites the
/// whole file, which needs twice its size of free space: for a temporary file and for the log.
/// Fails where another program reads the file for longer than five seconds. For a store that no
/// server uses.
[[nodiscard]] Status scrub(Store& store);

}  // namespace baton::store
