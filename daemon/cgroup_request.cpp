// SPDX-License-Identifier: MIT
#include "daemon/cgroup_request.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "core/text.hpp"

namespace oomguard::daemon {
namespace {

CgroupOrder none(const std::string& cgroup, const std::string& why) {
    return {{}, "no cgroup " + printable(cgroup) + ": " + why};
}

bool is_not_there(const Error& error) {
    constexpr std::array kCodes = {std::errc::no_such_file_or_directory, std::errc::not_a_directory,
                                   std::errc::no_such_device, std::errc::filename_too_long};
    return std::any_of(kCodes.begin(), kCodes.end(),
                       [&](std::errc code) { return error.code == code; });
}

/// What was meant, where that is easy to tell.
std::string why_not_there(const std::string& mount, const std::string& cgroup) {
    if (cgroup.starts_with(mount + "/"))
        return "a path in the tree is meant, " + printable(cgroup.substr(mount.size()));
    return "there is none in the tree at " + printable(mount) +
           "; systemd-cgls shows those there are";
}

}  // namespace

Result<std::string> checked_cgroup(const std::string& path) {
    if (!path.starts_with('/'))
        return errno_error(EINVAL, "its path begins with \"/\"");
    std::string checked;
    std::string_view rest = path;
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view component = rest.substr(0, rest.find('/'));
        rest.remove_prefix(component.size());
        if (component == "..")
            return errno_error(EINVAL, "its path has no \"..\"");
        if (!component.empty() && component != ".")
            checked.append("/").append(component);
    }
    return checked;
}

Result<CgroupOrder> kill_order_of(const Guard& guard, const sys::Procfs& procfs,
                                  const Result<std::string>& mount, const std::string& cgroup,
                                  std::size_t most) {
    const auto checked = checked_cgroup(cgroup);
    if (!checked)
        return none(cgroup, checked.error().context);
    if (!mount)
        return none(cgroup, "this machine has no cgroup v2 tree");
    auto order = kill_order_in(guard, procfs, *mount, *checked, most);
    if (order)
        return CgroupOrder{*std::move(order), {}};
    if (is_not_there(order.error()))
        return none(cgroup, why_not_there(*mount, *checked));
    return order.error();
}

}  // namespace oomguard::daemon
