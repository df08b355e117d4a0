// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/match.hpp"
#include "core/rule.hpp"
#include "core/rule_set.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

// What the tests of the core build their rules and snapshots with.
namespace oomguard {

inline Pattern glob(std::string_view text, Pattern::Kind kind = Pattern::Kind::Text) {
    const auto made = Pattern::glob(text, kind);
    INFO("glob " << text);
    REQUIRE(made);
    return *made;
}

inline Pattern path_glob(std::string_view text) {
    return glob(text, Pattern::Kind::Path);
}

inline Pattern regex(std::string_view text) {
    const auto made = Pattern::regex(text);
    INFO("regex " << text);
    REQUIRE(made);
    return *made;
}

inline Principal user(Uid uid) {
    return {Principal::Kind::User, uid};
}

inline Principal group(Gid gid) {
    return {Principal::Kind::Group, gid};
}

/// Criteria whose keys can be named one by one: g++ warns of those that Criteria leaves out.
struct Keys {
    std::vector<Pattern> name = {};
    std::vector<Pattern> cmdline = {};
    std::vector<Pattern> exe = {};
    std::vector<Pattern> cgroup = {};
    std::vector<Pattern> unit = {};
    std::vector<Pattern> parent = {};
    std::vector<Pattern> ancestor = {};
    std::optional<std::vector<Principal>> user = {};

    [[nodiscard]] Criteria criteria() const {
        return {name, cmdline, exe, cgroup, unit, parent, ancestor, user};
    }
};

inline Rule rule_of(const Keys& match) {
    Rule rule;
    rule.match = match.criteria();
    return rule;
}

inline Rule rule_of(const Keys& match, const Keys& except) {
    Rule rule = rule_of(match);
    rule.except = std::make_shared<const Criteria>(except.criteria());
    return rule;
}

/// A process of which nothing but the first block of the snapshot was read.
inline Snapshot bare(std::string_view comm) {
    Snapshot snapshot;
    snapshot.id = {4711, 1000};
    snapshot.comm = comm;
    return snapshot;
}

inline void set_credentials(Snapshot& snapshot, Uid uid, std::vector<Gid> groups) {
    snapshot.uid = uid;
    snapshot.groups = std::move(groups);
    snapshot.mark(Field::Credentials);
}

inline void set_cgroup(Snapshot& snapshot, std::string_view cgroup) {
    snapshot.cgroup = cgroup;
    snapshot.mark(Field::Cgroup);
}

inline void set_exe(Snapshot& snapshot, std::string_view exe) {
    snapshot.exe = exe;
    snapshot.mark(Field::Exe);
}

inline void set_parent(Snapshot& snapshot, Program parent) {
    snapshot.ancestors = {std::move(parent)};
    snapshot.mark(Field::Parent);
}

inline void set_ancestors(Snapshot& snapshot, std::vector<Program> ancestors) {
    snapshot.ancestors = std::move(ancestors);
    snapshot.mark(Field::Parent);
    snapshot.mark(Field::Ancestors);
}

/// The bytes of /proc/PID/cmdline: a NUL after each argument.
inline std::string argument_bytes(const std::vector<std::string>& arguments) {
    std::string bytes;
    for (const std::string& argument : arguments)
        bytes += argument + '\0';
    return bytes;
}

inline void set_arguments(Snapshot& snapshot, const std::vector<std::string>& arguments) {
    set_cmdline(snapshot, argument_bytes(arguments));
}

inline std::string name_of(Field field) {
    switch (field) {
        case Field::Credentials:
            return "Credentials";
        case Field::Cgroup:
            return "Cgroup";
        case Field::Exe:
            return "Exe";
        case Field::Owners:
            return "Owners";
        case Field::Parent:
            return "Parent";
        case Field::Ancestors:
            return "Ancestors";
        case Field::MemoryLimit:
            return "MemoryLimit";
        case Field::Memory:
            return "Memory";
        case Field::Cmdline:
            return "Cmdline";
    }
    return "?";
}

/// "yes", "no" or "needs FIELD".
inline std::string answer(const Truth& truth) {
    switch (truth.kind) {
        case Truth::Kind::No:
            return "no";
        case Truth::Kind::Yes:
            return "yes";
        case Truth::Kind::Unknown:
            break;
    }
    return "needs " + name_of(truth.needed);
}

/// "rule INDEX", "unmatched" or "needs FIELD".
inline std::string answer(const Verdict& verdict) {
    switch (verdict.kind) {
        case Verdict::Kind::Unmatched:
            return "unmatched";
        case Verdict::Kind::Matched:
            return "rule " + std::to_string(verdict.rule);
        case Verdict::Kind::Needs:
            break;
    }
    return "needs " + name_of(verdict.needed);
}

}  // namespace oomguard
