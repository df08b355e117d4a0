// SPDX-License-Identifier: MIT
#include "daemon/oomd_text.hpp"

#include <cerrno>

#include "support/catch.hpp"

namespace oomguard::daemon {
namespace {

using State = OomdKeeper::Kept::State;

std::string text(State state, const std::string& reason = {}, const OomdSurroundings& around = {}) {
    OomdKeeper::Kept kept;
    kept.preference = OomdPreference::Omit;
    kept.rule = "job";
    kept.state = state;
    kept.reason = reason;
    return oomd_text("/a b.scope", kept, around);
}

}  // namespace

TEST_CASE("What systemd-oomd is told of a cgroup is one sentence") {
    CHECK(text(State::Marked) == "systemd-oomd is told to omit /a b.scope, by rule 'job'");
    CHECK(text(State::DryRun) == "systemd-oomd would be told to omit /a b.scope, by rule 'job'");
    CHECK(text(State::Unfit, "it is a slice") ==
          "systemd-oomd cannot be told to omit /a b.scope, by rule 'job': it is a slice");
    CHECK(text(State::Failed, "write x: No\n") ==
          R"(systemd-oomd cannot be told to omit /a b.scope, by rule 'job': write x: No\n)");
    OomdKeeper::Kept kept;
    kept.preference = OomdPreference::Avoid;
    kept.rule = "job";
    kept.was_there = true;
    CHECK(oomd_text("/a", kept, {}) ==
          "systemd-oomd has been told by someone else to avoid /a, as rule 'job' wants");
}

TEST_CASE("Who else is spared is named, the first few of many, and where it is ignored is told") {
    CHECK(text(State::Marked, {}, {{"'bash' (pid 2)"}, 0, "systemd-oomd ignores it"}) ==
          "systemd-oomd is told to omit /a b.scope, by rule 'job'; others in it are spared too: "
          "'bash' (pid 2); systemd-oomd ignores it");
    CHECK(text(State::Marked, {}, {{"1", "2"}, 0, ""}) ==
          "systemd-oomd is told to omit /a b.scope, by rule 'job'; others in it are spared too: 1, "
          "2");
    CHECK(text(State::Marked, {}, {{"1", "2"}, 3, ""}) ==
          "systemd-oomd is told to omit /a b.scope, by rule 'job'; others in it are spared too: 1, "
          "2 and 3 more");
}

TEST_CASE("What is taken back is told, and what cannot be") {
    const OomdMark mark{5, OomdPreference::Avoid, std::nullopt, "/a.scope"};
    CHECK(oomd_given_back_text(mark, {}) == "systemd-oomd is no longer told to avoid /a.scope");
    CHECK(oomd_given_back_text(mark, errno_error(EROFS, "write x")) ==
          "cannot take back that systemd-oomd is told to avoid /a.scope: write x: Read-only file "
          "system");
}

}  // namespace oomguard::daemon
