// SPDX-License-Identifier: MIT
#include <algorithm>
#include <sstream>

#include "bus.hpp"
#include "support/catch.hpp"
#include "support/ctl.hpp"

// The completions, in the shells that they are for.
namespace oomguard::test {
namespace {

using Words = std::vector<std::string>;

Words lines_of(const std::string& text) {
    Words lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line.substr(0, line.find('\t')));
    std::sort(lines.begin(), lines.end());
    return lines;
}

/// What a script of a shell prints, which finds the built program in PATH.
std::string output_of(const Ctl& ctl, Words command) {
    const TempTree tree;
    tree.write("out", "");
    tree.link("bin/oom-guardctl", OOM_GUARDCTL);
    const sys::UniqueFd out(::open(tree.path("out").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    auto environment = ctl.environment;
    environment.emplace_back("PATH", tree.path("bin") + ":/usr/bin:/bin");
    environment.emplace_back("HOME", tree.path());
    Child child = launch({.arguments = std::move(command),
                          .environment = std::move(environment),
                          .descriptors = {{out.get(), STDOUT_FILENO}}});
    CHECK(child.wait() == 0);
    return tree.read("out");
}

/// What bash offers for the last of the words.
Words offered_by_bash(const Ctl& ctl, const std::string& words) {
    return lines_of(
        output_of(ctl, {"/bin/bash", "--norc", "-c",
                        "exec 2>&1\n"
                        "source " COMPLETION_DIR "/oom-guardctl.bash\n"
                        "COMP_WORDS=(" +
                            words +
                            ")\n"
                            "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                            "_oom_guardctl\n"
                            "(( ${#COMPREPLY[@]} == 0 )) || printf '%s\\n' \"${COMPREPLY[@]}\""}));
}

/// Of what fish offers, what begins with the last word: fish 4 goes on to what only resembles it.
Words offered_by_fish(const Ctl& ctl, const std::string& line) {
    Words offered = lines_of(output_of(ctl, {"/usr/bin/fish", "--no-config", "-c",
                                             "source " COMPLETION_DIR "/oom-guardctl.fish\n"
                                             "complete -C '" +
                                                 line + "'"}));
    const std::string word = line.substr(line.rfind(' ') + 1);
    std::erase_if(offered, [&](const std::string& offer) { return !offer.starts_with(word); });
    return offered;
}

Words offered_by_zsh(const Ctl& ctl, const std::string& line) {
    const TempTree tree;
    return lines_of(output_of(
        ctl, {"/usr/bin/zsh", "-f", COMPLETE_ZSH, line, COMPLETION_DIR, tree.path("offers")}));
}

bool has(const Words& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

struct Running {
    Programs programs;
    std::string name = programs.unique_name();
    Subject subject = programs.start(name);
    std::string pid = std::to_string(subject.pid());
    GuardDaemon daemon;

    Running() {
        daemon.write_rules("10-test.yaml", rule_text("keep-one", name, "345") +
                                               "  - name: with space\n    match: {name: none}\n"
                                               "    oom_score_adj: 1\n");
        daemon.start();
    }
};

}  // namespace

TEST_CASE("bash completes commands, options, and the rules and pids that there are") {
    Running running;
    const Ctl ctl(running.daemon);
    CHECK(offered_by_bash(ctl, "oom-guardctl re") == Words{"release", "reload", "rescan"});
    CHECK(offered_by_bash(ctl, "oom-guardctl list --s") == Words{"--sort", "--state"});
    CHECK(offered_by_bash(ctl, "oom-guardctl list --rule ''") == Words{"keep-one", "with\\ space"});
    CHECK(offered_by_bash(ctl, "oom-guardctl list --rule k") == Words{"keep-one"});
    CHECK(has(offered_by_bash(ctl, "oom-guardctl explain ''"), running.pid));
    CHECK(offered_by_bash(ctl, "oom-guardctl release ''") == Words{running.pid});
    CHECK(offered_by_bash(ctl, "oom-guardctl list --state d") == Words{"drifting", "dry-run"});
    CHECK(offered_by_bash(ctl, "oom-guardctl --no") == Words{"--no-legend", "--no-pager"});
    CHECK(offered_by_bash(ctl, "oom-guardctl '' --no") == Words{"--no-legend", "--no-pager"});
}

TEST_CASE("fish completes commands, options, and the rules and pids that there are") {
    if (::access("/usr/bin/fish", X_OK) != 0) {
        WARN("skipped: fish is not installed");
        return;
    }
    Running running;
    const Ctl ctl(running.daemon);
    CHECK(offered_by_fish(ctl, "oom-guardctl re") == Words{"release", "reload", "rescan"});
    CHECK(offered_by_fish(ctl, "oom-guardctl list --s") == Words{"--sort", "--state"});
    CHECK(offered_by_fish(ctl, "oom-guardctl list --rule k") == Words{"keep-one"});
    CHECK(has(offered_by_fish(ctl, "oom-guardctl explain "), running.pid));
    CHECK(offered_by_fish(ctl, "oom-guardctl release ") == Words{running.pid});
}

TEST_CASE("zsh completes commands, options, and the rules and pids that there are") {
    if (::access("/usr/bin/zsh", X_OK) != 0) {
        WARN("skipped: zsh is not installed");
        return;
    }
    Running running;
    const Ctl ctl(running.daemon);
    CHECK(offered_by_zsh(ctl, "oom-guardctl re") == Words{"release", "reload", "rescan"});
    CHECK(offered_by_zsh(ctl, "oom-guardctl list --rule k") == Words{"keep-one"});
    CHECK(offered_by_zsh(ctl, "oom-guardctl release ") == Words{running.pid});
}

TEST_CASE("Without the daemon a completion offers no names, and says nothing") {
    const PrivateBus bus;
    const Ctl ctl(bus.address());
    CHECK(offered_by_bash(ctl, "oom-guardctl list --rule ''") == Words{});
    CHECK(offered_by_bash(ctl, "oom-guardctl sta") == Words{"status"});
}

}  // namespace oomguard::test
