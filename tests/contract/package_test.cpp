// SPDX-License-Identifier: MIT
#include <regex>
#include <set>
#include <string>

#include "command.hpp"
#include "support/catch.hpp"

// What packaging/debian repeats of the rest.
namespace oomguard::test {
namespace {

using Words = std::set<std::string>;

/// What the group of the expression has caught; each must be there.
std::string caught(const std::string& file, const std::string& expression) {
    std::smatch match;
    const std::string text = source_text(file);
    INFO(expression << " in " << file);
    REQUIRE(std::regex_search(text, match, std::regex(expression)));
    return match[1];
}

Words words_of(const std::string& text) {
    static const std::regex kWord("[^\\s,]+");
    Words words;
    for (std::sregex_iterator at(text.begin(), text.end(), kWord), end; at != end; ++at)
        words.insert(at->str());
    return words;
}

/// The first package of each alternative, without versions.
Words build_depends() {
    const std::string list =
        caught("packaging/debian/control", "\nBuild-Depends: ((?:[^\n]*\n )*[^\n]*)\n");
    return words_of(std::regex_replace(list, std::regex("\\([^)]*\\)|\\|[^,]*"), ""));
}

/// What packaging/install-dependencies installs to build.
Words installed_to_build() {
    const std::string file = "packaging/install-dependencies";
    Words words = words_of(caught(file, "\nbuild='([^']*)'"));
    words.merge(words_of(caught(file, "build=\"\\$build ([^\"]*)\"")));
    return words;
}

Words without(Words words, const Words& others) {
    for (const auto& other : others) {
        INFO(other);
        CHECK(words.erase(other) == 1);
    }
    return words;
}

}  // namespace

TEST_CASE("the package has the version of the program") {
    const std::string version = caught("packaging/debian/changelog", "^oom-guardd \\(([^)]+)\\) ");
    CHECK(run(OOM_GUARDD " --version").output == "oom-guardd " + version + "\n");
}

TEST_CASE("the package is built with what the build is said to need") {
    const Words of_debian_itself = {"g++"};
    const Words to_run = {"dbus", "systemd"};
    const Words of_packages = {"debhelper-compat", "dh-sequence-installsysusers"};
    CHECK(without(build_depends(), of_packages) ==
          without(without(installed_to_build(), of_debian_itself), to_run));
}

TEST_CASE("unit, bus policy, sysusers and tmpfiles name the same user, and the same group") {
    const std::string user = caught("systemd/oom-guardd.service.in", "\nUser=(.*)\n");
    CHECK(caught("systemd/oom-guardd.sysusers", "\nu (\\S+) ") == user);
    CHECK(caught("systemd/org.oomguard1.conf", "<policy user=\"(?!root)([^\"]+)\">") == user);
    const std::string group = caught("systemd/oom-guardd.service.in", "\nGroup=(.*)\n");
    const std::string file = source_text("systemd/oom-guardd.tmpfiles");
    CHECK(std::regex_search(file, std::regex("\nd /run/" + user + " +0755 " + user + " " + group)));
}

TEST_CASE("the package removes and makes the runtime directory that the service has") {
    const std::string directory =
        "/run/" + caught("systemd/oom-guardd.service.in", "\nRuntimeDirectory=(.*)\n");
    CHECK(caught("systemd/oom-guardd.tmpfiles", "\nd (\\S+) ") == directory);
    CHECK(caught("packaging/debian/prerm", "\nledger=(.*)\n") == directory + "/ledger");
    CHECK(caught("packaging/debian/postrm", "rm -rf \"\\$\\{DPKG_ROOT:-\\}(.*)\"\n") == directory);
}

}  // namespace oomguard::test
