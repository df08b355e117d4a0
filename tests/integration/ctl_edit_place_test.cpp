// SPDX-License-Identifier: MIT
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "edit_desk.hpp"
#include "rules.hpp"
#include "support/catch.hpp"

// What edit does to the file in place, and that nothing that anyone wrote is lost.
namespace oomguard::test {
namespace {

namespace fs = std::filesystem;

std::string draft_of(const Desk& desk) {
    for (const std::string& name : desk.names()) {
        if (name.starts_with(".10-a."))
            return desk.path("etc/" + name);
    }
    return "no draft";
}

/// An editor that writes `mine`, during which somebody else runs the command.
CtlRun edit_while(const Desk& desk, const std::string& command) {
    desk.write("next", program_rule("mine", 6));
    desk.set_editor("cp '" + desk.path("next") + "' \"$1\"\n" + command);
    return desk.edit("10-a");
}

void check_refused(const Desk& desk, const CtlRun& edited) {
    const std::string draft = draft_of(desk);
    CHECK(edited.err == "oom-guardctl: " + desk.path("etc/10-a.yaml") +
                            " was changed meanwhile by somebody else, and stays as it is: edit it "
                            "again, and take over what was written; what was written is in " +
                            draft + "\n");
    CHECK(edited.out.empty());
    CHECK(edited.status == 1);
    CHECK(desk.tree.read(fs::relative(draft, desk.tree.path())) == program_rule("mine", 6));
}

TEST_CASE("edit does not overwrite what somebody else wrote meanwhile") {
    const Desk desk;
    desk.write("etc/10-a.yaml", program_rule("before", 5));
    desk.write("other", program_rule("theirs", 7));
    check_refused(desk, edit_while(desk, "cp '" + desk.path("other") + "' '" +
                                             desk.path("etc/10-a.yaml") + "'"));
    CHECK(desk.tree.read("etc/10-a.yaml") == program_rule("theirs", 7));
}

TEST_CASE("edit does not bring back what somebody else removed meanwhile") {
    const Desk desk;
    desk.write("etc/10-a.yaml", program_rule("before", 5));
    check_refused(desk, edit_while(desk, "rm '" + desk.path("etc/10-a.yaml") + "'"));
    CHECK_FALSE(fs::exists(desk.path("etc/10-a.yaml")));
}

TEST_CASE("edit writes to what a link leads to, and the link stays") {
    const Desk desk;
    fs::create_directory(desk.path("shared"));
    desk.write("shared/a.yaml", program_rule("before", 5));
    fs::create_symlink("../shared/a.yaml", desk.path("etc/10-a.yaml"));
    desk.will_write(program_rule("mine", 6));
    CHECK(desk.edit("10-a").status == 0);
    CHECK(desk.tree.read("seen") == program_rule("before", 5));
    CHECK(fs::read_symlink(desk.path("etc/10-a.yaml")) == "../shared/a.yaml");
    CHECK(desk.tree.read("shared/a.yaml") == program_rule("mine", 6));
}

TEST_CASE("edit puts a file in place of a link that masks the installed one") {
    const Desk desk;
    desk.write("usr/10-a.yaml", program_rule("shipped", 5));
    fs::create_symlink("/dev/null", desk.path("etc/10-a.yaml"));
    desk.will_write(program_rule("mine", 6));
    CHECK(desk.edit("10-a").status == 0);
    CHECK_FALSE(fs::is_symlink(desk.path("etc/10-a.yaml")));
    CHECK(desk.tree.read("etc/10-a.yaml") == program_rule("mine", 6));
}

TEST_CASE("edit keeps the mode and the owner of a file") {
    if (!is_root())
        return;
    const Desk desk;
    desk.write("etc/10-a.yaml", program_rule("before", 5));
    constexpr uid_t kUser = 4'000'001;
    constexpr gid_t kGroup = 4'000'002;
    const std::string path = desk.path("etc/10-a.yaml");
    REQUIRE(::chown(path.c_str(), kUser, kGroup) == 0);
    fs::permissions(path, fs::perms(0640));
    desk.will_write(program_rule("mine", 6));
    CHECK(desk.edit("10-a").status == 0);
    CHECK(desk.tree.read("etc/10-a.yaml") == program_rule("mine", 6));
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK(status.st_uid == kUser);
    CHECK(status.st_gid == kGroup);
    CHECK((status.st_mode & ALLPERMS) == 0640);
}

TEST_CASE("edit keeps a draft that it cannot read, and tells where it is") {
    const Desk desk;
    desk.set_editor("truncate -s 65M \"$1\"");
    const auto edited = desk.edit("10-a");
    const std::string draft = draft_of(desk);
    CHECK(edited.err == "oom-guardctl: read " + draft +
                            ": File too large; what was written is in " + draft + "\n");
    CHECK(edited.status == 1);
    CHECK(fs::exists(draft));
}

TEST_CASE("edit takes names as long as its draft of them can be written") {
    const Desk desk;
    desk.will_write(program_rule("x", 5));
    const std::string longest = std::string(234, 'a') + ".yaml";
    CHECK(desk.edit(longest).status == 0);
    CHECK(desk.edit("a" + longest).err ==
          "oom-guardctl: 'a" + longest +
              "' is no name for a rule file: give one such as 10-mine.yaml, printable, without "
              "backslashes, and without a dot at its beginning\n");
    CHECK(desk.names() == std::vector<std::string>{longest});
}

}  // namespace
}  // namespace oomguard::test
