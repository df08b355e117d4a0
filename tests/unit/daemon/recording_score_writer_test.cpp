// SPDX-License-Identifier: MIT
#include "daemon/recording_score_writer.hpp"

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

    // A value that was the process's own had no record.
    CHECK_FALSE(t.writer.write(*t.process, Written{100, 100}, {100, -500}));
    CHECK(t.on_record().empty());
}

TEST_CASE("A restored process is off the record, one that could not be restored is not") {
    Writing t;
    CHECK(t.writer.write(*t.process, std::nullopt, {100, 500}));
    t.table.faults[{Step::WriteScore, 10}] = EACCES;
    CHECK_FALSE(t.writer.restore(*t.process, {100, 500}));
    CHECK(t.is_on_record({100, 500}));
    t.table.faults.clear();
    CHECK(t.writer.restore(*t.process, {100, 500}));
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
    CHECK(t.writer.restore(*t.process, {100, 500}));
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

TEST_CASE("Giving back what had been lowered takes the low floor away first") {
    Writing t;
    if (!sys::may_use(CAP_SYS_RESOURCE)) {
        WARN("skipped: setting a floor needs CAP_SYS_RESOURCE, which is not permitted here");
        return;
    }
    t.table.processes.at(10).score = -500;
    CHECK(t.writer.restore(*t.process, {100, -500}));
    CHECK(t.privileged_tries == std::vector<bool>{true, false});
    CHECK(t.table.score(10) == 100);
}

}  // namespace oomguard::daemon
