// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace oomguard::test {

/// A directory of a test's own, removed with all it holds at the end:
///     TempTree tree{{"1/stat", "1 (init) S ..."}, {"2/", ""}};
/// A path that ends in '/' is an empty directory.
class TempTree {
  public:
    TempTree(std::initializer_list<std::pair<std::string, std::string>> files = {})
        : root_((std::filesystem::temp_directory_path() / "oomguard-test-XXXXXX").string()) {
        if (::mkdtemp(root_.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), root_);
        for (const auto& [name, content] : files)
            write(name, content);
    }
    TempTree(const TempTree&) = delete;
    TempTree& operator=(const TempTree&) = delete;
    ~TempTree() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    [[nodiscard]] const std::string& path() const { return root_; }
    [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }

    void write(const std::string& name, const std::string& content) const {
        const std::filesystem::path file = path(name);
        std::filesystem::create_directories(file.parent_path());
        if (!name.ends_with('/') && !(std::ofstream(file, std::ios::binary) << content))
            throw std::runtime_error("cannot write " + file.string());
    }

    void link(const std::string& name, const std::string& target) const {
        std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
        std::filesystem::create_symlink(target, path(name));
    }

    void remove(const std::string& name) const { std::filesystem::remove_all(path(name)); }

    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

  private:
    std::string root_;
};

}  // namespace oomguard::test
