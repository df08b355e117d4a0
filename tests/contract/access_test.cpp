// SPDX-License-Identifier: MIT
#include "daemon/bus/access.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "command.hpp"
#include "interface.hpp"
#include "support/catch.hpp"

// daemon/bus/access.hpp, the table of who may call what, against all that repeats it.
namespace oomguard::test {
namespace {

using daemon::Access;
using daemon::kAccess;
using Names = std::multiset<std::string>;

const char* const kXml = "daemon/bus/org.oomguard1.xml";
const char* const kActions = "systemd/org.oomguard1.policy";

Names all_matches(const std::string& file, const std::string& expression) {
    const std::string text = source_text(file);
    const std::regex regex(expression);
    Names names;
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
        names.insert((*at)[1]);
    return names;
}

Names methods() {
    Names names;
    for (const Access& access : kAccess)
        names.emplace(access.method);
    return names;
}

std::set<std::string> actions() {
    std::set<std::string> names;
    for (const Access& access : kAccess) {
        if (access.kind != Access::Kind::Read)
            names.emplace(access.action);
    }
    return names;
}

}  // namespace

TEST_CASE("the table of who may call what has every method once, and no other") {
    Names described;
    for (const Member& member : members_of(source_text(kXml), "org.oomguard1.Manager")) {
        if (member.kind == "method")
            described.insert(member.name);
    }
    CHECK(methods() == described);
    CHECK(daemon::find_access("NoSuchMethod") == nullptr);
}

// Only so can it wait for polkit, and does it go through the gate.
TEST_CASE("every method is answered later") {
    CHECK(all_matches(kXml,
                      "<method name=\"(\\w+)\">\\s*<annotation "
                      "name=\"org.freedesktop.DBus.Method.Async\" value=\"server\"/>") ==
          methods());
}

TEST_CASE("the policy of the bus lets through what is in the table") {
    CHECK(all_matches("systemd/org.oomguard1.conf",
                      "send_interface=\"org.oomguard1.Manager\"\\s+send_member=\"(\\w+)\"") ==
          methods());
}

TEST_CASE("polkit is told of every action that is asked for, with texts to translate") {
    const std::set<std::string> wanted = actions();
    const Names once(wanted.begin(), wanted.end());
    CHECK(all_matches(kActions, "<action id=\"([^\"]+)\">") == once);
    for (const std::string element : {"description", "message"})
        CHECK(all_matches(kActions, "<(" + element + ") gettext-domain=\"oom-guardd\">[^<]+</")
                  .size() == once.size());
    for (const auto& action : wanted)
        CHECK(source_text("docs/org.oomguard1.5").find(".B " + action + "\n") != std::string::npos);
}

// polkit answers nobody else about other users.
TEST_CASE("the actions belong to the user that the daemon runs as") {
    const auto users = all_matches("systemd/oom-guardd.service.in", "\nUser=(\\S+)\n");
    REQUIRE(users.size() == 1);
    const auto owners = all_matches(
        kActions, "<annotate key=\"org.freedesktop.policykit.owner\">unix-user:([^<]+)<");
    CHECK(owners.size() == actions().size());
    CHECK(std::set<std::string>(owners.begin(), owners.end()) ==
          std::set<std::string>(users.begin(), users.end()));
}

}  // namespace oomguard::test
