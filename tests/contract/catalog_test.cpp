// SPDX-License-Identifier: MIT
#include <regex>
#include <set>
#include <string>

#include "command.hpp"
#include "daemon/kill_log.hpp"
#include "support/catch.hpp"
#include "support/temp_tree.hpp"

// What journalctl -x says of a kill, and what the daemon logs of one.
namespace oomguard::test {
namespace {

using Strings = std::set<std::string>;

const std::string kCatalog = "systemd/oom-guardd.catalog";
const Strings kIds = {daemon::kKilledId, daemon::kProtectedKilledId};

Strings all_matches(const std::string& text, const std::string& expression) {
    const std::regex regex(expression);
    Strings found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
        found.insert((*at)[1]);
    return found;
}

/// One of which something is known, and that was protected, or not.
Kill kill_of(bool is_protected) {
    Kill kill;
    kill.id = {4711, 99};
    kill.name = "train";
    kill.killer = Killer::Kernel;
    kill.why = is_protected ? "it had the most points of all" : "";
    return kill;
}

std::string field(const Kill& kill, const std::string& name) {
    for (const std::string& one : daemon::kill_fields(kill)) {
        if (one.starts_with(name + "="))
            return one.substr(name.size() + 1);
    }
    FAIL("no " << name);
    return {};
}

}  // namespace

TEST_CASE("The catalog has an entry for each message of a kill, and no other") {
    CHECK(kIds.size() == 2);
    CHECK(all_matches(source_text(kCatalog), "(?:^|\n)-- (.*)") == kIds);
    CHECK(field(kill_of(false), "MESSAGE_ID") == daemon::kKilledId);
    CHECK(field(kill_of(true), "MESSAGE_ID") == daemon::kProtectedKilledId);
}

TEST_CASE("The fields in the catalog are among those that are logged, each once and never empty") {
    for (const bool is_protected : {false, true}) {
        Strings names;
        for (const std::string& one : daemon::kill_fields(kill_of(is_protected))) {
            CAPTURE(one);
            // As the journal takes them.
            CHECK(std::regex_match(one, std::regex("[A-Z][A-Z0-9_]{0,63}=[^\n]*")));
            CHECK(names.insert(one.substr(0, one.find('='))).second);
            CHECK((!one.ends_with('=') || (one == "OOMGUARD_WHY=" && !is_protected)));
        }
        for (const auto& name : all_matches(source_text(kCatalog), "@([^@\n]*)@")) {
            CAPTURE(name);
            CHECK(names.contains(name));
        }
    }
}

TEST_CASE("Of a kill that is hardly known the catalog's fields have words, not nothing") {
    const Kill nothing;
    for (const char* name : {"OOMGUARD_NAME", "OOMGUARD_USER", "OOMGUARD_CGROUP", "OOMGUARD_SCORE",
                             "OOMGUARD_SITUATION"})
        CHECK(field(nothing, name) == "unknown");
    CHECK(field(nothing, "OOMGUARD_RULE") == "none");
    CHECK(field(nothing, "OOMGUARD_LIMIT") == "unknown");
    CHECK(field(nothing, "OOMGUARD_KILLER") == "unknown");
}

TEST_CASE("journalctl takes the catalog, and shows what it says") {
    if (!is_program("journalctl")) {
        WARN("skipped: no journalctl");
        return;
    }
    const TempTree root{{"usr/lib/systemd/catalog/oom-guardd.catalog", source_text(kCatalog)},
                        {"var/lib/systemd/catalog/", ""}};
    const std::string journalctl = "journalctl --no-pager --root='" + root.path() + "' ";
    const Outcome updated = run(journalctl + "--update-catalog");
    CHECK(updated.output == "");
    REQUIRE(updated.status == 0);
    const auto shows = [&](const std::string& id, const std::string& subject) {
        const Outcome dumped = run(journalctl + "--dump-catalog " + id);
        CHECK(dumped.status == 0);
        CHECK(dumped.output.starts_with("-- " + id + "\nSubject: " + subject +
                                        "\nDefined-By: oom-guardd\n"));
    };
    shows(daemon::kKilledId, "@OOMGUARD_NAME@ was killed for want of memory");
    shows(daemon::kProtectedKilledId,
          "@OOMGUARD_NAME@ was killed although rule @OOMGUARD_RULE@ protects it");
}

}  // namespace oomguard::test
