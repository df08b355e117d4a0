// SPDX-License-Identifier: MIT
#include "sys/machine_memory.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "sys/file.hpp"

namespace oomguard::sys {

Result<MachineMemory> machine_memory() {
    struct sysinfo info {};
    if (::sysinfo(&info) != 0)
        return errno_error(errno, "sysinfo");
    const std::uint64_t unit = info.mem_unit;
    return MachineMemory{info.totalram * unit, info.totalswap * unit};
}

Result<std::string> read_meminfo() {
    constexpr std::size_t kLimit = 65'536;
    return read_at(AT_FDCWD, "/proc/meminfo", kLimit);
}

std::uint64_t page_size() {
    return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace oomguard::sys
