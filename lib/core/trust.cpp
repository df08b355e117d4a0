// SPDX-License-Identifier: MIT
#include "core/trust.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/scan.hpp"

namespace oomguard {
namespace {

/// What a unit of users is called, with what every such unit begins with before the "*".
constexpr std::array<std::string_view, 17> kUnitsOfUsers = {
    "user@*",          "session-*",      "getty@*",          "serial-getty@*", "cron.service",
    "crond.service",   "cronie.service", "atd.service",      "ssh.service",    "ssh@*",
    "sshd.service",    "sshd@*",         "dropbear.service", "dropbear@*",     "gdm.service",
    "lightdm.service", "sddm.service"};

/// Of each kind that a pattern may mean by mistake.
constexpr std::array<std::string_view, 3> kExamplesOfUsers = {
    "user@1000.service", "session-1.scope", "session-c1.scope"};

constexpr std::string_view kUsersTop = "/user.slice";
constexpr std::string_view kUserSlice = "/user.slice/user-";

/// Whether the pattern says where in the system a process is, instead of fitting sessions and
/// managers of users too.
bool names_unit(const Pattern& unit) {
    return std::none_of(kExamplesOfUsers.begin(), kExamplesOfUsers.end(),
                        [&](std::string_view one) { return unit.matches(one); }) &&
           !unit.text().starts_with("user@") && !unit.text().starts_with("session-");
}

/// Below one cgroup at the top, which is not the one of the users.
bool names_cgroup(const Pattern& cgroup) {
    std::string top = cgroup.text().substr(0, cgroup.text().find('/', 1));
    std::erase(top, '\\');
    return top.size() > 1 && top.front() == '/' && top != kUsersTop &&
           top.find_first_of("*?[({|+") == std::string::npos;
}

template <typename Names>
bool all_name(const Patterns& patterns, Names names) {
    return !patterns.empty() && std::all_of(patterns.begin(), patterns.end(), names);
}

template <typename Names>
bool any_names(const Patterns& patterns, std::string_view text, Names names) {
    return !text.empty() &&
           std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& pattern) {
               return names(pattern) && pattern.matches(text);
           });
}

bool has_top(std::string_view cgroup, std::string_view top) {
    return cgroup.starts_with(top) && (cgroup.size() == top.size() || cgroup[top.size()] == '/');
}

/// How many parts the path has: 2 of "/system.slice/cron.service", none of "/".
std::size_t depth_of(std::string_view path) {
    return path.size() <= 1 ? 0
                            : static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}

/// Of the path, the beginning that ends with the part `unit`.
std::size_t depth_of_unit(std::string_view cgroup, std::string_view unit) {
    const auto end = static_cast<std::size_t>(unit.data() - cgroup.data()) + unit.size();
    return depth_of(cgroup.substr(0, end));
}

/// Whether no user can have made the first `depth` parts of the cgroup's path.
bool are_made_by_system(const Snapshot& snapshot, std::size_t depth,
                        const SystemAccounts& accounts) {
    const auto& owners = snapshot.cgroup_owners;
    return owners.size() >= depth &&
           std::all_of(owners.begin(), owners.begin() + static_cast<std::ptrdiff_t>(depth),
                       [&](Uid owner) { return accounts.includes(owner); });
}

Truth truth(bool holds) {
    return {holds ? Truth::Kind::Yes : Truth::Kind::No};
}

/// Whether it is below the slice of a user (user-1000.slice): all there was started by him, also
/// what has become another since, as sudo becomes root before it looks at what he may. A cgroup
/// that is too deep to be read is one of a user's making.
bool is_place_of_user(std::string_view cgroup, const SystemAccounts& accounts) {
    if (cgroup.empty())
        return true;
    if (!cgroup.starts_with(kUserSlice))
        return false;
    cgroup.remove_prefix(kUserSlice.size());
    const auto uid = take_number<Uid>(cgroup);
    return !uid || !cgroup.starts_with(".slice") || !accounts.includes(*uid);
}

bool names_place(const Criteria& match) {
    return !match.unit.empty() || !match.cgroup.empty();
}

Truth place_is_trusted(const Criteria& match, const Snapshot& snapshot,
                       const SystemAccounts& accounts) {
    if (!names_place(match))
        return truth(false);
    if (!snapshot.has(Field::Cgroup))
        return {Truth::Kind::Unknown, Field::Cgroup};
    const std::string_view cgroup = snapshot.cgroup;
    const std::string_view unit = system_unit(cgroup);
    const bool has_unit = any_names(match.unit, unit, names_unit);
    const bool has_cgroup = any_names(match.cgroup, cgroup, names_cgroup);
    if ((!has_unit && !has_cgroup) || has_top(cgroup, kUsersTop) || is_unit_of_users(unit))
        return truth(false);
    if (!snapshot.has(Field::Owners))
        return {Truth::Kind::Unknown, Field::Owners};
    return truth(
        (has_unit && are_made_by_system(snapshot, depth_of_unit(cgroup, unit), accounts)) ||
        (has_cgroup && are_made_by_system(snapshot, depth_of(cgroup), accounts)));
}

}  // namespace

bool SystemAccounts::includes(Uid uid) const {
    return uid < limit &&
           std::none_of(subordinate.begin(), subordinate.end(), [&](const Range& range) {
               return uid >= range.first && uid - range.first < range.count;
           });
}

bool is_unit_of_users(std::string_view unit) {
    return std::any_of(kUnitsOfUsers.begin(), kUnitsOfUsers.end(), [&](std::string_view one) {
        if (!one.ends_with('*'))
            return unit == one;
        one.remove_suffix(1);
        return unit.starts_with(one);
    });
}

Truth may_protect(const Rule& rule, const Snapshot& snapshot, const SystemAccounts& accounts) {
    if (rule.trust == Trust::Any)
        return truth(true);
    if (!snapshot.has(Field::Credentials))
        return {Truth::Kind::Unknown, Field::Credentials};
    if (!accounts.includes(snapshot.uid))
        return rule.match.user ? truth(true) : place_is_trusted(rule.match, snapshot, accounts);
    if (!snapshot.has(Field::Cgroup))
        return {Truth::Kind::Unknown, Field::Cgroup};
    return truth(!is_place_of_user(snapshot.cgroup, accounts));
}

bool may_protect_users(const Rule& rule) {
    return rule.trust == Trust::Any || rule.match.user || all_name(rule.match.unit, names_unit) ||
           all_name(rule.match.cgroup, names_cgroup);
}

std::string why_not_protected(const Rule& rule, const Snapshot& snapshot,
                              const SystemAccounts& accounts, const Telling& telling) {
    const Principal own{Principal::Kind::User, snapshot.uid};
    const std::string user = "user " + name_of(own, telling);
    if (accounts.includes(snapshot.uid))
        return user + " is a system account, but cgroup " + in_quotes(snapshot.cgroup) +
               " is a user's, who may become another there: run it as a system service, or add "
               "trust: any";
    std::string text = user + " is neither named by the rule nor a system account, and ";
    text += names_place(rule.match)
                ? "cgroup " + in_quotes(snapshot.cgroup) +
                      " is not known to be out of the reach of users"
                : "anyone can run a program under any name and with any arguments";
    return text + ": add user: or unit:, or trust: any";
}

}  // namespace oomguard
