// SPDX-License-Identifier: MIT
#include "sys/system_accounts.hpp"

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

namespace oomguard::sys {
namespace {

using Range = SystemAccounts::Range;
using Ranges = std::vector<Range>;

}  // namespace

TEST_CASE("The first uid of a person is what login.defs says") {
    CHECK(parse_uid_min("# x\nUID_MAX 60000\nUID_MIN\t\t\t 500\nSYS_UID_MIN 100\n") == 500U);
    CHECK(parse_uid_min("  UID_MIN 1000  \r") == 1000U);
    CHECK(parse_uid_min("UID_MIN 1\nUID_MIN 2") == 2U);
    for (const char* text : {"", "#UID_MIN 5\n", "SYS_UID_MIN 5\n", "UID_MIN\n", "UID_MIN many\n",
                             "UID_MIN -1\n", "UID_MIN 99999999999\n", "UID_MIN 5 6\n"})
        CHECK_FALSE(parse_uid_min(text));
}

TEST_CASE("Subordinate uids are read as they are, and what is no range is left out") {
    CHECK(parse_subordinate("alice:100000:65536\n1001:500:10\n") ==
          Ranges{{100'000, 65'536}, {500, 10}});
    CHECK(
        parse_subordinate("alice:1:0\nalice:1\n:1:2\n#a:1:2\nalice:x:2\nalice:1:2:3\n\n").empty());
}

TEST_CASE("What the files of the machine do not say is the default") {
    const test::TempTree tree{{"login.defs", "UID_MIN 2000\n"},
                              {"subuid", "alice:100000:65536\nbob:1500:100\n"}};
    CHECK(read_system_accounts(tree.path("none"), tree.path("none")) == SystemAccounts{1000, {}});
    // Those above the limit are no system accounts in any case.
    CHECK(read_system_accounts(tree.path("login.defs"), tree.path("subuid")) ==
          SystemAccounts{2000, {{1500, 100}}});
    tree.write("login.defs", "UID_MIN none\n");
    CHECK(read_system_accounts(tree.path("login.defs"), tree.path("none")) ==
          SystemAccounts{1000, {}});
    CHECK(read_system_accounts().includes(0));
}

}  // namespace oomguard::sys
