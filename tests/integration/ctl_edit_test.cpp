// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <filesystem>

#include <poll.h>
#include <sys/stat.h>

#include "bus.hpp"
#include "ctl_files.hpp"
#include "edit_desk.hpp"
#include "rules.hpp"

namespace oomguard::test {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

std::string bad_rules_at(const std::string& path) {
    return path +
           ":1:8: error: rules must be a list of rules, got \"5\"\n"
           "    rules: 5\n"
           "           ^\n";
}

TEST_CASE("edit begins a new file with a template, and puts it in place") {
    const Desk desk;
    desk.will_write(program_rule("x", 5));
    const auto edited = desk.edit("10-mine");
    CHECK(edited.out == "Saved " + desk.path("etc/10-mine.yaml") +
                            ". A running oom-guardd has noticed by itself.\n");
    CHECK(edited.err.empty());
    CHECK(edited.status == 0);
    CHECK(desk.names() == Names{"10-mine.yaml"});
    CHECK(desk.tree.read("etc/10-mine.yaml") == program_rule("x", 5));
    CHECK((fs::status(desk.path("etc/10-mine.yaml")).permissions() & fs::perms::mask) ==
          fs::perms(0644));
    const std::string seen = desk.tree.read("seen");
    CHECK(seen.starts_with("# Rules of oom-guardd; see oom-guardd-rules(5)."));

    // The template is a rule that is good once it is no comment.
    std::string rules = seen.substr(seen.find("#rules:"));
    for (std::size_t at = 0; (at = rules.find('#', at)) != std::string::npos;)
        at == 0 || rules[at - 1] == '\n' ? rules.erase(at, 1) : rules.replace(at++, 1, "#");
    desk.write("usr/x.yaml", rules);
    desk.will_write("# nothing yet\n");
    CHECK(desk.edit("20-other.yaml").status == 0);
    const auto checked = desk.ctl.run(
        {"check", "--no-processes", "--config", desk.path("settings.yaml"), desk.path("usr")});
    CHECK(checked.status == 0);
}

TEST_CASE("edit begins with what there is, else with the installed file that it replaces") {
    const Desk desk;
    desk.write("usr/10-a.yaml", program_rule("shipped", 5));
    desk.will_write(program_rule("mine", 6));
    REQUIRE(desk.edit("10-a.yaml").status == 0);
    CHECK(desk.tree.read("seen") == program_rule("shipped", 5));
    desk.will_write(program_rule("mine", 7));
    REQUIRE(desk.edit("10-a.yaml").status == 0);
    CHECK(desk.tree.read("seen") == program_rule("mine", 6));
    CHECK(desk.tree.read("etc/10-a.yaml") == program_rule("mine", 7));
    CHECK(desk.tree.read("usr/10-a.yaml") == program_rule("shipped", 5));
}

TEST_CASE("edit does nothing where nothing was changed, or nothing is left") {
    const Desk desk;
    desk.write("usr/10-a.yaml", program_rule("shipped", 5));
    desk.set_editor("");
    CHECK(desk.edit("10-a.yaml").out == "Unchanged: nothing was done.\n");
    desk.set_editor(": > \"$1\"");
    const auto emptied = desk.edit("10-a.yaml");
    CHECK(emptied.out == "Empty: nothing was done.\n");
    CHECK(emptied.status == 0);
    desk.set_editor("rm \"$1\"");
    CHECK(desk.edit("10-a.yaml").out == "Empty: nothing was done.\n");
    CHECK(desk.names().empty());
}

TEST_CASE("edit keeps a file with errors apart, where there is nobody to ask") {
    const Desk desk;
    desk.write("etc/10-a.yaml", program_rule("before", 5));
    desk.will_write("rules: 5\n");
    const auto edited = desk.edit("10-a.yaml");
    const auto names = desk.names();
    REQUIRE(names.size() == 2);
    CHECK(names[0].starts_with(".10-a."));
    CHECK(names[0].ends_with(".yaml"));
    CHECK(edited.out.empty());
    CHECK(edited.err == bad_rules_at(desk.path("etc/10-a.yaml")) +
                            "oom-guardctl: 1 error: nothing was changed; what was written is in " +
                            desk.path("etc/" + names[0]) + "\n");
    CHECK(edited.status == 1);
    CHECK(desk.tree.read("etc/" + names[0]) == "rules: 5\n");
    CHECK(desk.tree.read("etc/10-a.yaml") == program_rule("before", 5));
}

TEST_CASE("edit checks the file together with the others") {
    const Desk desk;
    desk.write("usr/50-b.yaml", program_rule("x", 5));
    desk.will_write(program_rule("y", 6));
    const auto edited = desk.edit("10-a");
    CHECK(edited.err.starts_with(desk.path("usr/50-b.yaml") +
                                 ":2:11: error: the name 'test' is already taken by " +
                                 desk.path("etc/")));
    CHECK(edited.status == 1);
}

TEST_CASE("edit does not mind errors that other files had before") {
    const Desk desk;
    desk.write("usr/50-b.yaml", "rules: 5\n");
    desk.will_write(program_rule("y", 6));
    const auto edited = desk.edit("10-a");
    CHECK(edited.err.empty());
    CHECK(edited.out == "Saved " + desk.path("etc/10-a.yaml") +
                            ". oom-guardd will load it once other files have no errors: see "
                            "oom-guardctl check\n");
    CHECK(edited.status == 0);
}

TEST_CASE("edit tells what is dangerous in the file, and puts it in place") {
    const Desk desk;
    desk.write("usr/50-b.yaml", rule_file({rule("other", "{name: z}", "-5")}));
    desk.will_write(rule_file({rule("mine", "{name: '*'}", "-5")}));
    const auto edited = desk.edit("10-a");
    CHECK(edited.err == desk.path("etc/10-a.yaml") +
                            ":2: warning: rule 'mine' protects every process, and so none from "
                            "another: name the few that matter\n");
    CHECK(edited.status == 0);
}

TEST_CASE("edit tells how to load the file where rule files are not watched") {
    const Desk desk;
    desk.write("settings.yaml", "sources: {rule_files: false}\n");
    desk.will_write(program_rule("x", 5));
    CHECK(desk.edit("10-a").out ==
          "Saved " + desk.path("etc/10-a.yaml") + ". To have it loaded: oom-guardctl reload\n");
}

TEST_CASE("edit takes the first editor that is named") {
    Desk desk;
    desk.set_editor("");
    desk.ctl.environment.emplace_back("VISUAL", "false");
    CHECK(desk.edit("10-a").status == 0);
    desk.ctl.environment.emplace_back("SYSTEMD_EDITOR", "sh -c 'exit 7'");
    const auto failed = desk.edit("10-a");
    CHECK(failed.err == "oom-guardctl: 'sh -c 'exit 7'' failed with exit code 7\n");
    CHECK(failed.status == 1);
    CHECK(desk.names().empty());
}

TEST_CASE("edit keeps what was written when the editor fails") {
    const Desk desk;
    desk.set_editor("echo 'rules: []' > \"$1\"\nexit 3");
    const auto failed = desk.edit("10-a");
    REQUIRE(desk.names().size() == 1);
    CHECK(desk.tree.read("etc/" + desk.names()[0]) == "rules: []\n");
    CHECK(failed.err == "oom-guardctl: '" + desk.path("editor") +
                            "' failed with exit code 3; what was written is in " +
                            desk.path("etc/" + desk.names()[0]) + "\n");
    CHECK(failed.status == 1);
}

TEST_CASE("edit refuses names that are no file's in the directory") {
    const Desk desk;
    desk.will_write(program_rule("x", 5));
    CHECK(desk.edit("../10-a.yaml").err ==
          "oom-guardctl: '../10-a.yaml' is a path: give the name of a file alone, such as "
          "10-a.yaml\n");
    for (const std::string name : {".hidden", "a\nb", ".yaml", ""}) {
        CAPTURE(name);
        const auto edited = desk.edit(name);
        CHECK(edited.err == "oom-guardctl: '" + (name == "a\nb" ? "a\\nb" : name) +
                                "' is no name for a rule file: give one such as 10-mine.yaml, "
                                "printable, without backslashes, and without a dot at its "
                                "beginning\n");
        CHECK(edited.status == 1);
    }
    CHECK(desk.names().empty());
}

TEST_CASE("edit by another user than root says that root is needed") {
    if (!is_root())
        return;
    Desk desk;
    fs::permissions(desk.tree.path(), fs::perms(0755));
    desk.will_write(program_rule("x", 5));
    desk.ctl.prepare = become_nobody;
    const auto edited = desk.edit("10-a");
    CHECK(edited.err == "oom-guardctl: cannot write in " + desk.path("etc") +
                            ": Permission denied; try it as root, with sudo\n");
    CHECK(edited.status == 1);
}

/// The two ends of a terminal.
struct TerminalPair {
    TerminalPair() : master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        REQUIRE(::grantpt(master.get()) == 0);
        REQUIRE(::unlockpt(master.get()) == 0);
        slave = sys::UniqueFd(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
        REQUIRE(slave);
    }

    /// Reads until the text has come, or nobody has the other end any more.
    [[nodiscard]] bool comes(const std::string& text) {
        slave = {};
        while (seen.find(text) == std::string::npos) {
            std::array<char, 256> chunk{};
            const ssize_t got = ::read(master.get(), chunk.data(), chunk.size());
            if (got <= 0)
                return false;
            seen.append(chunk.data(), static_cast<std::size_t>(got));
        }
        seen.erase(0, seen.find(text) + text.size());
        return true;
    }

    void type(const std::string& text) const {
        REQUIRE(::write(master.get(), text.data(), text.size()) ==
                static_cast<ssize_t>(text.size()));
    }

    sys::UniqueFd master;
    sys::UniqueFd slave;
    std::string seen;
};

TEST_CASE("On a terminal edit asks whether to go on, with what was written") {
    const Desk desk;
    desk.write("first", "rules: 5\n");
    desk.write("second", program_rule("x", 5));
    desk.set_editor("grep -q '^rules: 5' \"$1\" && cp '" + desk.path("second") +
                    "' \"$1\" || cp '" + desk.path("first") + "' \"$1\"");
    TerminalPair terminal;
    const int fd = terminal.slave.get();
    Child child = desk.ctl.start(desk.arguments("10-a"),
                                 {{fd, STDIN_FILENO}, {fd, STDOUT_FILENO}, {fd, STDERR_FILENO}});
    REQUIRE(terminal.comes("1 error. Edit again? [Y/n] "));
    SECTION("yes") {
        terminal.type("\n");
        CHECK(terminal.comes("Saved " + desk.path("etc/10-a.yaml")));
        CHECK(child.wait() == 0);
        CHECK(desk.names() == Names{"10-a.yaml"});
        CHECK(desk.tree.read("seen") == "rules: 5\n");
    }
    const std::string kept =
        "oom-guardctl: 1 error: nothing was changed; what was written is in " + desk.path("etc/.");
    SECTION("no") {
        terminal.type("n\n");
        CHECK(terminal.comes(kept));
        CHECK(child.wait() == 1);
        CHECK(desk.names().size() == 1);
    }
    SECTION("an interrupt, which is no") {
        ::kill(child.pid(), SIGINT);
        CHECK(terminal.comes(kept));
        CHECK(child.wait() == 1);
        CHECK(desk.names().size() == 1);
    }
}

TEST_CASE("A daemon that runs takes what was edited by itself") {
    Programs programs;
    const auto name = programs.unique_name();
    const Subject subject = programs.start(name);
    GuardDaemon daemon;
    daemon.start();
    Desk desk;
    desk.will_write(program_rule(name, 345));
    const auto edited = desk.ctl.run(
        {"edit", "--config", daemon.settings_path(), "--rules", daemon.rules_path(), "10-mine"});
    CHECK(edited.status == 0);
    CHECK(comes_to(subject.pid(), 345));
}

}  // namespace
}  // namespace oomguard::test
