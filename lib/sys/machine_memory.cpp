// SPDX-License-Identifier: MIT
#include "sys/machine_memory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "sys/file.hpp"

namespace oomguard::sys {
namespace {

/// The number behind "KEY:" at the beginning of a line, which is in kilobytes.
std::optional<std::uint64_t> kilobytes_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(key) || line.substr(key.size(), 1) != ":")
            continue;
        line.remove_prefix(key.size() + 1);
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
        std::uint64_t number = 0;
        if (std::from_chars(line.data(), line.data() + line.size(), number).ec != std::errc())
            return std::nullopt;
        return number * 1024;
    }
    return std::nullopt;
}

}  // namespace

Result<MachineMemory> machine_memory() {
    struct sysinfo info {};
    if (::sysinfo(&info) != 0)
        return errno_error(errno, "sysinfo");
    const std::uint64_t unit = info.mem_unit;
    return MachineMemory{info.totalram * unit, info.totalswap * unit};
}

std::optional<MemoryInfo> parse_meminfo(std::string_view text) {
    const auto total = kilobytes_of(text, "MemTotal");
    const auto available = kilobytes_of(text, "MemAvailable");
    const auto swap_total = kilobytes_of(text, "SwapTotal");
    const auto swap_free = kilobytes_of(text, "SwapFree");
    if (!total || !available || !swap_total || !swap_free)
        return std::nullopt;
    return MemoryInfo{*total, *available, *swap_total, *swap_free};
}

Result<MemoryInfo> read_memory_info() {
    std::array<char, 4096> buffer;
    const auto text = read_once(AT_FDCWD, "/proc/meminfo", buffer);
    if (!text)
        return text.error();
    const auto info = parse_meminfo(*text);
    if (!info)
        return errno_error(EINVAL, "parse /proc/meminfo");
    return *info;
}

std::uint64_t page_size() {
    return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace oomguard::sys
