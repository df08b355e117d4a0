// SPDX-License-Identifier: MIT
#include "sys/accounts.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <grp.h>
#include <pwd.h>

namespace oomguard::sys {

namespace {

/// Calls one of the get..._r functions with a buffer that grows until the entry fits, and hands
/// the entry, if there is one, to `use` while the buffer lives. `lookup(entry, buffer, size,
/// &found)` answers 0 or an errno.
template <typename Entry, typename Lookup, typename Use>
void with_entry(Lookup lookup, Use use) {
    constexpr std::size_t kFirst = 1024;
    constexpr std::size_t kMost = 16 << 20;  // a group of a hundred thousand members
    for (std::size_t size = kFirst; size <= kMost; size *= 4) {
        std::vector<char> buffer(size);
        Entry entry{};
        Entry* found = nullptr;
        int error = 0;
        do
            error = lookup(&entry, buffer.data(), buffer.size(), &found);
        while (error == EINTR);
        if (error == 0 && found != nullptr)
            use(*found);
        if (error != ERANGE)
            return;
    }
}

}  // namespace

std::optional<Uid> user_id(const std::string& name) {
    std::optional<Uid> id;
    with_entry<passwd>([&](auto... rest) { return ::getpwnam_r(name.c_str(), rest...); },
                       [&](const passwd& user) { id = user.pw_uid; });
    return id;
}

std::optional<Gid> group_id(const std::string& name) {
    std::optional<Gid> id;
    with_entry<group>([&](auto... rest) { return ::getgrnam_r(name.c_str(), rest...); },
                      [&](const group& found) { id = found.gr_gid; });
    return id;
}

std::string user_name(Uid uid) {
    std::string name = std::to_string(uid);
    with_entry<passwd>([&](auto... rest) { return ::getpwuid_r(uid, rest...); },
                       [&](const passwd& user) { name = user.pw_name; });
    return name;
}

std::string group_name(Gid gid) {
    std::string name = std::to_string(gid);
    with_entry<group>([&](auto... rest) { return ::getgrgid_r(gid, rest...); },
                      [&](const group& found) { name = found.gr_name; });
    return name;
}

bool is_member(Uid uid, Gid gid) {
    bool is_one = false;
    with_entry<passwd>(
        [&](auto... rest) { return ::getpwuid_r(uid, rest...); },
        [&](const passwd& user) {
            constexpr std::size_t kFirst = 64;
            std::vector<gid_t> groups(kFirst);
            auto count = static_cast<int>(groups.size());
            // It says how many there are, and gives as many as fit.
            if (::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0) {
                groups.resize(static_cast<std::size_t>(count));
                (void)::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count);
            }
            groups.resize(std::min(groups.size(), static_cast<std::size_t>(count)));
            is_one = std::find(groups.begin(), groups.end(), gid) != groups.end();
        });
    return is_one;
}

}  // namespace oomguard::sys
