// SPDX-License-Identifier: MIT
#include "sys/capability.hpp"

#include <cerrno>

#include "support/catch.hpp"
#include "support/child.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::run_in_child;

namespace {

bool is_effective(cap_value_t capability) {
    const cap_t own = ::cap_get_proc();
    cap_flag_value_t value = CAP_CLEAR;
    ::cap_get_flag(own, capability, CAP_EFFECTIVE, &value);
    ::cap_free(own);
    return value == CAP_SET;
}

void drop_all() {
    const cap_t none = ::cap_init();
    ::cap_set_proc(none);
    ::cap_free(none);
}

}  // namespace

TEST_CASE("A capability is put out of effect and into it again, and stays permitted") {
    if (!may_use(CAP_SYS_ADMIN)) {
        WARN("skipped: CAP_SYS_ADMIN is not permitted here");
        return;
    }
    CHECK(run_in_child([] {
              if (!set_effective(CAP_SYS_ADMIN, false) || is_effective(CAP_SYS_ADMIN))
                  return 1;
              if (!may_use(CAP_SYS_ADMIN))
                  return 2;
              if (!set_effective(CAP_SYS_ADMIN, true) || !is_effective(CAP_SYS_ADMIN))
                  return 3;
              // Once more the same is no error.
              return set_effective(CAP_SYS_ADMIN, true) ? 0 : 4;
          }) == 0);
}

TEST_CASE("Other capabilities stay as they are") {
    if (!may_use(CAP_SYS_ADMIN) || !may_use(CAP_KILL)) {
        WARN("skipped: no capabilities permitted here");
        return;
    }
    CHECK(run_in_child([] {
              if (!set_effective(CAP_KILL, false) || !set_effective(CAP_SYS_ADMIN, false))
                  return 1;
              if (!set_effective(CAP_SYS_ADMIN, true) || is_effective(CAP_KILL))
                  return 2;
              return may_use(CAP_KILL) ? 0 : 3;
          }) == 0);
}

TEST_CASE("A capability that is not permitted cannot be put into effect") {
    CHECK(run_in_child([] {
              drop_all();
              if (may_use(CAP_SYS_ADMIN))
                  return 1;
              const Result<void> set = set_effective(CAP_SYS_ADMIN, true);
              if (set || set.error().code.value() != EPERM)
                  return 2;
              if (set.error().message() != "set effective capability 21: Operation not permitted")
                  return 3;
              return set_effective(CAP_SYS_ADMIN, false) ? 0 : 4;
          }) == 0);
}

TEST_CASE("What is no capability may not be used") {
    CHECK_FALSE(may_use(-1));
    CHECK_FALSE(may_use(1000));
}
