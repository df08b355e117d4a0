// SPDX-License-Identifier: MIT
#include "sys/directory.hpp"

#include <set>
#include <string>

#include <fcntl.h>

#include "support/catch.hpp"
#include "support/temp_tree.hpp"

using namespace oomguard;
using namespace oomguard::sys;
using oomguard::test::TempTree;

namespace {

Result<std::set<std::string>> names_in(const std::string& path) {
    std::set<std::string> names;
    const Result<void> listed =
        list_directory(AT_FDCWD, path, [&](const dirent& entry) { names.insert(entry.d_name); });
    if (!listed)
        return listed.error();
    return names;
}

}  // namespace

TEST_CASE("A directory lists all but itself and its parent") {
    const TempTree tree{{"file", ""}, {".hidden", ""}, {"...", ""}, {"sub/file", ""}};
    CHECK(*names_in(tree.path()) == std::set<std::string>{"...", ".hidden", "file", "sub"});
    CHECK(names_in(tree.path("sub"))->size() == 1);
}

TEST_CASE("A directory that cannot be listed is an error of its path") {
    const TempTree tree{{"file", ""}};
    CHECK(names_in(tree.path("none")).error().message() ==
          "list " + tree.path("none") + ": No such file or directory");
    CHECK(names_in(tree.path("file")).error().message() ==
          "list " + tree.path("file") + ": Not a directory");
}
