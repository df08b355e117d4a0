// SPDX-License-Identifier: MIT
#include "core/explain.hpp"

#include <optional>
#include <string>

#include "builders.hpp"

namespace oomguard {
namespace {

/// A process of which everything was read.
Snapshot server() {
    Snapshot process = bare("server");
    set_credentials(process, 1000, {1000, 44});
    set_cgroup(process, "/system.slice/db.service/shard");
    set_exe(process, "/usr/lib/db/db-server (deleted)");
    set_ancestors(process, {{"sh", "dash"}, {"db-run", ""}, {"systemd", "systemd"}});
    set_arguments(process, {"server", "--data", "/srv"});
    return process;
}

std::string text(const Rule& rule, const Snapshot& process = server(),
                 const Telling& telling = {}) {
    const Reason reason = explain(rule, process, telling);
    CHECK(answer(reason.truth) == answer(matches(rule, process)));
    return reason.text;
}

std::string named(const Principal& one) {
    if (one.kind == Principal::Kind::Group)
        return "%ml";
    return one.id == 1000 ? "alice" : "bob\n";
}

TEST_CASE("of a key that does not hold it is told what was found and what was asked for") {
    struct Row {
        Keys keys;
        std::string_view text;
    };
    const Row rows[] = {
        {{.name = {glob("python3*")}}, R"(name "server" or "db-server" is not "python3*")"},
        {{.user = {{user(0), group(100)}}}, "user 1000 is not 0 or %100"},
        {{.user = std::vector<Principal>()},
         "user 1000 is not one of those named, whom this machine does not have"},
        {{.cgroup = {path_glob("/system.slice/*"), path_glob("/x")}},
         R"(cgroup "/system.slice/db.service/shard" is not "/system.slice/*" or "/x")"},
        {{.unit = {glob("web.service")}}, R"(unit "db.service" is not "web.service")"},
        {{.exe = {path_glob("/opt/**")}}, R"(exe "/usr/lib/db/db-server" is not "/opt/**")"},
        {{.parent = {glob("db-run")}}, R"(parent "sh" or "dash" is not "db-run")"},
        {{.ancestor = {glob("sshd")}},
         R"(ancestor "sh", "dash", "db-run" or 1 other is not "sshd")"},
        {{.cmdline = {regex("train.*")}}, R"(cmdline "server --data /srv" is not "train.*")"},
    };
    for (const Row& row : rows)
        CHECK(text(rule_of(row.keys)) == row.text);
}

TEST_CASE("of keys that hold it is told by what") {
    struct Row {
        Keys keys;
        std::string_view text;
    };
    const Row rows[] = {
        {{}, "every process"},
        {{.name = {glob("x"), glob("s*r"), glob("*")}}, R"(name "server" is "s*r")"},
        {{.name = {glob("db-*")}}, R"(name "db-server" is "db-*")"},
        {{.user = {{user(0), user(1000)}}}, "user 1000 is 1000"},
        {{.user = {{group(44)}}}, "user 1000 is %44"},
        {{.cgroup = {path_glob("/**")}}, R"(cgroup "/system.slice/db.service/shard" is "/**")"},
        {{.unit = {glob("db*")}}, R"(unit "db.service" is "db*")"},
        {{.exe = {path_glob("/usr/**")}}, R"(exe "/usr/lib/db/db-server" is "/usr/**")"},
        {{.parent = {glob("dash")}}, R"(parent "dash" is "dash")"},
        {{.ancestor = {glob("sy*")}}, R"(ancestor "systemd" is "sy*")"},
        {{.cmdline = {glob("*--data*")}}, R"(cmdline "server --data /srv" is "*--data*")"},
        {{.name = {glob("s*")}, .cmdline = {glob("*")}, .user = {{user(1000)}}},
         R"(name "server" is "s*", user 1000 is 1000, cmdline "server --data /srv" is "*")"},
    };
    for (const Row& row : rows)
        CHECK(text(rule_of(row.keys)) == row.text);
}

TEST_CASE("the first key that does not hold is told of") {
    const Keys keys = {.name = {glob("server")},
                       .cmdline = {glob("x")},
                       .unit = {glob("y")},
                       .user = {{user(1000)}}};
    CHECK(text(rule_of(keys)) == R"(unit "db.service" is not "y")");
}

TEST_CASE("an exception is told of with what makes it one") {
    const Keys all = {.name = {glob("*")}};
    CHECK(text(rule_of(all, {.cmdline = {glob("*--data*")}, .user = {{user(1000)}}})) ==
          R"(excepted: user 1000 is 1000, cmdline "server --data /srv" is "*--data*")");
    // One that does not hold is none, and of a rule that does not match no exception is told.
    CHECK(text(rule_of(all, {.name = {glob("x")}})) == R"(name "server" is "*")");
    CHECK(text(rule_of({.name = {glob("x")}}, all)) ==
          R"(name "server" or "db-server" is not "x")");
    CHECK(explain_exception(rule_of({.name = {glob("x")}}, all), server()) ==
          R"(excepted: name "server" is "*")");
}

TEST_CASE("users and groups are called as the caller calls them, made printable") {
    const Telling telling{.name_of = named};
    CHECK(text(rule_of({.user = {{user(0), group(100)}}}), server(), telling) ==
          "user alice is not bob\\n or %ml");
    CHECK(text(rule_of({.user = {{group(44)}}}), server(), telling) == "user alice is %ml");
}

TEST_CASE("what there is not, or could not be read, is told of as that") {
    Snapshot process = bare("");
    set_credentials(process, 0, {0});
    set_cgroup(process, "");
    set_exe(process, "");
    set_ancestors(process, {});
    set_arguments(process, {});
    CHECK(text(rule_of({.name = {glob("x")}}), process) == R"(name "" is not "x")");
    CHECK(text(rule_of({.cgroup = {path_glob("/x")}}), process) ==
          R"(cgroup (unreadable) is not "/x")");
    CHECK(text(rule_of({.unit = {glob("x")}}), process) == R"(unit (none) is not "x")");
    CHECK(text(rule_of({.exe = {path_glob("/x")}}), process) == R"(exe (unreadable) is not "/x")");
    CHECK(text(rule_of({.parent = {glob("x")}}), process) == R"(parent (none) is not "x")");
    CHECK(text(rule_of({.ancestor = {glob("x")}}), process) == R"(ancestor (none) is not "x")");
    CHECK(text(rule_of({.cmdline = {glob("x")}}), process) == R"(cmdline "" is not "x")");
}

TEST_CASE("a script is also called by its full name") {
    Snapshot process = server();
    process.comm = "unattended-upgr";
    set_arguments(process, {"python3", "/usr/bin/unattended-upgrade"});
    CHECK(text(rule_of({.name = {glob("x")}}), process) ==
          R"(name "unattended-upgr", "db-server" or "unattended-upgrade" is not "x")");
    CHECK(text(rule_of({.name = {glob("*-upgrade")}}), process) ==
          R"(name "unattended-upgrade" is "*-upgrade")");
}

TEST_CASE("of many patterns a few are named, and how many others there are") {
    std::vector<Pattern> names = {glob("a"), glob("b"), glob("c")};
    CHECK(text(rule_of({.name = names})) ==
          R"(name "server" or "db-server" is not "a", "b" or "c")");
    names.push_back(glob("d"));
    CHECK(text(rule_of({.name = names})) ==
          R"(name "server" or "db-server" is not "a", "b", "c" or 1 other)");
    names.resize(1000, glob("e"));
    CHECK(text(rule_of({.name = names})) ==
          R"(name "server" or "db-server" is not "a", "b", "c" or 997 others)");
    std::vector<Principal> users(6, user(1));
    CHECK(text(rule_of({.user = users})) == "user 1000 is not 1, 1, 1 or 3 others");
}

TEST_CASE("an executable that may not be told is not, nor what would give it away") {
    const Telling none{.executables = Telling::Executables::Nobodys};
    const Telling own{.executables = Telling::Executables::Own};
    const Keys every = {.name = {glob("*")}};
    struct Row {
        Rule rule;
        std::string_view none;
        std::string_view own;
    };
    const Row rows[] = {
        {rule_of({.name = {glob("x")}}), R"(name "server" is not "x")",
         R"(name "server" or "db-server" is not "x")"},
        {rule_of({.name = {glob("db*")}}), "name is one of those", R"(name "db-server" is "db*")"},
        {rule_of({.exe = {path_glob("/x")}}), R"(exe is not "/x")",
         R"(exe "/usr/lib/db/db-server" is not "/x")"},
        {rule_of({.exe = {path_glob("/usr/**")}}), "exe is one of those",
         R"(exe "/usr/lib/db/db-server" is "/usr/**")"},
        {rule_of(every, {.exe = {path_glob("/usr/**")}}), "excepted: exe is one of those",
         R"(excepted: exe "/usr/lib/db/db-server" is "/usr/**")"},
        {rule_of({.parent = {glob("x")}}), R"(parent "sh" is not "x")",
         R"(parent "sh" is not "x")"},
        {rule_of({.parent = {glob("dash")}}), "parent is one of those", "parent is one of those"},
        {rule_of({.ancestor = {glob("x")}}), R"(ancestor "sh", "db-run" or "systemd" is not "x")",
         R"(ancestor "sh", "db-run" or "systemd" is not "x")"},
    };
    for (const Row& row : rows) {
        CHECK(text(row.rule, server(), none) == row.none);
        CHECK(text(row.rule, server(), own) == row.own);
    }
}

TEST_CASE("whatever a process calls itself, the reason is one line and cannot be forged") {
    Snapshot process = server();
    process.comm = "a\" is \"b\n\xff";
    set_exe(process, "");
    CHECK(text(rule_of({.name = {glob("x")}}), process) == R"(name "a\" is \"b\n\xff" is not "x")");
    CHECK(in_quotes("\xe2\x80\xae\\") == R"("\xe2\x80\xae\\")");
}

TEST_CASE("long texts are cut, between characters") {
    CHECK(in_quotes(std::string(120, 'a')) == "\"" + std::string(120, 'a') + "\"");
    CHECK(in_quotes(std::string(121, 'a')) == "\"" + std::string(120, 'a') + "\"...");
    for (const std::string character : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\x8d"}) {
        for (std::size_t before = 120 - character.size() + 1; before < 120; ++before)
            CHECK(in_quotes(std::string(before, 'a') + character + "b") ==
                  "\"" + std::string(before, 'a') + "\"...");
    }
    // A byte that belongs to no character is shown as such, also at the end.
    CHECK(in_quotes(std::string(119, 'a') + "\x80\x80") == "\"" + std::string(119, 'a') + "\"...");
    Snapshot process = server();
    set_arguments(process, {std::string(131'072, 'y')});
    CHECK(text(rule_of({.cmdline = {glob("x")}}), process) ==
          "cmdline \"" + std::string(120, 'y') + "\"... is not \"x\"");
}

TEST_CASE("of what was not read, nothing is told but that it is needed") {
    const Reason reason = explain(rule_of({.cmdline = {glob("x")}}), bare("sh"));
    CHECK(answer(reason.truth) == "needs Cmdline");
    CHECK(reason.text.empty());
    // What is known may be enough.
    const Keys two = {.cmdline = {glob("x")}, .user = std::vector<Principal>()};
    CHECK(text(rule_of(two), bare("sh")) ==
          "user 0 is not one of those named, whom this machine does not have");
}

}  // namespace
}  // namespace oomguard
