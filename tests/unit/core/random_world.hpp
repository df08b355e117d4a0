// SPDX-License-Identifier: MIT
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "builders.hpp"

// Random rules and processes over a small world, so that they meet often. The seed is fixed: a
// failure is the same failure the next time.
namespace oomguard {

class Dice {
  public:
    explicit Dice(unsigned seed) : engine_(seed) {}

    std::size_t below(std::size_t count) { return engine_() % count; }
    bool one_in(std::size_t count) { return below(count) == 0; }

    template <typename T>
    const T& one_of(const std::vector<T>& items) {
        return items[below(items.size())];
    }

    template <typename T>
    std::vector<T> some_of(const std::vector<T>& items, std::size_t at_least = 0) {
        std::vector<T> chosen;
        for (std::size_t count = at_least + below(3); count > 0; --count)
            chosen.push_back(one_of(items));
        return chosen;
    }

  private:
    std::mt19937 engine_;
};

inline const std::vector<std::string>& programs() {
    static const std::vector<std::string> kNames = {"a",
                                                    "b",
                                                    "nginx",
                                                    "python3",
                                                    "unattended-upgrade-shutdown",
                                                    "n\n",
                                                    "n\xc3\xa9",
                                                    "gnome-session-b",
                                                    "unattended-upgrade",
                                                    "gnome-session-binary",
                                                    "Python3",
                                                    "worker-17",
                                                    "worker\xff-17"};
    return kNames;
}

/// What rules are made of, compiled once.
struct Vocabulary {
    std::vector<Pattern> names;
    std::vector<Pattern> exact_names;
    std::vector<Pattern> cmdlines = {glob("*-w*"), glob("a"), glob(""), regex(".* .*"),
                                     glob("*upgrade")};
    std::vector<Pattern> exes = {path_glob("/usr/bin/*"), path_glob("/opt/**"),
                                 path_glob("/usr/bin/python3"), path_glob("/opt/?")};
    std::vector<Pattern> cgroups = {path_glob("/"), path_glob("/*.slice/*"),
                                    path_glob("/user.slice/**")};
    std::vector<Pattern> units = {glob("nginx.service"), glob("*.scope"), glob("user@*")};
    std::vector<Principal> principals = {user(0), user(1000), group(0), group(44)};

    Vocabulary() {
        for (const std::string& name : programs())
            exact_names.push_back(glob(name));
        exact_names.push_back(glob("unattended-upgr"));
        names = exact_names;
        for (const std::string_view text : {"*", "?", "n?", "un*", "*-upgrade", "[!a]*", "gn*y"})
            names.push_back(glob(text));
        names.push_back(regex("unatt.*down|nginx"));
        names.push_back(regex("n."));
        names.push_back(regex("(?i)PYTHON[0-9]"));
        names.push_back(regex("worker[^a]*-17|gnome-.*"));
        names.push_back(glob("worker?-1*"));
    }
};

inline Keys random_keys(Dice& dice, const Vocabulary& words) {
    Keys keys;
    if (dice.one_in(2))
        keys.name = dice.some_of(dice.one_in(2) ? words.exact_names : words.names, 1);
    if (dice.one_in(4))
        keys.cmdline = dice.some_of(words.cmdlines);
    if (dice.one_in(5))
        keys.exe = dice.some_of(words.exes);
    if (dice.one_in(5))
        keys.cgroup = dice.some_of(words.cgroups);
    if (dice.one_in(5))
        keys.unit = dice.some_of(words.units);
    if (dice.one_in(6))
        keys.parent = dice.some_of(words.names);
    if (dice.one_in(6))
        keys.ancestor = dice.some_of(words.names);
    if (dice.one_in(4))
        keys.user = dice.some_of(words.principals);
    return keys;
}

inline Rule random_rule(Dice& dice, const Vocabulary& words) {
    if (dice.one_in(3))
        return rule_of(random_keys(dice, words), random_keys(dice, words));
    return rule_of(random_keys(dice, words));
}

/// Now few and now many, so that some are not worth an index and others are.
inline std::vector<Rule> random_rules(Dice& dice, const Vocabulary& words) {
    std::vector<Rule> rules;
    for (std::size_t count = dice.below(dice.one_in(2) ? 8 : 40); count > 0; --count)
        rules.push_back(random_rule(dice, words));
    return rules;
}

/// A process of which everything was read.
inline Snapshot random_process(Dice& dice) {
    const std::string& program = dice.one_of(programs());
    const std::string& called = dice.one_in(2) ? program : dice.one_of(programs());
    Snapshot process = bare(called.substr(0, kLongestComm));
    set_credentials(process, dice.one_in(2) ? 0 : 1000, dice.some_of<Gid>({0, 44, 100}));
    set_cgroup(process, dice.one_of<std::string>(
                            {"/", "", "/system.slice/nginx.service", "/docker/1",
                             "/user.slice/user-1000.slice/session-2.scope",
                             "/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope"}));
    const std::string folder = dice.one_in(2) ? "/usr/bin/" : "/opt/x/";
    set_exe(process, dice.one_in(5) ? "" : folder + program + (dice.one_in(4) ? " (deleted)" : ""));
    std::vector<Program> ancestors;
    for (std::size_t count = dice.below(4); count > 0; --count) {
        const std::string& name = dice.one_of(programs());
        ancestors.push_back({name.substr(0, kLongestComm), dice.one_in(3) ? "" : name});
    }
    set_ancestors(process, std::move(ancestors));
    set_arguments(process, dice.some_of<std::string>({"python3", "-w", "a", "/x/" + called}));
    return process;
}

}  // namespace oomguard
