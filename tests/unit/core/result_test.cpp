// SPDX-License-Identifier: MIT
#include "core/result.hpp"

#include <cerrno>
#include <memory>
#include <string>

#include "support/catch.hpp"

namespace oomguard {
namespace {

TEST_CASE("an error tells the operation, its object and the reason") {
    CHECK(errno_error(EACCES, "write /proc/123/oom_score_adj").message() ==
          "write /proc/123/oom_score_adj: Permission denied");
    CHECK(errno_error(ESRCH, "read /proc/7/stat").message() ==
          "read /proc/7/stat: No such process");
}

TEST_CASE("an error without a code is its context alone") {
    CHECK(Error{{}, "the pattern ends with a lone '\\'"}.message() ==
          "the pattern ends with a lone '\\'");
}

TEST_CASE("gone and denied are told by the number") {
    struct Row {
        int number;
        bool gone;
        bool denied;
    };
    for (const auto& [number, gone, denied] : {
             Row{ENOENT, true, false},
             Row{ESRCH, true, false},
             Row{EACCES, false, true},
             Row{EPERM, false, true},
             Row{EIO, false, false},
             Row{EROFS, false, false},
             Row{EINVAL, false, false},
         }) {
        CAPTURE(number);
        // Whichever category a wrapper of the system uses.
        for (const auto* category : {&std::generic_category(), &std::system_category()}) {
            const Error error{std::error_code(number, *category), "x"};
            CHECK(is_gone(error) == gone);
            CHECK(is_denied(error) == denied);
        }
        CHECK(is_gone(errno_error(number, "x")) == gone);
        CHECK(is_denied(errno_error(number, "x")) == denied);
    }
    CHECK_FALSE(is_gone(Error{{}, "x"}));
    CHECK_FALSE(is_denied(Error{{}, "x"}));
}

TEST_CASE("a result holds a value or an error") {
    Result<std::string> good(std::string("held"));
    CHECK(good.has_value());
    CHECK(static_cast<bool>(good));
    CHECK(*good == "held");
    CHECK(good->size() == 4);
    good->push_back('!');
    *good += '!';
    const Result<std::string>& same = good;
    CHECK(*same == "held!!");
    CHECK(same->size() == 6);

    const Result<std::string> bad(errno_error(EIO, "read x"));
    CHECK_FALSE(bad.has_value());
    CHECK_FALSE(static_cast<bool>(bad));
    CHECK(bad.error().message() == "read x: Input/output error");
}

TEST_CASE("what is returned may be movable only") {
    Result<std::unique_ptr<int>> made(std::make_unique<int>(7));
    const std::unique_ptr<int> taken = *std::move(made);
    CHECK(*taken == 7);
}

TEST_CASE("a result without a value is success unless it has an error") {
    const Result<void> good;
    CHECK(good.has_value());
    CHECK(static_cast<bool>(good));

    const Result<void> bad(errno_error(EPERM, "join"));
    CHECK_FALSE(bad.has_value());
    CHECK_FALSE(static_cast<bool>(bad));
    CHECK(bad.error().message() == "join: Operation not permitted");
}

}  // namespace
}  // namespace oomguard
