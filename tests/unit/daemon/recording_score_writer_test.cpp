// SPDX-License-Identifier: MIT
#include "daemon/recording_score_writer.hpp"

#include <algorithm>

#include <sys/capability.h>

#include "fakes.hpp"
#include "support/catch.hpp"
#include "support/temp_tree.hpp"
#include "sys/capability.hpp"

namespace oomguard::daemon {
namespace {

using oomguard::test::TempTree;

bool is_effective(cap_value_t capability) {
    const cap_t own = ::cap_get_proc();
    cap_flag_value_t value = CAP_CLEAR;
    ::cap_get_flag(own, capability, CAP_EFFECTIVE, &value);
    ::cap_free(own);
    return value == CAP_SET;
}

/// A writer over a real ledger file, and one process to write to.
struct Writing {
    TempTree tree;
    LedgerFile file{tree.path("ledger"), "boot"};
    RecordingScoreWriter writer{file};
    FakeTable table;
    std::unique_ptr<Process> process;
    std::vector<bool> privileged_tries;  // of each write: whether CAP_SYS_RESOURCE was effective

    Writing() {
        REQUIRE(file.open());
        table.start(10, "train", 100);
        process = std::move(*table.open(10));
        table.before = [this](Step step, Pid) {
            if (step == Step::WriteScore)
                privileged_tries.push_back(is_effective(CAP_SYS_RESOURCE));
        };
    }

    /// What would be left on record if the daemon died now.
    [[nodiscard]] std::unordered_map<Pid, Ledger::Entry> on_record() const {
        return parse_ledger(tree.read("ledger"), "boot").entries;
    }
    [[nodiscard]] bool is_on_record(Written written) const {
        const auto entries = on_record();
        const auto found = entries.find(10);
        return found != entries.end() && found->second.written == written &&
               found->second.start_time == table.id(10).start_time;
    }
};

}  // namespace

TEST_CASE("The original is on record before the write") {
    Writing t;
    bool was_on_record = false;
    t.table.before = [&](Step step, Pid) {
        if (step == Step::WriteScore)
            was_on_record = t.is_on_record({100, 500});
    };
    CHECK(t.writer.write(*t.process, std::nullopt, {100, 500}));
    CHECK(was_on_record);
    CHECK(t.table.score(10) == 500);
    CHECK(t.is_on_record({100, 500}));
}

TEST_CASE("After a failed write the record is as it was before") {
    Writing t;
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    CHECK_FALSE(t.writer.write(*t.process, std::nullopt, {100, -500}));
    CHECK(t.on_record().empty());

    t.table.faults.clear();
    CHECK(t.writer.write(*t.process, std::nullopt, {100, 500}));
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    CHECK_FALSE(t.writer.write(*t.process, Written{100, 500}, {100, -500}));
    CHECK(t.is_on_record({100, 500}));

    // A value that was the process's own had no record, but for its floor.
    CHECK_FALSE(t.writer.write(*t.process, Written{100, 100}, {100, -500}));
    CHECK(t.on_record().empty());
    CHECK_FALSE(t.writer.write(*t.process, Written{100, 100, true}, {100, -500, true}));
    CHECK(t.is_on_record({100, 100, true}));
}

TEST_CASE("A restored process is off the record, one that could not be restored is not") {
    Writing t;
    CHECK(t.writer.write(*t.process, std::nullopt, {100, 500}));
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    CHECK_FALSE(t.writer.restore(*t.process, {100, 500}, 100));
    CHECK(t.is_on_record({100, 500}));
    t.table.faults.clear();
    CHECK(t.writer.restore(*t.process, {100, 500}, 100));
    CHECK(t.table.score(10) == 100);
    CHECK(t.on_record().empty());
}

TEST_CASE("A value that was inherited is recorded without a write") {
    Writing t;
    t.writer.record(t.table.id(10), {100, 500});
    CHECK(t.is_on_record({100, 500}));
    CHECK(t.privileged_tries.empty());
    t.writer.forget(t.table.id(10));
    CHECK(t.on_record().empty());
}

TEST_CASE("A process is held though its record cannot be written") {
    Writing t;
    LedgerFile nowhere(t.tree.path("none/ledger"), "boot");
    RecordingScoreWriter writer(nowhere);
    CHECK(writer.write(*t.process, std::nullopt, {100, 500}));
    CHECK(t.table.score(10) == 500);
    CHECK(nowhere.failure());
}

TEST_CASE("CAP_SYS_RESOURCE is in effect for no write that does without it") {
    Writing t;
    CHECK_FALSE(is_effective(CAP_SYS_RESOURCE));
    CHECK(t.writer.write(*t.process, std::nullopt, {100, 500}));
    CHECK(t.writer.restore(*t.process, {100, 500}, 100));
    CHECK(t.privileged_tries == std::vector<bool>{false, false});
}

TEST_CASE("A write that is denied is tried again with CAP_SYS_RESOURCE where there is one") {
    Writing t;
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    const auto done = t.writer.write(*t.process, std::nullopt, {100, -500});
    REQUIRE_FALSE(done);
    CHECK(is_denied(done.error()));
    if (sys::may_use(CAP_SYS_RESOURCE))
        CHECK(t.privileged_tries == std::vector<bool>{false, true});
    else
        CHECK(t.privileged_tries == std::vector<bool>{false});
    CHECK_FALSE(is_effective(CAP_SYS_RESOURCE));
}

TEST_CASE("Any other failure of a write is not tried again") {
    Writing t;
    const int number = GENERATE(ESRCH, EINVAL, EIO);
    t.table.faults[{Step::WriteScore, 10}] = number;
    const auto done = t.writer.write(*t.process, std::nullopt, {100, -500});
    REQUIRE_FALSE(done);
    CHECK(done.error().code.value() == number);
    CHECK(t.privileged_tries.size() == 1);
}

namespace {

/// A writer that may pass the floor of a process, which is as the kernel's.
struct Lowering : Writing {
    RecordingScoreWriter privileged{file, {true, [this](bool on) {
                                               table.is_privileged = on;
                                               return Result<void>();
                                           }}};

    explicit Lowering(int score) {
        table.processes.at(10).score = score;
        table.processes.at(10).floor = std::min(score, 0);
    }

    Written write(const std::optional<Written>& previous, Written next) {
        const auto written = privileged.write(*process, previous, next);
        REQUIRE(written);
        CHECK(table.score(10) == next.value);
        CHECK(is_on_record(*written));
        return *written;
    }
    [[nodiscard]] int floor() const { return table.processes.at(10).floor; }
};

}  // namespace

TEST_CASE("A write lowers the floor only where it goes below") {
    Lowering t(100);
    Written last = t.write(std::nullopt, {100, 500});
    CHECK(last == Written{100, 500});
    last = t.write(last, {100, 0});
    CHECK(last == Written{100, 0});
    CHECK(t.floor() == 0);
    last = t.write(last, {100, -500});
    CHECK(last == Written{100, -500, true});
    CHECK(t.floor() == -500);
    CHECK_FALSE(t.table.is_privileged);
}

TEST_CASE("That a floor will be lowered is on record before it is") {
    Lowering t(100);
    std::vector<bool> on_record;
    t.table.before = [&](Step step, Pid) {
        if (step == Step::WriteScore)
            on_record.push_back(t.is_on_record({100, -500, true}));
    };
    t.write(std::nullopt, {100, -500});
    CHECK(on_record == std::vector<bool>{false, true});
}

TEST_CASE("A floor that was lowered goes up with the score, as far as it was before") {
    const int original = GENERATE(100, 0, -300);
    Lowering t(original);
    Written last = t.write(std::nullopt, {original, -900});
    SECTION("to another low value") {
        last = t.write(last, {original, -500, last.floor_lowered});
        CHECK(t.floor() == -500);
        CHECK(last == Written{original, -500, true});
    }
    SECTION("above") {
        last = t.write(last, {original, 300, last.floor_lowered});
        CHECK(t.floor() == std::min(original, 0));
        CHECK(last == Written{original, 300});
    }
    SECTION("of a child that inherited it, at its first write") {
        last = t.write(std::nullopt, {original, -500, true});
        CHECK(t.floor() == -500);
        CHECK(last == Written{original, -500, true});
    }
    CHECK_FALSE(t.table.is_privileged);
}

TEST_CASE("Killed while it raises a floor, the daemon has on record what the process has then") {
    Lowering t(100);
    const Written low = t.write(std::nullopt, {100, -900});
    std::vector<Ledger::Entry> entries;
    std::vector<int> scores;
    t.table.before = [&](Step step, Pid) {
        if (step != Step::WriteScore)
            return;
        entries.push_back(t.on_record().at(10));
        scores.push_back(t.table.score(10));
    };
    t.write(low, {100, 300, true});
    REQUIRE(scores == std::vector<int>{-900, 0});
    CHECK(entries[0].written == Written{100, 0, true});
    CHECK(entries[0].before == -900);
    CHECK(entries[1].written == Written{100, 300});
    CHECK(entries[1].before == 0);
}

TEST_CASE("A process is given back its floor together with its original") {
    const int original = GENERATE(100, 0, -300);
    Lowering t(original);
    Written last = t.write(std::nullopt, {original, -500});
    SECTION("from the low value") {}
    SECTION("from another value that was held after it") {
        last = t.write(last, {original, 300, last.floor_lowered});
    }
    SECTION("from its own value") {
        last = t.write(last, {original, original, last.floor_lowered});
    }
    CHECK(t.privileged.restore(*t.process, last, original));
    CHECK(t.table.score(10) == original);
    CHECK(t.floor() == std::min(original, 0));
    CHECK(t.on_record().empty());
    CHECK_FALSE(t.table.is_privileged);
}

TEST_CASE("A process is given back its floor and keeps the score that someone else has set") {
    Lowering t(-200);
    const Written last = t.write(std::nullopt, {-200, -500});
    const auto [score, floor] = GENERATE(
        values<std::pair<int, int>>({{300, -200}, {-100, -200}, {-200, -200}, {-350, -350}}));
    t.table.processes.at(10).score = score;
    CHECK(t.privileged.restore(*t.process, last, score));
    CHECK(t.table.score(10) == score);
    CHECK(t.floor() == floor);
    CHECK(t.on_record().empty());
}

TEST_CASE("A floor that was not lowered is left alone") {
    Lowering t(100);
    t.table.processes.at(10).floor = -700;
    const Written last = t.write(std::nullopt, {100, -500});
    CHECK(last == Written{100, -500});
    CHECK(t.privileged.restore(*t.process, last, 100));
    CHECK(t.floor() == -700);
}

TEST_CASE("Killed between the floor and the original a process is finished by the next daemon") {
    Lowering t(100);
    const Written last = t.write(std::nullopt, {100, -500});
    Written between;
    t.table.before = [&](Step step, Pid) {
        if (step == Step::WriteScore)
            between = t.on_record().at(10).written;
    };
    CHECK(t.privileged.restore(*t.process, last, 100));
    // What the process has then is what the record says we wrote.
    CHECK(between == Written{100, 0, true});
}

}  // namespace oomguard::daemon
