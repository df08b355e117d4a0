// SPDX-License-Identifier: MIT
#include "sys/directory.hpp"

#include <cerrno>
#include <memory>
#include <string_view>

#include <fcntl.h>

#include "sys/file.hpp"

namespace oomguard::sys {

namespace {

struct CloseDirectory {
    void operator()(DIR* stream) const { ::closedir(stream); }
};

}  // namespace

Result<void> list_directory(int dir_fd, const std::string& path,
                            const std::function<void(const dirent&)>& each) {
    Result<UniqueFd> directory = open_at(dir_fd, path, O_RDONLY | O_DIRECTORY);
    if (!directory)
        return errno_error(directory.error().code.value(), "list " + path);
    const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(directory->get()));
    if (!stream)
        return errno_error(errno, "list " + path);
    directory->release();  // the stream's now

    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr)
            break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..")
            each(*entry);
    }
    if (errno != 0)
        return errno_error(errno, "list " + path);
    return {};
}

}  // namespace oomguard::sys
