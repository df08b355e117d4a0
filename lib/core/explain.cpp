// SPDX-License-Identifier: MIT
#include "core/explain.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace oomguard {
namespace {

using Words = std::vector<std::string>;

/// Of patterns, users and ancestors, so many are named.
constexpr std::size_t kMostNamed = 3;

/// "a", "a or b", "a, b or c", "a, b, c or 2 others": those given are the first of `count`.
std::string any_of(const Words& first, std::size_t count) {
    std::string text;
    for (std::size_t index = 0; index < first.size(); ++index) {
        if (index > 0)
            text += index + 1 == count ? " or " : ", ";
        text += first[index];
    }
    if (count > first.size())
        text += " or " + counted(count - first.size(), "other");
    return text;
}

/// Names the first of `items`, each by `word`.
template <typename Items, typename Word>
std::string any_of(const Items& items, Word word) {
    Words first;
    for (auto at = items.begin(); at != items.end() && first.size() < kMostNamed; ++at)
        first.push_back(word(*at));
    return any_of(first, items.size());
}

std::string text_of(const Patterns& patterns) {
    return any_of(patterns, [](const Pattern& pattern) { return in_quotes(pattern.text()); });
}

/// A text of the process that patterns are held against.
struct Found {
    std::string_view text;
    bool is_secret = false;
};

const char* name_of(Key key) {
    switch (key) {
        case Key::Name:
            return "name";
        case Key::User:
            return "user";
        case Key::Cgroup:
            return "cgroup";
        case Key::Unit:
            return "unit";
        case Key::Exe:
            return "exe";
        case Key::Parent:
            return "parent";
        case Key::Ancestor:
            return "ancestor";
        case Key::Cmdline:
            break;
    }
    return "cmdline";
}

const Patterns& patterns_of(Key key, const Criteria& criteria) {
    switch (key) {
        case Key::Name:
        case Key::User:
            return criteria.name;
        case Key::Cgroup:
            return criteria.cgroup;
        case Key::Unit:
            return criteria.unit;
        case Key::Exe:
            return criteria.exe;
        case Key::Parent:
            return criteria.parent;
        case Key::Ancestor:
            return criteria.ancestor;
        case Key::Cmdline:
            break;
    }
    return criteria.cmdline;
}

bool is_present(Key key, const Criteria& criteria) {
    return key == Key::User ? criteria.user.has_value() : !patterns_of(key, criteria).empty();
}

class Teller {
  public:
    Teller(const Snapshot& snapshot, const Telling& telling)
        : snapshot_(snapshot), telling_(telling) {}

    /// The key, which is present and does not hold.
    [[nodiscard]] std::string failure(Key key, const Criteria& criteria) const {
        std::string text = name_of(key);
        if (key == Key::User)
            return text + " " + own_user() + " is not " + users(*criteria.user);
        Words shown;
        std::size_t count = 0;
        bool has_secret = false;
        for (const Found& found : texts(key)) {
            if (found.is_secret) {
                has_secret = true;
                continue;
            }
            if (++count <= kMostNamed)
                shown.push_back(in_quotes(found.text));
        }
        if (count > 0)
            text += " " + any_of(shown, count);
        else if (!has_secret)
            text += key == Key::Exe || key == Key::Cgroup ? " (unreadable)" : " (none)";
        return text + " is not " + text_of(patterns_of(key, criteria));
    }

    /// The key, which is present and holds.
    [[nodiscard]] std::string success(Key key, const Criteria& criteria) const {
        std::string text = name_of(key);
        if (key == Key::User)
            return text + " " + own_user() + " is " + principal_met(*criteria.user);
        const Patterns& patterns = patterns_of(key, criteria);
        for (const Found& found : texts(key)) {
            const auto met =
                std::find_if(patterns.begin(), patterns.end(),
                             [&](const Pattern& pattern) { return pattern.matches(found.text); });
            if (met == patterns.end())
                continue;
            if (found.is_secret)
                break;
            return text + " " + in_quotes(found.text) + " is " + in_quotes(met->text());
        }
        return text + " is one of those";
    }

    [[nodiscard]] std::string successes(const Criteria& criteria) const {
        std::string text;
        for (const Key key : kKeys) {
            if (is_present(key, criteria))
                text += (text.empty() ? "" : ", ") + success(key, criteria);
        }
        return text.empty() ? "every process" : text;
    }

  private:
    /// What the key looks at, as match.cpp does.
    [[nodiscard]] std::vector<Found> texts(Key key) const {
        const bool hides = telling_.executables == Telling::Executables::Nobodys;
        std::vector<Found> found;
        switch (key) {
            case Key::Name:
                found.push_back({snapshot_.comm});
                add_distinct(found, {executable_name(snapshot_.exe), hides});
                if (may_be_cut(snapshot_))
                    add_distinct(found, {snapshot_.script_name});
                break;
            case Key::User:
                break;
            case Key::Cgroup:
                add_distinct(found, {snapshot_.cgroup});
                break;
            case Key::Unit:
                add_distinct(found, {system_unit(snapshot_.cgroup)});
                break;
            case Key::Exe:
                add_distinct(found, {executable_path(snapshot_.exe), hides});
                break;
            case Key::Parent:
            case Key::Ancestor:
                for (const Program& one : ancestors(key)) {
                    const bool is_all = telling_.executables == Telling::Executables::All;
                    add_distinct(found, {one.comm});
                    add_distinct(found, {one.exe_name, !is_all});
                }
                break;
            case Key::Cmdline:
                found.push_back({snapshot_.cmdline});
                break;
        }
        return found;
    }

    static void add_distinct(std::vector<Found>& found, const Found& more) {
        const bool is_new = std::none_of(found.begin(), found.end(),
                                         [&](const Found& one) { return one.text == more.text; });
        if (is_new && !more.text.empty())
            found.push_back(more);
    }

    [[nodiscard]] std::span<const Program> ancestors(Key key) const {
        const std::span<const Program> all(snapshot_.ancestors);
        return key == Key::Parent ? all.first(std::min<std::size_t>(all.size(), 1)) : all;
    }

    [[nodiscard]] std::string name_of_principal(const Principal& one) const {
        return name_of(one, telling_);
    }

    [[nodiscard]] std::string own_user() const {
        return name_of_principal({Principal::Kind::User, snapshot_.uid});
    }

    [[nodiscard]] std::string users(const std::vector<Principal>& principals) const {
        if (principals.empty())
            return "one of those named, whom this machine does not have";
        return any_of(principals, [&](const Principal& one) { return name_of_principal(one); });
    }

    [[nodiscard]] std::string principal_met(const std::vector<Principal>& principals) const {
        const auto& groups = snapshot_.groups;
        const auto met =
            std::find_if(principals.begin(), principals.end(), [&](const Principal& one) {
                return one.kind == Principal::Kind::User
                           ? one.id == snapshot_.uid
                           : std::find(groups.begin(), groups.end(), one.id) != groups.end();
            });
        return met == principals.end() ? "one of those" : name_of_principal(*met);
    }

    const Snapshot& snapshot_;
    const Telling& telling_;
};

std::optional<Key> first_failure(const Criteria& criteria, const Snapshot& snapshot) {
    const auto failed = std::find_if(kKeys.begin(), kKeys.end(), [&](Key key) {
        return holds(key, criteria, snapshot).kind == Truth::Kind::No;
    });
    return failed == kKeys.end() ? std::nullopt : std::optional(*failed);
}

}  // namespace

std::string name_of(const Principal& one, const Telling& telling) {
    if (telling.name_of)
        return printable(telling.name_of(one));
    return (one.kind == Principal::Kind::Group ? "%" : "") + std::to_string(one.id);
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kLongest = 120;
    const bool is_cut = text.size() > kLongest;
    if (is_cut) {
        text = text.substr(0, kLongest);
        // Not in the middle of a character, which would be shown as bytes.
        constexpr std::size_t kLongestCharacter = 4;
        const auto stray = find_invalid_utf8(text);
        if (stray && *stray + kLongestCharacter > kLongest)
            text = text.substr(0, *stray);
    }
    std::string out = "\"";
    for (const char byte : printable(text)) {
        if (byte == '"')
            out += '\\';
        out += byte;
    }
    return out + (is_cut ? "\"..." : "\"");
}

Reason explain(const Rule& rule, const Snapshot& snapshot, const Telling& telling) {
    const Truth truth = matches(rule, snapshot);
    const Teller teller(snapshot, telling);
    if (truth.kind == Truth::Kind::Unknown)
        return {truth, {}};
    if (truth.kind == Truth::Kind::Yes)
        return {truth, teller.successes(rule.match)};
    if (const auto failed = first_failure(rule.match, snapshot))
        return {truth, teller.failure(*failed, rule.match)};
    return {truth, explain_exception(rule, snapshot, telling)};
}

std::string explain_exception(const Rule& rule, const Snapshot& snapshot, const Telling& telling) {
    return "excepted: " + Teller(snapshot, telling).successes(*rule.except);
}

}  // namespace oomguard
