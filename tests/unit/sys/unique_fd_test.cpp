// SPDX-License-Identifier: MIT
#include "sys/unique_fd.hpp"

#include <filesystem>
#include <iterator>

#include <fcntl.h>

#include "support/catch.hpp"

using namespace oomguard::sys;

namespace {

auto open_descriptors() {
    const std::filesystem::directory_iterator entries("/proc/self/fd");
    return std::distance(begin(entries), end(entries));
}

UniqueFd open_null() {
    return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

TEST_CASE("A descriptor is closed at the end of its owner") {
    const auto before = open_descriptors();
    {
        const UniqueFd fd = open_null();
        CHECK(fd);
        CHECK(open_descriptors() == before + 1);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("No descriptor is nothing to close") {
    const UniqueFd none;
    CHECK_FALSE(none);
    CHECK(none.get() == -1);
}

TEST_CASE("Moving hands the descriptor over and leaves none behind") {
    const auto before = open_descriptors();
    UniqueFd first = open_null();
    const int number = first.get();
    const UniqueFd second(std::move(first));
    CHECK(second.get() == number);
    CHECK_FALSE(first);
    CHECK(open_descriptors() == before + 1);
}

TEST_CASE("Assignment closes what was owned before") {
    const auto before = open_descriptors();
    UniqueFd target = open_null();
    UniqueFd source = open_null();
    const int number = source.get();
    target = std::move(source);
    CHECK(target.get() == number);
    CHECK_FALSE(source);
    CHECK(open_descriptors() == before + 1);
}

TEST_CASE("Assignment of a descriptor to itself keeps it open") {
    const auto before = open_descriptors();
    UniqueFd fd = open_null();
    UniqueFd& same = fd;
    fd = std::move(same);
    CHECK(fd);
    CHECK(open_descriptors() == before + 1);
}

TEST_CASE("A released descriptor is another's to close") {
    const auto before = open_descriptors();
    int number = -1;
    {
        UniqueFd fd = open_null();
        number = fd.release();
        CHECK_FALSE(fd);
    }
    CHECK(open_descriptors() == before + 1);
    ::close(number);
}
