// SPDX-License-Identifier: MIT
#include "core/match.hpp"

#include <algorithm>
#include <string_view>

namespace oomguard {
namespace {

Truth yes() {
    return {Truth::Kind::Yes};
}

Truth no() {
    return {Truth::Kind::No};
}

Truth unknown(Field needed) {
    return {Truth::Kind::Unknown, needed};
}

Truth truth(bool holds) {
    return holds ? yes() : no();
}

Truth operator!(const Truth& operand) {
    if (operand.kind == Truth::Kind::Unknown)
        return operand;
    return truth(operand.kind == Truth::Kind::No);
}

/// False if either is; else unknown if either is, by the cheaper field.
Truth operator&(const Truth& a, const Truth& b) {
    if (a.kind == Truth::Kind::No || b.kind == Truth::Kind::Yes)
        return a;
    if (b.kind == Truth::Kind::No || a.kind == Truth::Kind::Yes)
        return b;
    return unknown(std::min(a.needed, b.needed));
}

bool any_matches(const Patterns& patterns, const Program& program) {
    return any_matches(patterns, program.comm) ||
           (!program.exe_name.empty() && any_matches(patterns, program.exe_name));
}

/// True if one of the patterns could match a name that starts with `comm`, other than `comm`.
bool may_match_longer(const Patterns& patterns, std::string_view comm) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const Pattern& pattern) { return pattern.may_match_longer(comm); });
}

Truth name_holds(const Patterns& patterns, const Snapshot& snapshot) {
    if (patterns.empty() || any_matches(patterns, snapshot.comm))
        return yes();
    if (!snapshot.has(Field::Exe))
        return unknown(Field::Exe);
    const std::string_view exe_name = executable_name(snapshot.exe);
    if (!exe_name.empty() && any_matches(patterns, exe_name))
        return yes();
    if (!may_be_cut(snapshot) || !may_match_longer(patterns, snapshot.comm))
        return no();
    if (!snapshot.has(Field::Cmdline))
        return unknown(Field::Cmdline);
    return truth(!snapshot.script_name.empty() && any_matches(patterns, snapshot.script_name));
}

Truth user_holds(const std::optional<std::vector<Principal>>& principals,
                 const Snapshot& snapshot) {
    if (!principals)
        return yes();
    if (principals->empty())
        return no();
    if (!snapshot.has(Field::Credentials))
        return unknown(Field::Credentials);
    return truth(std::any_of(principals->begin(), principals->end(), [&](const Principal& one) {
        if (one.kind == Principal::Kind::User)
            return one.id == snapshot.uid;
        const auto& groups = snapshot.groups;
        return std::find(groups.begin(), groups.end(), one.id) != groups.end();
    }));
}

/// A key on one text; what could not be read matches nothing.
Truth text_holds(const Patterns& patterns, const Snapshot& snapshot, Field field,
                 std::string_view text) {
    if (patterns.empty())
        return yes();
    if (!snapshot.has(field))
        return unknown(field);
    const bool unreadable = text.empty() && field != Field::Cmdline;
    return truth(!unreadable && any_matches(patterns, text));
}

Truth parent_holds(const Patterns& patterns, const Snapshot& snapshot) {
    if (patterns.empty())
        return yes();
    if (!snapshot.has(Field::Parent) && !snapshot.has(Field::Ancestors))
        return unknown(Field::Parent);
    return truth(!snapshot.ancestors.empty() && any_matches(patterns, snapshot.ancestors.front()));
}

Truth ancestor_holds(const Patterns& patterns, const Snapshot& snapshot) {
    if (patterns.empty())
        return yes();
    const bool all_known = snapshot.has(Field::Ancestors);
    if (!all_known && !snapshot.has(Field::Parent))
        return unknown(Field::Ancestors);
    const bool holds = std::any_of(snapshot.ancestors.begin(), snapshot.ancestors.end(),
                                   [&](const Program& one) { return any_matches(patterns, one); });
    return holds || all_known ? truth(holds) : unknown(Field::Ancestors);
}

inline Truth key_holds(Key key, const Criteria& criteria, const Snapshot& snapshot) {
    switch (key) {
        case Key::Name:
            return name_holds(criteria.name, snapshot);
        case Key::User:
            return user_holds(criteria.user, snapshot);
        case Key::Cgroup:
            return text_holds(criteria.cgroup, snapshot, Field::Cgroup, snapshot.cgroup);
        case Key::Unit:
            return text_holds(criteria.unit, snapshot, Field::Cgroup, system_unit(snapshot.cgroup));
        case Key::Exe:
            return text_holds(criteria.exe, snapshot, Field::Exe, executable_path(snapshot.exe));
        case Key::Parent:
            return parent_holds(criteria.parent, snapshot);
        case Key::Ancestor:
            return ancestor_holds(criteria.ancestor, snapshot);
        case Key::Cmdline:
            break;
    }
    return text_holds(criteria.cmdline, snapshot, Field::Cmdline, snapshot.cmdline);
}

Truth all_hold(const Criteria& criteria, const Snapshot& snapshot) {
    Truth result = yes();
    for (const Key key : kKeys) {
        result = result & key_holds(key, criteria, snapshot);
        if (result.kind == Truth::Kind::No)
            break;
    }
    return result;
}

}  // namespace

bool may_be_cut(const Snapshot& snapshot) {
    return snapshot.comm.size() == kLongestComm &&
           !executable_name(snapshot.exe).starts_with(snapshot.comm);
}

Truth holds(Key key, const Criteria& criteria, const Snapshot& snapshot) {
    return key_holds(key, criteria, snapshot);
}

Truth excepts(const Rule& rule, const Snapshot& snapshot) {
    return rule.except ? all_hold(*rule.except, snapshot) : no();
}

Truth matches(const Rule& rule, const Snapshot& snapshot) {
    const Truth matched = all_hold(rule.match, snapshot);
    if (matched.kind == Truth::Kind::No || !rule.except)
        return matched;
    return matched & !all_hold(*rule.except, snapshot);
}

}  // namespace oomguard
