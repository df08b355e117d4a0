// SPDX-License-Identifier: MIT
#include "sys/memory_lock.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <malloc.h>
#include <sys/mman.h>

namespace oomguard::sys {
namespace {

/// For some ninety new holdings, or a look that needs more than another.
constexpr std::size_t kPieces = 4;
constexpr std::size_t kPiece = 16 * 1024;
constexpr std::size_t kPage = 4096;

/// Memory that was taken once, and given back to malloc but not to the system, is at hand.
void reserve_heap() {
    (void)::mallopt(M_TRIM_THRESHOLD, static_cast<int>(4 * kPieces * kPiece));
    std::array<void*, kPieces> pieces{};
    for (void*& piece : pieces) {
        piece = std::malloc(kPiece);
        volatile char* const bytes = static_cast<char*>(piece);
        for (std::size_t at = 0; bytes != nullptr && at < kPiece; at += kPage)
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

}  // namespace oomguard::sys
