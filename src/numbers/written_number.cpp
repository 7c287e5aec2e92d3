#include "numbers/written_number.hpp"

#include <utility>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

namespace baton::numbers {

namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

// Every way of writing a number ends with its last digits. Asking the library takes some 30 us.
constexpr std::size_t kLastDigits = 4;
// Of one without a country of its own ("+800..."), the library says this.
constexpr std::string_view kNoCountry = "001";

}  // namespace

WrittenNumber::WrittenNumber(std::string number) : number_(std::move(number)) {
  digits_ = number_.starts_with('+') ? number_.substr(1) : number_;
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  PhoneNumber parsed;
  if (library.Parse(number_, "ZZ", &parsed) != PhoneNumberUtil::NO_PARSING_ERROR) return;
  code_length_ = std::to_string(parsed.country_code()).size();
  library.GetRegionCodeForNumber(parsed, &country_);
  // An unassigned range: the country that the code stands for first.
  if (country_.empty() || country_ == "ZZ")
    library.GetRegionCodeForCountryCode(parsed.country_code(), &country_);
  if (country_ == "ZZ" || country_ == kNoCountry) country_.clear();
}

bool WrittenNumber::is_international(std::string_view digits) const {
  if (digits == digits_) return true;
  // "+49 (0)30 ...": the zero of the national form, which some leave in.
  return code_length_ > 0 && digits.size() == digits_.size() + 1 && digits[code_length_] == '0' &&
         digits.substr(0, code_length_) == std::string_view(digits_).substr(0, code_length_) &&
         digits.substr(code_length_ + 1) == std::string_view(digits_).substr(code_length_);
}

bool WrittenNumber::is_national(std::string_view digits) const {
  if (country_.empty()) return false;
  // The library takes a 1 more or less before a North American number for a prefix, however often.
  const std::size_t national = digits_.size() - code_length_;
  if (digits_.starts_with('1') && digits.size() > national + 1) return false;
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  PhoneNumber parsed;
  if (library.Parse(std::string(digits), country_, &parsed) != PhoneNumberUtil::NO_PARSING_ERROR)
    return false;
  std::string formatted;
  library.Format(parsed, PhoneNumberUtil::E164, &formatted);
  return formatted == number_;
}

bool WrittenNumber::is(std::string_view digits, bool plus) const {
  if (digits.size() < kLastDigits || digits_.size() < kLastDigits ||
      digits.substr(digits.size() - kLastDigits) !=
          std::string_view(digits_).substr(digits_.size() - kLastDigits)) {
    return false;
  }
  if (is_international(digits)) return true;
  if (plus) return false;
  for (const std::string_view prefix : {"00", "011"}) {
    if (digits.starts_with(prefix) && is_international(digits.substr(prefix.size()))) return true;
  }
  return is_national(digits);
}

}  // namespace baton::numbers
