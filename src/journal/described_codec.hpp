#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

namespace baton::journal {

// The binary form of any type that Boost.Describe describes (docs/journal-format.md has the bytes).
// What is not described does not compile, so that a new field of an input can neither be forgotten
// nor silently misread.

template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class K, class V>
struct IsMap<std::map<K, V>> : std::true_type {};
template <class T>
struct IsVariant : std::false_type {};
template <class... T>
struct IsVariant<std::variant<T...>> : std::true_type {};
template <class T>
inline constexpr bool kAlwaysFalse = false;

/// Appends values to a byte string.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  template <class T>
  void put(const T& value) {
    if constexpr (std::same_as<T, bool>) {
      out_.push_back(value ? '\1' : '\0');
    } else if constexpr (DescribedEnum<T>) {
      put_varint(static_cast<std::make_unsigned_t<std::underlying_type_t<T>>>(value));
    } else if constexpr (std::integral<T> && sizeof(T) == 8) {
      put_fixed(static_cast<std::uint64_t>(value));
    } else if constexpr (std::signed_integral<T>) {
      const auto wide = static_cast<std::int64_t>(value);
      put_varint((static_cast<std::uint64_t>(wide) << 1U) ^ static_cast<std::uint64_t>(wide >> 63));
    } else if constexpr (std::unsigned_integral<T>) {
      put_varint(value);
    } else if constexpr (std::same_as<T, std::string>) {
      put_varint(value.size());
      out_.append(value);
    } else if constexpr (IsOptional<T>::value) {
      put(value.has_value());
      if (value) put(*value);
    } else if constexpr (IsVector<T>::value) {
      put_varint(value.size());
      for (const auto& element : value) put(element);
    } else if constexpr (IsMap<T>::value) {
      put_varint(value.size());
      for (const auto& [key, mapped] : value) {
        put(key);
        put(mapped);
      }
    } else if constexpr (IsVariant<T>::value) {
      put_varint(value.index());
      std::visit([this](const auto& alternative) { this->put(alternative); }, value);
    } else if constexpr (DescribedStruct<T>) {
      boost::mp11::mp_for_each<MembersOf<T>>(
          [&](auto descriptor) { this->put(value.*descriptor.pointer); });
    } else {
      static_assert(kAlwaysFalse<T>,
                    "this type has no binary form: describe it with Boost.Describe");
    }
  }

  void put_varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
      value >>= 7U;
    }
    out_.push_back(static_cast<char>(value));
  }

  void put_fixed(std::uint64_t value) {
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(value & 0xffU);
      value >>= 8U;
    }
    out_.append(bytes, sizeof bytes);
  }

 private:
  std::string& out_;
};

/// Reads values from bytes that may be anything. The first failure sticks: every later read fails
/// too.
class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  [[nodiscard]] bool ok() const { return error_ == nullptr; }
  /// What was wrong, or nullptr.
  [[nodiscard]] const char* error() const { return error_; }
  [[nodiscard]] bool at_end() const { return in_.empty(); }

  template <class T>
  bool get(T& value) {
    if constexpr (std::same_as<T, bool>) {
      return get_bool(value);
    } else if constexpr (DescribedEnum<T>) {
      return get_enum(value);
    } else if constexpr (std::integral<T> && sizeof(T) == 8) {
      std::uint64_t bits = 0;
      if (!get_fixed(bits)) return false;
      value = static_cast<T>(bits);
      return true;
    } else if constexpr (std::integral<T>) {
      return get_integer(value);
    } else if constexpr (std::same_as<T, std::string>) {
      std::string_view bytes;
      if (!get_bytes(bytes)) return false;
      value.assign(bytes);
      return true;
    } else if constexpr (IsOptional<T>::value) {
      bool present = false;
      if (!get_bool(present)) return false;
      if (!present) {
        value.reset();
        return true;
      }
      return get(value.emplace());
    } else if constexpr (IsVector<T>::value) {
      return get_vector(value);
    } else if constexpr (IsMap<T>::value) {
      return get_map(value);
    } else if constexpr (IsVariant<T>::value) {
      return get_variant(value);
    } else if constexpr (DescribedStruct<T>) {
      boost::mp11::mp_for_each<MembersOf<T>>([&](auto descriptor) {
        if (ok()) this->get(value.*descriptor.pointer);
      });
      return ok();
    } else {
      static_assert(kAlwaysFalse<T>,
                    "this type has no binary form: describe it with Boost.Describe");
    }
  }

  bool get_varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) return fail("it ends within a number");
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      if (shift == 63 && byte > 1) return fail("a number is above 64 bits");
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) {
        // One form for each number: what is decoded encodes to the same bytes again.
        return byte != 0 || shift == 0 || fail("a number has needless bytes");
      }
    }
    return fail("a number has too many bytes");
  }

  bool get_fixed(std::uint64_t& value) {
    if (in_.size() < 8) return fail("it ends within a number");
    value = 0;
    for (unsigned i = 8; i > 0; --i) value = value << 8U | static_cast<unsigned char>(in_[i - 1]);
    in_.remove_prefix(8);
    return true;
  }

  bool get_bytes(std::string_view& bytes) {
    std::uint64_t size = 0;
    if (!get_varint(size)) return false;
    if (size > in_.size()) return fail("a text is longer than what is left");
    bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return true;
  }

  bool fail(const char* error) {
    if (error_ == nullptr) error_ = error;
    return false;
  }

 private:
  bool get_bool(bool& value) {
    if (in_.empty()) return fail("it ends within a truth value");
    const char byte = in_.front();
    in_.remove_prefix(1);
    if (byte != '\0' && byte != '\1') return fail("a truth value is neither 0 nor 1");
    value = byte == '\1';
    return true;
  }

  template <class T>
  bool get_integer(T& value) {
    std::uint64_t bits = 0;
    if (!get_varint(bits)) return false;
    if constexpr (std::is_signed_v<T>) {
      const auto wide = static_cast<std::int64_t>((bits >> 1U) ^ (~(bits & 1U) + 1U));
      if (!std::in_range<T>(wide)) return fail("a number is out of its range");
      value = static_cast<T>(wide);
    } else {
      if (!std::in_range<T>(bits)) return fail("a number is out of its range");
      value = static_cast<T>(bits);
    }
    return true;
  }

  template <class T>
  bool get_enum(T& value) {
    std::uint64_t bits = 0;
    if (!get_varint(bits)) return false;
    bool known = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto descriptor) {
      if (static_cast<std::uint64_t>(descriptor.value) == bits) {
        value = descriptor.value;
        known = true;
      }
    });
    return known || fail("an enumerated value is unknown");
  }

  template <class T>
  bool get_vector(std::vector<T>& value) {
    std::uint64_t count = 0;
    if (!get_varint(count)) return false;
    // Each element takes a byte at least. No memory is set aside on the count's word alone.
    if (count > in_.size()) return fail("a list is longer than what is left");
    value.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!get(value.emplace_back())) return false;
    }
    return true;
  }

  template <class K, class V>
  bool get_map(std::map<K, V>& value) {
    std::uint64_t count = 0;
    if (!get_varint(count)) return false;
    if (count > in_.size()) return fail("a map is longer than what is left");
    value.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      K key{};
      V mapped{};
      if (!get(key) || !get(mapped)) return false;
      if (!value.empty() && !(std::prev(value.end())->first < key)) {
        return fail("a map's keys are not in order");
      }
      value.emplace_hint(value.end(), std::move(key), std::move(mapped));
    }
    return true;
  }

  template <class... T>
  bool get_variant(std::variant<T...>& value) {
    std::uint64_t index = 0;
    if (!get_varint(index)) return false;
    if (index >= sizeof...(T)) return fail("an alternative is unknown");
    return boost::mp11::mp_with_index<sizeof...(T)>(static_cast<std::size_t>(index), [&](auto i) {
      return this->get(value.template emplace<i>());
    });
  }

  std::string_view in_;
  const char* error_ = nullptr;
};

/// The described structure of a type as text: "{at:i64,...}". Equal text, equal binary form.
template <class T>
void append_structure(std::string& out) {
  if constexpr (std::same_as<T, bool>) {
    out += "bool";
  } else if constexpr (DescribedEnum<T>) {
    out += "enum(";
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto descriptor) {
      out += std::string(descriptor.name) + "=" +
             std::to_string(static_cast<std::uint64_t>(descriptor.value)) + ",";
    });
    out += ')';
  } else if constexpr (std::integral<T>) {
    out += (std::is_signed_v<T> ? "i" : "u") + std::to_string(sizeof(T) * 8);
  } else if constexpr (std::same_as<T, std::string>) {
    out += "string";
  } else if constexpr (IsOptional<T>::value) {
    out += "optional<";
    append_structure<typename T::value_type>(out);
    out += '>';
  } else if constexpr (IsVector<T>::value) {
    out += "vector<";
    append_structure<typename T::value_type>(out);
    out += '>';
  } else if constexpr (IsMap<T>::value) {
    out += "map<";
    append_structure<typename T::key_type>(out);
    out += ',';
    append_structure<typename T::mapped_type>(out);
    out += '>';
  } else if constexpr (IsVariant<T>::value) {
    out += "variant<";
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, T>>(
        [&](auto identity) {
          append_structure<typename decltype(identity)::type>(out);
          out += ',';
        });
    out += '>';
  } else if constexpr (DescribedStruct<T>) {
    out += '{';
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto descriptor) {
      using Member = std::remove_cvref_t<decltype(std::declval<T&>().*descriptor.pointer)>;
      out += std::string(descriptor.name) + ":";
      append_structure<Member>(out);
      out += ',';
    });
    out += '}';
  } else {
    static_assert(kAlwaysFalse<T>, "this type has no binary form: describe it with Boost.Describe");
  }
}

}  // namespace baton::journal
