// SPDX-License-Identifier: MIT
#include "ctl/arguments.hpp"

#include "ctl/failure.hpp"
#include "support/catch.hpp"

namespace oomguard::ctl {
namespace {

template <typename Call>
std::string failure_of(Call call) {
    try {
        (void)call();
    } catch (const Failure& failure) {
        return std::to_string(failure.exit_code()) + ": " + failure.what();
    }
    return {};
}

TEST_CASE("a pid is a decimal number that a process can have, and nothing else") {
    CHECK(pid_of("1") == 1);
    CHECK(pid_of("2147483647") == 2147483647);
    for (const std::string text : {"", "0", "-1", "+1", " 1", "1 ", "0x10", "1a", "1.5",
                                   "2147483648", "99999999999999999999"}) {
        CAPTURE(text);
        CHECK(failure_of([&] { return pid_of(text); }) ==
              "1: '" + text + "' is not a pid; look it up with: ps -e");
    }
}

TEST_CASE("a value is a decimal number, which may be negative") {
    CHECK(score_of("-1000") == -1000);
    CHECK(score_of("0") == 0);
    CHECK(score_of("010") == 10);
    CHECK(score_of("5000") == 5000);
    for (const std::string text : {"", "-", "+5", "--5", "5%", "0x5", " 5", "4294967296"}) {
        CAPTURE(text);
        CHECK(failure_of([&] { return score_of(text); }) ==
              "1: '" + text + "' is not a value; it goes from -1000 to 1000");
    }
}

}  // namespace
}  // namespace oomguard::ctl
