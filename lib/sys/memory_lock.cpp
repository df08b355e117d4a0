// SPDX-License-Identifier: MIT
#include "sys/memory_lock.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <malloc.h>
#include <sys/mman.h>

namespace oomguard::sys {
namespace {

/// As many new holdings, of this size, as are made ready for.
constexpr std::size_t kPieces = 96;
constexpr std::size_t kPiece = 700;

/// What was taken once, and given back to malloc but not to the system, is at hand. In pieces of
/// the size that will be asked for, because malloc takes the smallest hole that is large enough,
/// and of those left by what was freed before the pages may be gone.
void reserve_heap() {
    (void)::mallopt(M_TRIM_THRESHOLD, static_cast<int>(4 * kPieces * kPiece));
    std::array<void*, kPieces> pieces{};
    for (void*& piece : pieces) {
        piece = std::malloc(kPiece);
        volatile char* const bytes = static_cast<char*>(piece);
        for (std::size_t at = 0; bytes != nullptr && at < kPiece; ++at)
            bytes[at] = 0;
    }
    for (void* const piece : pieces)
        std::free(piece);
}

}  // namespace

Result<void> lock_memory() {
    reserve_heap();
    if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
        return errno_error(errno, "lock memory");
    return {};
}

void unlock_and_trim_memory() {
    (void)::munlockall();
    (void)::malloc_trim(0);
}

void return_large_blocks() {
    constexpr int kLarge = 1 << 20;
    (void)::mallopt(M_MMAP_THRESHOLD, kLarge);
}

}  // namespace oomguard::sys
