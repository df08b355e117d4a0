// SPDX-License-Identifier: MIT
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "builders.hpp"

// Random rules and processes over a small world, so that they meet often. The seed is fixed: a
// failure is the same failure the next time.
namespace oomguard {
namespace {

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

const std::vector<std::string>& programs() {
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

Keys random_keys(Dice& dice, const Vocabulary& words) {
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

Rule random_rule(Dice& dice, const Vocabulary& words) {
    if (dice.one_in(3))
        return rule_of(random_keys(dice, words), random_keys(dice, words));
    return rule_of(random_keys(dice, words));
}

/// Now few and now many, so that some are not worth an index and others are.
std::vector<Rule> random_rules(Dice& dice, const Vocabulary& words) {
    std::vector<Rule> rules;
    for (std::size_t count = dice.below(dice.one_in(2) ? 8 : 40); count > 0; --count)
        rules.push_back(random_rule(dice, words));
    return rules;
}

/// A process of which everything was read.
Snapshot random_process(Dice& dice) {
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

/// Reads one more field of the process.
void read(Snapshot& into, const Snapshot& process, Field field) {
    switch (field) {
        case Field::Credentials:
            into.uid = process.uid;
            into.groups = process.groups;
            break;
        case Field::Cgroup:
            into.cgroup = process.cgroup;
            break;
        case Field::Exe:
            into.exe = process.exe;
            break;
        case Field::Parent:
            into.ancestors = process.ancestors;
            into.ancestors.resize(std::min<std::size_t>(into.ancestors.size(), 1));
            break;
        case Field::Ancestors:
            into.ancestors = process.ancestors;
            break;
        case Field::MemoryLimit:
            break;
        case Field::Cmdline:
            into.cmdline = process.cmdline;
            into.script_name = process.script_name;
            break;
    }
    into.mark(field);
}

/// A rule set without an index: the first rule that is not out of the question.
Verdict find_in_order(const std::vector<Rule>& rules, const Snapshot& snapshot) {
    for (std::size_t index = 0; index < rules.size(); ++index) {
        const Truth truth = matches(rules[index], snapshot);
        if (truth.kind == Truth::Kind::Yes)
            return {.kind = Verdict::Kind::Matched, .rule = index};
        if (truth.kind == Truth::Kind::Unknown)
            return {.kind = Verdict::Kind::Needs, .needed = truth.needed};
    }
    return {};
}

bool any_of(const Patterns& patterns, const std::vector<std::string>& texts) {
    for (const Pattern& pattern : patterns) {
        for (const std::string& text : texts) {
            if (pattern.matches(text))
                return true;
        }
    }
    return patterns.empty();
}

/// The texts that could be read.
std::vector<std::string> readable(std::string_view text) {
    return text.empty() ? std::vector<std::string>() : std::vector<std::string>{std::string(text)};
}

std::vector<std::string> names_of(const std::vector<Program>& programs, std::size_t most) {
    std::vector<std::string> names;
    for (std::size_t index = 0; index < std::min(most, programs.size()); ++index) {
        names.push_back(programs[index].comm);
        if (!programs[index].exe_name.empty())
            names.push_back(programs[index].exe_name);
    }
    return names;
}

/// What the keys mean, told once more and without care for what it costs.
bool hold(const Criteria& criteria, const Snapshot& process) {
    const std::string exe_name(executable_name(process.exe));
    std::vector<std::string> names = readable(exe_name);
    names.push_back(process.comm);
    if (!process.script_name.empty() && !exe_name.starts_with(process.comm))
        names.push_back(process.script_name);
    bool of_user = !criteria.user;
    for (const Principal& one : criteria.user.value_or(std::vector<Principal>())) {
        const auto& groups = process.groups;
        of_user = of_user || (one.kind == Principal::Kind::User
                                  ? one.id == process.uid
                                  : std::count(groups.begin(), groups.end(), one.id) > 0);
    }
    return of_user && any_of(criteria.name, names) && any_of(criteria.cmdline, {process.cmdline}) &&
           any_of(criteria.exe, readable(executable_path(process.exe))) &&
           any_of(criteria.cgroup, readable(process.cgroup)) &&
           any_of(criteria.unit, readable(system_unit(process.cgroup))) &&
           any_of(criteria.parent, names_of(process.ancestors, 1)) &&
           any_of(criteria.ancestor, names_of(process.ancestors, process.ancestors.size()));
}

TEST_CASE("a rule matches the processes that its keys mean") {
    Dice dice(20261);
    const Vocabulary words;
    int matched = 0;
    for (int round = 0; round < 20000; ++round) {
        CAPTURE(round);
        const Rule rule = random_rule(dice, words);
        const Snapshot process = random_process(dice);
        const bool means =
            hold(rule.match, process) && !(rule.except && hold(*rule.except, process));
        CHECK(answer(matches(rule, process)) == (means ? "yes" : "no"));
        matched += means ? 1 : 0;
    }
    CHECK(matched > 1000);
    CHECK(matched < 19000);
}

TEST_CASE("what is answered of a process read in part stays true when more is read") {
    Dice dice(20262);
    const Vocabulary words;
    int early = 0;
    for (int round = 0; round < 10000; ++round) {
        CAPTURE(round);
        const Rule rule = random_rule(dice, words);
        const Snapshot process = random_process(dice);
        const std::string last = answer(matches(rule, process));
        Snapshot partly = bare(process.comm);
        for (std::size_t field = 0; field < kFieldCount; ++field) {
            if (dice.one_in(2))
                read(partly, process, static_cast<Field>(field));
        }
        const Truth truth = matches(rule, partly);
        if (truth.kind == Truth::Kind::Unknown) {
            CHECK_FALSE(partly.has(truth.needed));
        } else {
            CHECK(answer(truth) == last);
            ++early;
        }
    }
    CHECK(early > 2000);
    CHECK(early < 9000);
}

TEST_CASE("a rule set finds what a walk through its rules finds, reading only what is needed") {
    Dice dice(20263);
    const Vocabulary words;
    int matched = 0;
    int without_arguments = 0;
    for (int round = 0; round < 3000; ++round) {
        const RuleSet set(random_rules(dice, words));
        for (int process_number = 0; process_number < 6; ++process_number) {
            CAPTURE(round, process_number);
            const Snapshot process = random_process(dice);
            const std::string expected = answer(find_in_order(set.rules(), process));
            CHECK(answer(set.find(process)) == expected);

            Snapshot all_but_arguments = bare(process.comm);
            for (std::size_t field = 0; field < kFieldCount; ++field) {
                if (static_cast<Field>(field) != Field::Cmdline)
                    read(all_but_arguments, process, static_cast<Field>(field));
            }
            const bool needs_arguments =
                find_in_order(set.rules(), all_but_arguments).kind == Verdict::Kind::Needs;

            Snapshot snapshot = bare(process.comm);
            Verdict verdict = set.find(snapshot);
            std::size_t rounds = 0;
            while (verdict.kind == Verdict::Kind::Needs && rounds < kFieldCount) {
                CHECK_FALSE(snapshot.has(verdict.needed));
                read(snapshot, process, verdict.needed);
                verdict = set.find(snapshot);
                ++rounds;
            }
            CHECK(answer(verdict) == expected);
            CHECK(snapshot.has(Field::Cmdline) == needs_arguments);
            matched += verdict.kind == Verdict::Kind::Matched ? 1 : 0;
            without_arguments += needs_arguments ? 0 : 1;
        }
    }
    CHECK(matched > 1000);
    CHECK(without_arguments > 1000);
}

}  // namespace
}  // namespace oomguard
