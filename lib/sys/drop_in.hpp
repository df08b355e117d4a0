// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/source_file.hpp"

namespace oomguard::sys {

/// Files that are read in place of all of a name: their paths by that name.
using StandIns = std::map<std::string, std::string>;

/// Reads the *.yaml files of several directories, as systemd reads drop-ins: all names together in
/// byte order; a file replaces those of the same name in later directories; an empty file or a
/// link to /dev/null only masks them and is left out here. Names that start with a dot are passed
/// over. A directory that does not exist is empty. What cannot be read (a directory or a fifo
/// with the name of a file, no permission, more than `size_limit` bytes, a directory that cannot
/// be listed, one that others than root and the caller may write: see trusted_file.hpp) is in the
/// answer with its failure, never left out. What stands in may be anyone's. Never blocks.
[[nodiscard]] std::vector<SourceFile> read_drop_ins(const std::vector<std::string>& directories,
                                                    std::size_t size_limit,
                                                    const StandIns& stand_ins = {});

/// Whether a file of that name is read.
[[nodiscard]] bool is_drop_in_name(std::string_view name);

}  // namespace oomguard::sys
