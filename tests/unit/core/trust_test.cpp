// SPDX-License-Identifier: MIT
#include "core/trust.hpp"

#include <string>

#include "builders.hpp"

// Whom a rule may protect: never someone for what he can choose himself.
namespace oomguard {
namespace {

constexpr Uid kAlice = 1000;

/// A process of alice's that calls itself like the database, in every way that there is.
Snapshot pretender() {
    Snapshot process = bare("postgres");
    set_credentials(process, kAlice, {kAlice});
    set_exe(process, "/usr/lib/postgresql/15/bin/postgres");
    set_arguments(process, {"postgres", "-D", "/var/lib/postgresql"});
    set_ancestors(process, {{"postgres", "postgres"}, {"systemd", "systemd"}});
    set_cgroup(process, "/user.slice/user-1000.slice/session-3.scope");
    return process;
}

void set_place(Snapshot& process, std::string_view cgroup, std::vector<Uid> owners) {
    set_cgroup(process, cgroup);
    process.cgroup_owners = std::move(owners);
    process.mark(Field::Owners);
}

std::string trusts(const Rule& rule, const Snapshot& process, const SystemAccounts& accounts = {}) {
    return answer(may_protect(rule, process, accounts));
}

Rule of_unit(const Pattern& unit) {
    return rule_of({.name = {glob("postgres")}, .unit = {unit}});
}

Rule of_cgroup(const Pattern& cgroup) {
    return rule_of({.name = {glob("postgres")}, .cgroup = {cgroup}});
}

}  // namespace

TEST_CASE("nothing that a user can choose for a process lets a rule protect it") {
    const Snapshot process = pretender();
    CHECK(trusts(rule_of({.name = {glob("postgres")}}), process) == "no");
    CHECK(trusts(rule_of({.cmdline = {glob("postgres -D *")}}), process) == "no");
    CHECK(trusts(rule_of({.exe = {path_glob("/usr/lib/postgresql/**")}}), process) == "no");
    CHECK(trusts(rule_of({.parent = {glob("postgres")}}), process) == "no");
    CHECK(trusts(rule_of({.ancestor = {glob("systemd")}}), process) == "no");
    CHECK(trusts(of_cgroup(path_glob("/user.slice/**")), process) == "no");
    CHECK(trusts(of_unit(glob("session-3.scope")), process) == "no");
    CHECK(trusts(of_unit(glob("*")), process) == "no");
}

TEST_CASE("trust: any, a user that the rule names, or a system account is enough") {
    Rule any = rule_of({.name = {glob("postgres")}});
    any.trust = Trust::Any;
    CHECK(trusts(any, bare("postgres")) == "yes");
    // Its key holds where the rule matches.
    CHECK(trusts(rule_of({.user = {{user(kAlice)}}}), pretender()) == "yes");
    CHECK(trusts(rule_of({.user = {{group(44)}}}), pretender()) == "yes");
    const Rule named = rule_of({.name = {glob("postgres")}});
    CHECK(trusts(named, bare("postgres")) == "needs Credentials");
    Snapshot process = bare("postgres");
    for (const Uid uid : {0U, 999U}) {
        set_credentials(process, uid, {uid});
        for (const char* place : {"/", "/system.slice/cron.service", "/user.slice",
                                  "/user.slice/user-0.slice/session-3.scope"}) {
            set_cgroup(process, place);
            CHECK(trusts(named, process) == "yes");
        }
    }
    set_credentials(process, 65'534, {65'534});
    CHECK(trusts(named, process) == "no");
}

TEST_CASE("below the slice of a user a system account vouches for nobody, as with sudo") {
    Snapshot process = bare("postgres");
    set_credentials(process, 0, {0});
    const Rule rule = rule_of({.name = {glob("postgres")}});
    CHECK(trusts(rule, process) == "needs Cgroup");
    for (const char* place :
         {"/user.slice/user-1000.slice/session-3.scope", "/user.slice/user-1000.slice",
          "/user.slice/user-0x.slice/a", "/user.slice/user-99999999999.slice", ""}) {
        set_cgroup(process, place);
        CHECK(trusts(rule, process) == "no");
        CHECK(trusts(rule_of({.user = {{user(0)}}}), process) == "no");
    }
    CHECK(trusts(rule, process, {1001, {}}) == "no");
    set_cgroup(process, "/user.slice/user-1000.slice/session-3.scope");
    CHECK(trusts(rule, process, {1001, {}}) == "yes");
}

TEST_CASE("which accounts are the system's is said by the limit and by the subordinate uids") {
    SystemAccounts accounts{500, {{100, 10}, {4'294'967'290U, 6}}};
    CHECK(accounts.includes(0));
    CHECK(accounts.includes(99));
    CHECK_FALSE(accounts.includes(100));
    CHECK_FALSE(accounts.includes(109));
    CHECK(accounts.includes(110));
    CHECK_FALSE(accounts.includes(500));
    CHECK_FALSE(accounts.includes(kUnknownOwner));
    accounts.limit = kUnknownOwner;
    CHECK_FALSE(accounts.includes(4'294'967'290U));
}

TEST_CASE("a system unit that the rule names is enough, if none but the system has made it") {
    Snapshot process = pretender();
    set_cgroup(process, "/system.slice/postgresql.service");
    CHECK(trusts(of_unit(glob("postgresql*.service")), process) == "needs Owners");
    set_place(process, "/system.slice/postgresql.service", {0, 0});
    CHECK(trusts(of_unit(glob("postgresql*.service")), process) == "yes");
    CHECK(trusts(of_cgroup(path_glob("/system.slice/**")), process) == "yes");
    // A pattern that fits a session too names nothing.
    CHECK(trusts(of_unit(glob("*.service")), process) == "no");
    CHECK(trusts(of_cgroup(path_glob("**/postgresql.service")), process) == "no");
    // Below a unit that the system has handed to a user, its name is the system's still.
    set_place(process, "/system.slice/postgresql.service/mine", {0, 0, kAlice});
    CHECK(trusts(of_unit(glob("postgresql*.service")), process) == "yes");
    CHECK(trusts(of_cgroup(path_glob("/system.slice/**")), process) == "no");
}

TEST_CASE("a cgroup of a user's own that is called like a system unit is not one") {
    Snapshot process = pretender();
    SECTION("below his manager") {
        set_place(process, "/user.slice/user-1000.slice/user@1000.service/postgresql.service",
                  {0, 0, 0, kAlice});
        CHECK(trusts(of_cgroup(path_glob("/user.slice/**/postgresql.service")), process) == "no");
    }
    SECTION("below a slice that he was given") {
        set_place(process, "/alice.slice/postgresql.service", {0, kAlice});
        CHECK(trusts(of_unit(glob("postgresql.service")), process) == "no");
        CHECK(trusts(of_cgroup(path_glob("/alice.slice/**")), process) == "no");
    }
    SECTION("where others may write") {
        set_place(process, "/open.slice/postgresql.service", {0, kUnknownOwner});
        CHECK(trusts(of_unit(glob("postgresql.service")), process) == "no");
    }
    SECTION("where it cannot be told") {
        set_place(process, "/system.slice/postgresql.service", {0});
        CHECK(trusts(of_unit(glob("postgresql.service")), process) == "no");
    }
}

TEST_CASE("in units that run logins and jobs of users, only system accounts are trusted") {
    for (const std::string unit : {"cron.service", "ssh.service", "ssh@3-1.2.3.4:22.service",
                                   "getty@tty1.service", "user@1000.service", "session-c2.scope"}) {
        CAPTURE(unit);
        CHECK(is_unit_of_users(unit));
        Snapshot process = pretender();
        set_place(process, "/system.slice/" + unit, {0, 0});
        CHECK(trusts(of_unit(glob(unit)), process) == "no");
        CHECK(trusts(of_cgroup(path_glob("/system.slice/**")), process) == "no");
        set_credentials(process, 0, {0});
        CHECK(trusts(of_unit(glob(unit)), process) == "yes");
    }
    CHECK_FALSE(is_unit_of_users("postgresql.service"));
    CHECK_FALSE(is_unit_of_users(""));
}

TEST_CASE("why a process is not protected is told, with what to do") {
    Snapshot process = pretender();
    const Telling telling{.name_of = [](const Principal&) { return std::string("alice"); }};
    CHECK(why_not_protected(rule_of({.name = {glob("postgres")}}), process, {}, telling) ==
          "user alice is neither named by the rule nor a system account, and anyone can run a "
          "program under any name and with any arguments: add user: or unit:, or trust: any");
    CHECK(why_not_protected(of_unit(glob("*")), process, {}) ==
          "user 1000 is neither named by the rule nor a system account, and cgroup "
          "\"/user.slice/user-1000.slice/session-3.scope\" is not known to be out of the reach of "
          "users: add user: or unit:, or trust: any");
    set_credentials(process, 0, {0});
    CHECK(why_not_protected(of_unit(glob("*")), process, {}) ==
          "user 0 is a system account, but cgroup "
          "\"/user.slice/user-1000.slice/session-3.scope\" is a user's, who may become another "
          "there: run it as a system service, or add trust: any");
}

TEST_CASE("rules that may protect processes of every user are those that name one or a place") {
    CHECK(may_protect_users(rule_of({.user = {{user(kAlice)}}})));
    CHECK(may_protect_users(of_unit(glob("postgresql@*.service"))));
    CHECK(may_protect_users(of_cgroup(path_glob("/system.slice/**"))));
    CHECK_FALSE(may_protect_users(rule_of({.name = {glob("postgres")}})));
    CHECK_FALSE(may_protect_users(of_unit(glob("session-*"))));
    CHECK_FALSE(may_protect_users(of_cgroup(path_glob("**/postgresql.service"))));
    Rule any = rule_of({.name = {glob("postgres")}});
    any.trust = Trust::Any;
    CHECK(may_protect_users(any));
}

}  // namespace oomguard
