// SPDX-License-Identifier: MIT
#include "sys/memory_lock.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "sys/capability.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::run_in_child;

TEST_CASE("Memory is locked where that is allowed, and the error tells where it is not") {
#ifdef __SANITIZE_ADDRESS__
    WARN("the address sanitizer makes mlockall do nothing");
    CHECK(lock_memory());
#else
    CHECK(run_in_child([] {
              if (may_use(CAP_IPC_LOCK) && !set_effective(CAP_IPC_LOCK, false))
                  return 1;
              const rlimit none{0, 0};
              if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0)
                  return 2;
              const Result<void> locked = lock_memory();
              if (locked || locked.error().message() != "lock memory: Operation not permitted")
                  return 3;
              if (!may_use(CAP_IPC_LOCK))
                  return 0;
              if (!set_effective(CAP_IPC_LOCK, true) || !lock_memory())
                  return 4;
              return ::munlockall() == 0 ? 0 : 5;
          }) == 0);
#endif
}

TEST_CASE("What a few processes need of the heap is there before it is needed") {
#ifdef __SANITIZE_ADDRESS__
    WARN("the address sanitizer has a heap of its own");
#else
    CHECK(run_in_child([] {
              constexpr std::size_t kOfOne = 700;
              std::array<void*, 64> taken{};
              (void)lock_memory();
              const void* const end = ::sbrk(0);
              rusage before{};
              ::getrusage(RUSAGE_SELF, &before);
              for (void*& piece : taken) {
                  piece = std::malloc(kOfOne);
                  std::memset(piece, 1, kOfOne);
              }
              rusage after{};
              ::getrusage(RUSAGE_SELF, &after);
              if (::sbrk(0) != end)
                  return 1;
              for (void* const piece : taken)
                  std::free(piece);
              // One more may be of the stack.
              return after.ru_minflt - before.ru_minflt <= 1 ? 0 : 2;
          }) == 0);
#endif
}
