#pragma once

#include <string>
#include <string_view>

namespace baton::numbers {

/// Recognises one telephone number however it was written: internationally with its plus or
/// without, behind the international prefixes 00 and 011, or as it is dialled in its own country,
/// by libphonenumber's rules. One thread.
class WrittenNumber {
 public:
  /// `number` is in E.164.
  explicit WrittenNumber(std::string number);

  /// Whether these digits are the number. `plus`: a plus stood before them. What stood between them
  /// (spaces, dashes, brackets) is left out.
  [[nodiscard]] bool is(std::string_view digits, bool plus) const;

 private:
  [[nodiscard]] bool is_international(std::string_view digits) const;
  [[nodiscard]] bool is_national(std::string_view digits) const;

  std::string number_;  // With its plus.
  std::string digits_;
  std::string country_;          // ISO 3166-1; empty: unknown, or none.
  std::size_t code_length_ = 0;  // Of the country's calling code.
};

}  // namespace baton::numbers
