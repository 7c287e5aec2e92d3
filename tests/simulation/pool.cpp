// The allocator of baton_simulate. A schedule is some thousands of small objects that live for
// microseconds on one thread: with a general allocator half of the instructions were its own. Here
// a piece comes off a list of its size and goes back to it, and no memory is given back to the
// system.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t kStep = 16;       // Sizes are rounded up to it; also the pieces' alignment.
constexpr std::size_t kLargest = 4096;  // In bytes; what is larger has a slab of its own.
constexpr std::size_t kSlab =
    64 * 1024;  // A slab is aligned to its size, so that a piece finds it.

struct Piece {
  Piece* next;
};

/// The beginning of each slab.
struct alignas(kStep) Slab {
  std::size_t list;  // Of its pieces; 0: one piece that is larger than kLargest.
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local std::array<Piece*, kLargest / kStep + 1> free_pieces{};

Slab* make_slab(std::size_t bytes, std::size_t list) {
  void* memory = std::aligned_alloc(kSlab, (bytes + kSlab - 1) / kSlab * kSlab);
  if (memory == nullptr) throw std::bad_alloc();
  return new (memory) Slab{list};
}

void put_back(void* memory, std::size_t list) {
  free_pieces[list] = new (memory) Piece{free_pieces[list]};
}

[[gnu::noinline]] void* more(std::size_t list) {
  Slab* slab = make_slab(kSlab, list);
  auto* bytes = reinterpret_cast<std::byte*>(slab);
  const std::size_t size = list * kStep;
  for (std::size_t at = sizeof(Slab) + size; at + size <= kSlab; at += size)
    put_back(bytes + at, list);
  return bytes + sizeof(Slab);
}

[[gnu::noinline]] void* large(std::size_t size) {
  return reinterpret_cast<std::byte*>(make_slab(size + sizeof(Slab), 0)) + sizeof(Slab);
}

}  // namespace

void* operator new(std::size_t size) {
  if (size > kLargest) return large(size);
  const std::size_t list = size == 0 ? 1 : (size + kStep - 1) / kStep;
  Piece* piece = free_pieces[list];
  if (piece == nullptr) return more(list);
  free_pieces[list] = piece->next;
  return piece;
}

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  auto* slab = reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(memory) & ~(kSlab - 1));
  if (slab->list == 0) {
    std::free(slab);
  } else {
    put_back(memory, slab->list);
  }
}

void operator delete(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return;
  if (size > kLargest) {
    operator delete(memory);
  } else {
    put_back(memory, size == 0 ? 1 : (size + kStep - 1) / kStep);
  }
}
