// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include "core/explain.hpp"
#include "random_world.hpp"

namespace oomguard {
namespace {

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
        case Field::Owners:
        case Field::MemoryLimit:
        case Field::Memory:
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

/// The criteria with that key alone.
Criteria only(Key key, const Criteria& all) {
    Criteria one;
    if (key == Key::Name)
        one.name = all.name;
    if (key == Key::User)
        one.user = all.user;
    if (key == Key::Cgroup)
        one.cgroup = all.cgroup;
    if (key == Key::Unit)
        one.unit = all.unit;
    if (key == Key::Exe)
        one.exe = all.exe;
    if (key == Key::Parent)
        one.parent = all.parent;
    if (key == Key::Ancestor)
        one.ancestor = all.ancestor;
    if (key == Key::Cmdline)
        one.cmdline = all.cmdline;
    return one;
}

/// What a reason must begin with, told once more by what the keys mean.
std::string expected_beginning(const Rule& rule, const Snapshot& process) {
    static const std::vector<std::string> kNames = {"name", "user",   "cgroup",   "unit",
                                                    "exe",  "parent", "ancestor", "cmdline"};
    for (const Key key : kKeys) {
        if (!hold(only(key, rule.match), process))
            return kNames.at(static_cast<std::size_t>(key)) + " ";
    }
    return rule.except && hold(*rule.except, process) ? "excepted: " : "";
}

TEST_CASE("a rule is explained as it matches, by the first key that does not hold") {
    Dice dice(20264);
    const Vocabulary words;
    int excepted = 0;
    for (int round = 0; round < 20000; ++round) {
        CAPTURE(round);
        const Rule rule = random_rule(dice, words);
        const Snapshot process = random_process(dice);
        const Reason reason = explain(rule, process);
        CHECK(answer(reason.truth) == answer(matches(rule, process)));
        const std::string beginning = expected_beginning(rule, process);
        CHECK((reason.truth.kind == Truth::Kind::Yes) == beginning.empty());
        CHECK(reason.text.starts_with(beginning));
        const bool is_failure = !beginning.empty() && beginning != "excepted: ";
        CHECK((reason.text.find(" is not ") != std::string::npos) == is_failure);
        CHECK_FALSE(find_invalid_utf8(reason.text));
        // What matched was found again.
        CHECK(reason.text.find("one of those") ==
              (is_failure ? reason.text.find("one of those named") : std::string::npos));
        excepted += beginning == "excepted: " ? 1 : 0;
    }
    CHECK(excepted > 100);
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
