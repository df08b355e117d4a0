// SPDX-License-Identifier: MIT
#include "core/oomd.hpp"

#include "support/catch.hpp"

namespace oomguard {

TEST_CASE("Of two preferences the one that spares more is the greater") {
    CHECK(OomdPreference::None < OomdPreference::Avoid);
    CHECK(OomdPreference::Avoid < OomdPreference::Omit);
}

TEST_CASE("The version of systemd is the number that its text begins with") {
    CHECK(systemd_version_of("252.39-1~deb12u1") == 252);
    CHECK(systemd_version_of("257") == 257);
    for (const char* text : {"", "v257", "-1", " 257", "99999999999"})
        CHECK_FALSE(systemd_version_of(text));
}

TEST_CASE("systemd-oomd knows no preferences before version 248") {
    const std::string text = "systemd-oomd of version 247 knows no preferences, they came with 248";
    for (const bool is_roots : {true, false}) {
        CHECK(why_oomd_ignores({.is_roots = is_roots, .has_swap = false, .systemd_version = 247}) ==
              text);
        CHECK(why_oomd_ignores({.is_roots = is_roots, .has_swap = true, .systemd_version = 247}) ==
              text);
    }
}

TEST_CASE("systemd-oomd honours a preference on a cgroup of root since version 248") {
    for (const bool has_swap : {true, false}) {
        for (const unsigned version : {248U, 251U, 252U, 257U})
            CHECK(why_oomd_ignores(
                      {.is_roots = true, .has_swap = has_swap, .systemd_version = version}) == "");
        CHECK(why_oomd_ignores({.is_roots = true, .has_swap = has_swap}) == "");
    }
}

TEST_CASE("systemd-oomd before version 252 ignores a preference on a cgroup of a user") {
    for (const unsigned version : {248U, 251U})
        CHECK(
            why_oomd_ignores({.is_roots = false, .has_swap = false, .systemd_version = version}) ==
            "systemd-oomd of version " + std::to_string(version) +
                " ignores it, as the cgroup is not root's: run the program as a system service");
}

TEST_CASE("systemd-oomd ignores a preference on a cgroup of a user where it kills for swap") {
    const std::string text =
        "systemd-oomd ignores it when it kills because swap is full, as the cgroup is not root's: "
        "run the program as a system service where ManagedOOMSwap=kill is set";
    CHECK(why_oomd_ignores({.is_roots = false, .has_swap = true, .systemd_version = 252}) == text);
    CHECK(why_oomd_ignores({.is_roots = false, .has_swap = true}) == text);
    CHECK(why_oomd_ignores({.is_roots = false, .has_swap = false, .systemd_version = 252}) == "");
    CHECK(why_oomd_ignores({.is_roots = false, .has_swap = false}) == "");
}

}  // namespace oomguard
