// SPDX-License-Identifier: MIT
#include "core/match.hpp"

#include "builders.hpp"

namespace oomguard {
namespace {

constexpr std::string_view kLongScript = "unattended-upgrade";
constexpr std::string_view kCutComm = "unattended-upgr";

Rule named(std::string_view name) {
    return rule_of({.name = {glob(name)}});
}

Snapshot with_exe(std::string_view comm, std::string_view exe) {
    Snapshot snapshot = bare(comm);
    set_exe(snapshot, exe);
    return snapshot;
}

TEST_CASE("a rule without keys matches every process and reads nothing") {
    CHECK(answer(matches(rule_of({}), bare("x"))) == "yes");
}

TEST_CASE("a name holds by comm, for which nothing is read") {
    CHECK(answer(matches(named("nginx"), bare("nginx"))) == "yes");
    CHECK(answer(matches(named("ngin*"), bare("nginx"))) == "yes");
    CHECK(answer(matches(rule_of({.name = {glob("a"), regex("ng.*")}}), bare("nginx"))) == "yes");
}

TEST_CASE("a name holds by the base name of the executable") {
    struct Row {
        std::string_view name;
        std::string_view exe;
        std::string_view answer;
    };
    for (const auto& [name, exe, expected] : {
             Row{"sshd", "/usr/sbin/sshd", "yes"},
             Row{"sshd", "/usr/sbin/sshd (deleted)", "yes"},
             Row{"ssh*", "/usr/sbin/sshd", "yes"},
             Row{"sshd", "/usr/sbin/sshd-session", "no"},
             Row{"sshd", "/sshd/x", "no"},
             Row{"*", "", "yes"},  // by comm
             Row{"/usr/sbin/sshd", "/usr/sbin/sshd", "no"},
         }) {
        CAPTURE(name, exe);
        const Snapshot snapshot = with_exe("renamed", exe);
        CHECK(answer(matches(named(name), snapshot)) == expected);
    }
    CHECK(answer(matches(named("sshd"), bare("renamed"))) == "needs Exe");
}

TEST_CASE("an executable that cannot be read has no name") {
    CHECK(answer(matches(named(""), with_exe("kthreadd", ""))) == "no");
    CHECK(answer(matches(rule_of({.name = {regex("k?")}}), with_exe("kthreadd", ""))) == "no");
}

TEST_CASE("a name of 16 and more characters is found through the executable") {
    const Rule rule = named("gnome-session-binary");
    CHECK(answer(matches(rule, bare("gnome-session-b"))) == "needs Exe");
    CHECK(answer(matches(rule, with_exe("gnome-session-b", "/usr/lib/gnome-session-binary"))) ==
          "yes");
    // comm is the beginning of the executable's name, so there is no script to look for
    CHECK(answer(matches(rule, with_exe("gnome-session-b", "/usr/lib/gnome-session-bus"))) == "no");
    CHECK(answer(matches(named("gnome-session-b"), bare("gnome-session-b"))) == "yes");
}

TEST_CASE("a script whose comm was cut is found under its full name") {
    struct Row {
        std::string_view name;
        std::string_view before_reading;
        std::string_view after_reading;
    };
    for (const auto& [name, before, after] : {
             Row{kLongScript, "needs Cmdline", "yes"},
             Row{"unattended*", "yes", "yes"},
             Row{"*-upgrade", "needs Cmdline", "yes"},
             Row{"unattended-upgrade?", "needs Cmdline", "no"},
             Row{"unattended-upgrade-shutdown", "needs Cmdline", "no"},
             // the arguments cannot make these true
             Row{"unattended-upg", "no", "no"},
             Row{"postgres", "no", "no"},
             Row{"a-name-that-is-long-too", "no", "no"},
             Row{"nginx*", "no", "no"},
         }) {
        CAPTURE(name);
        const Rule rule = named(name);
        Snapshot snapshot = with_exe(kCutComm, "/usr/bin/python3");
        CHECK(answer(matches(rule, snapshot)) == before);
        set_arguments(snapshot, {"/usr/bin/python3", "/usr/bin/unattended-upgrade"});
        CHECK(answer(matches(rule, snapshot)) == after);
    }
}

TEST_CASE("arguments do not name a script if comm was not cut") {
    Snapshot snapshot = with_exe("unattended-upg", "/usr/bin/python3");
    CHECK(answer(matches(named(kLongScript), snapshot)) == "no");
    CHECK(answer(matches(named("*-upgrade"), snapshot)) == "no");

    snapshot = with_exe(kCutComm, "/usr/bin/python3");
    set_arguments(snapshot, {"python3", "/usr/bin/another"});
    CHECK(answer(matches(named("*-upgrade"), snapshot)) == "no");
    CHECK(answer(matches(rule_of({.name = {regex("|x")}}), snapshot)) == "no");
}

TEST_CASE("user compares the real uid, % the groups") {
    struct Row {
        std::vector<Principal> users;
        std::string_view answer;
    };
    Snapshot snapshot = bare("x");
    set_credentials(snapshot, 1000, {100, 44});
    for (const auto& [users, expected] : {
             Row{{user(1000)}, "yes"}, Row{{user(0), user(1000)}, "yes"}, Row{{user(100)}, "no"},
             Row{{group(1000)}, "no"}, Row{{group(100)}, "yes"}, Row{{group(44)}, "yes"},
             Row{{user(0), group(45)}, "no"},
             Row{{}, "no"},  // names only users that this machine does not have
         }) {
        const Rule rule = rule_of({.user = users});
        CAPTURE(users.size());
        CHECK(answer(matches(rule, snapshot)) == expected);
    }
    CHECK(answer(matches(rule_of({.user = {{user(1000)}}}), bare("x"))) == "needs Credentials");
}

TEST_CASE("a list of users of whom none exists names nobody, and needs nothing read for it") {
    const Rule rule = rule_of({.user = std::vector<Principal>()});
    CHECK(answer(matches(rule, bare("x"))) == "no");
}

TEST_CASE("each key needs its field, holds by any of its entries, and fails otherwise") {
    Snapshot process = bare("x");
    set_cgroup(process, "/system.slice/db.service/shard");
    set_exe(process, "/usr/lib/db/server (deleted)");
    set_ancestors(process, {{"sh", "dash"}, {"db-run", ""}, {"systemd", "systemd"}});
    set_arguments(process, {"server", "--data", "/srv"});

    struct Row {
        Keys keys;
        std::string_view needs;
        std::string_view answer;
    };
    const Row rows[] = {
        {{.cgroup = {path_glob("/system.slice/**")}}, "needs Cgroup", "yes"},
        {{.cgroup = {path_glob("/x"), path_glob("/*/*/shard")}}, "needs Cgroup", "yes"},
        {{.cgroup = {path_glob("/system.slice/*")}}, "needs Cgroup", "no"},
        {{.unit = {glob("db.service")}}, "needs Cgroup", "yes"},
        {{.unit = {glob("db*")}}, "needs Cgroup", "yes"},
        {{.unit = {glob("shard")}}, "needs Cgroup", "no"},
        {{.exe = {path_glob("/usr/lib/db/server")}}, "needs Exe", "yes"},
        {{.exe = {path_glob("/usr/lib/**")}}, "needs Exe", "yes"},
        {{.exe = {path_glob("server")}}, "needs Exe", "no"},
        {{.parent = {glob("sh")}}, "needs Parent", "yes"},
        {{.parent = {glob("dash")}}, "needs Parent", "yes"},
        {{.parent = {glob("db-run")}}, "needs Parent", "no"},
        {{.ancestor = {glob("sh")}}, "needs Ancestors", "yes"},
        {{.ancestor = {glob("db-run")}}, "needs Ancestors", "yes"},
        {{.ancestor = {glob("x"), glob("systemd")}}, "needs Ancestors", "yes"},
        {{.ancestor = {glob("x")}}, "needs Ancestors", "no"},
        {{.ancestor = {glob("")}}, "needs Ancestors", "no"},  // an unread name is no name
        {{.cmdline = {glob("server --data /srv")}}, "needs Cmdline", "yes"},
        {{.cmdline = {glob("*--data*")}}, "needs Cmdline", "yes"},
        {{.cmdline = {glob("server")}}, "needs Cmdline", "no"},
    };
    for (const Row& row : rows) {
        CAPTURE(&row - rows);
        const Rule rule = rule_of(row.keys);
        CHECK(answer(matches(rule, bare("x"))) == row.needs);
        CHECK(answer(matches(rule, process)) == row.answer);
    }
}

TEST_CASE("what could not be read matches nothing, but a process can have no arguments") {
    Snapshot snapshot = bare("kthreadd");
    set_cgroup(snapshot, "");
    set_exe(snapshot, "");
    set_ancestors(snapshot, {});
    set_arguments(snapshot, {});
    CHECK(answer(matches(rule_of({.cgroup = {path_glob("**")}}), snapshot)) == "no");
    CHECK(answer(matches(rule_of({.unit = {glob("*")}}), snapshot)) == "no");
    CHECK(answer(matches(rule_of({.exe = {path_glob("**")}}), snapshot)) == "no");
    CHECK(answer(matches(rule_of({.parent = {glob("*")}}), snapshot)) == "no");
    CHECK(answer(matches(rule_of({.ancestor = {glob("*")}}), snapshot)) == "no");
    CHECK(answer(matches(rule_of({.cmdline = {glob("*")}}), snapshot)) == "yes");

    set_cgroup(snapshot, "/user.slice");  // in no unit
    CHECK(answer(matches(rule_of({.unit = {glob("*")}}), snapshot)) == "no");
}

TEST_CASE("who knows all ancestors knows the parent, who knows the parent may know enough") {
    const Rule by_parent = rule_of({.parent = {glob("sh")}});
    const Rule by_ancestor = rule_of({.ancestor = {glob("sh")}});

    Snapshot all;
    all.ancestors = {{"sh", "dash"}, {"init", ""}};
    all.mark(Field::Ancestors);
    CHECK(answer(matches(by_parent, all)) == "yes");

    Snapshot one = bare("x");
    set_parent(one, {"sh", "dash"});
    CHECK(answer(matches(by_ancestor, one)) == "yes");
    set_parent(one, {"bash", "bash"});
    CHECK(answer(matches(by_ancestor, one)) == "needs Ancestors");
}

TEST_CASE("of several keys the cheapest is read first") {
    const Rule rule = rule_of({.name = {glob("db")},
                               .cmdline = {glob("*")},
                               .exe = {path_glob("**")},
                               .cgroup = {path_glob("**")},
                               .parent = {glob("*")},
                               .ancestor = {glob("*")},
                               .user = {{user(0)}}});
    Snapshot snapshot = bare("db");
    CHECK(answer(matches(rule, snapshot)) == "needs Credentials");
    set_credentials(snapshot, 0, {});
    CHECK(answer(matches(rule, snapshot)) == "needs Cgroup");
    set_cgroup(snapshot, "/x");
    CHECK(answer(matches(rule, snapshot)) == "needs Exe");
    set_exe(snapshot, "/x");
    CHECK(answer(matches(rule, snapshot)) == "needs Parent");
    set_parent(snapshot, {"sh", ""});
    // the parent is an ancestor, and any name will do
    CHECK(answer(matches(rule, snapshot)) == "needs Cmdline");
    set_arguments(snapshot, {"db"});
    CHECK(answer(matches(rule, snapshot)) == "yes");
}

TEST_CASE("a key that fails spares every other field, whatever its place") {
    Snapshot snapshot = bare("sh");
    set_exe(snapshot, "/bin/dash");
    CHECK(answer(matches(rule_of({.name = {glob("db")}, .cmdline = {glob("*")}}), snapshot)) ==
          "no");
    CHECK(answer(matches(rule_of({.name = {glob("db")}, .user = {{user(0)}}}), snapshot)) == "no");

    Snapshot read = bare("sh");
    set_arguments(read, {"sh"});
    set_parent(read, {"init", ""});
    CHECK(answer(matches(rule_of({.cmdline = {glob("x")}, .user = {{user(0)}}}), read)) == "no");
    CHECK(answer(matches(rule_of({.name = {glob("x")}, .parent = {glob("x")}}), read)) == "no");
    CHECK(answer(matches(rule_of({.exe = {path_glob("/x")}, .parent = {glob("x")}}), read)) ==
          "no");
}

TEST_CASE("where except holds the rule does not match") {
    Snapshot process = bare("python3");
    set_arguments(process, {"python3", "train.py", "--dry-run"});
    const Keys python = {.name = {glob("python3")}};
    CHECK(answer(matches(rule_of(python, {.cmdline = {glob("*--dry-run*")}}), process)) == "no");
    CHECK(answer(matches(rule_of(python, {.cmdline = {glob("*--test*")}}), process)) == "yes");
    // every key of except must hold
    CHECK(answer(matches(rule_of(python, {.name = {glob("python3")}, .cmdline = {glob("x")}}),
                         process)) == "yes");
}

TEST_CASE("except is asked only where the match may hold, and asks only for what decides") {
    const Keys by_arguments = {.cmdline = {glob("*--dry-run*")}};
    const Keys by_user = {.user = {{user(0)}}};
    Snapshot snapshot = bare("python3");
    set_exe(snapshot, "/usr/bin/python3.11");

    CHECK(answer(matches(rule_of({.name = {glob("db")}}, by_arguments), snapshot)) == "no");
    CHECK(answer(matches(rule_of({.name = {glob("python3")}}, by_arguments), snapshot)) ==
          "needs Cmdline");
    CHECK(answer(matches(rule_of({.cmdline = {glob("*")}}, by_user), snapshot)) ==
          "needs Credentials");
    CHECK(answer(matches(rule_of({.user = {{user(0)}}}, by_arguments), snapshot)) ==
          "needs Credentials");
    // except holds already: the match need not be known
    CHECK(answer(matches(rule_of({.cmdline = {glob("*")}}, {.name = {glob("python*")}}),
                         snapshot)) == "no");
    // except fails already: only the match remains
    CHECK(answer(matches(
              rule_of({.cmdline = {glob("*")}}, {.name = {glob("db")}, .user = {{user(0)}}}),
              snapshot)) == "needs Cmdline");
    // an executable that cannot be read is no exception
    set_exe(snapshot, "");
    CHECK(answer(matches(rule_of({}, {.exe = {path_glob("**")}}), snapshot)) == "yes");
}

}  // namespace
}  // namespace oomguard
