// SPDX-License-Identifier: MIT
#include "sys/accounts.hpp"

#include "support/catch.hpp"

using namespace oomguard::sys;

TEST_CASE("Users and groups are found by name") {
    CHECK(user_id("root") == 0u);
    CHECK(group_id("root") == 0u);
    CHECK(user_name(0) == "root");
    CHECK(group_name(0) == "root");
}

TEST_CASE("Who does not exist has no id, and a number for a name") {
    CHECK_FALSE(user_id("no-such-user-here"));
    CHECK_FALSE(user_id(""));
    CHECK_FALSE(user_id("1001x"));
    CHECK_FALSE(group_id("no-such-group-here"));
    CHECK_FALSE(group_id(""));
    CHECK(user_name(4000000000) == "4000000000");
    CHECK(group_name(4000000000) == "4000000000");
}

TEST_CASE("Root is in its own group, and nobody else is") {
    CHECK(is_member(0, 0));
    CHECK_FALSE(is_member(65534, 0));
    CHECK_FALSE(is_member(0, 4000000000));
    CHECK_FALSE(is_member(4000000000, 0));
}
