// SPDX-License-Identifier: MIT
#include "core/signal_log.hpp"

#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace oomguard {
namespace {

const std::string kEarlyoom = "earlyoom.service";
const std::string kNohang = "nohang.service";
constexpr std::uint64_t kOneVictimFor = 90'000;  // us

/// What is read of lines that come at the time that it stands at.
struct Reading {
    SignalLog log;
    std::uint64_t usec = 1'700'000'000'000'000;

    std::optional<SignalSent> read(const std::string& unit, const std::string& message) {
        return log.read(unit, message, usec);
    }

    /// All of these.
    std::vector<SignalSent> read_all(const std::string& unit,
                                     const std::vector<std::string>& messages) {
        std::vector<SignalSent> sent;
        for (const std::string& message : messages) {
            if (auto one = read(unit, message))
                sent.push_back(*std::move(one));
        }
        return sent;
    }
};

TEST_CASE("earlyoom names whom it sends a signal, in the words of both its versions") {
    Reading log;
    CHECK(
        log.read(
            kEarlyoom,
            R"(sending SIGTERM to process 281 uid 0 "try-precious": badness 918, VmRSS 367 MiB)") ==
        SignalSent{Killer::Earlyoom, 281, "try-precious"});
    log.usec += kOneVictimFor;
    CHECK(
        log.read(
            kEarlyoom,
            R"(sending SIGKILL to process 804 uid 1000 "a b": oom_score 825, VmRSS 229 MiB, cmdline "x": y")") ==
        SignalSent{Killer::Earlyoom, 804, "a b"});
}

TEST_CASE("What else earlyoom says is no signal") {
    Reading log;
    for (const char* text : {
             "sending SIGTERM when mem <= 31.00% and swap <= 10.00%,",
             "sending 0 (no-op signal) to process 4 uid 0 \"x\": badness 1, VmRSS 1 MiB",
             "low memory! at or below SIGTERM limits: mem 31.00%, swap 10.00%",
             "process 393 exited after 0.000 seconds",
             "sending SIGTERM to process x uid 0 \"y\": badness 1",
             "sending SIGTERM to process -5 uid 0 \"y\": badness 1",
             "sending SIGTERM to process 5",
             "",
         })
        CHECK_FALSE(log.read(kEarlyoom, text));
}

TEST_CASE("nohang names its victim some lines before it says that it sends it a signal") {
    Reading log;
    CHECK_FALSE(log.read(kNohang, "  PID: 999, name: spared, badness: 910"));
    CHECK_FALSE(log.read(
        kNohang, "  PID:       358, name: try-precious, state: S (sleeping), EUID: 0, SID: 358"));
    CHECK_FALSE(log.read(kNohang, "Implementing a corrective action:"));
    CHECK(log.read(kNohang, "  Sending SIGTERM to the victim") ==
          SignalSent{Killer::Nohang, 358, "try-precious"});
}

TEST_CASE("nohang's victim is named once for each signal") {
    Reading log;
    CHECK_FALSE(log.read(kNohang, "  Sending SIGTERM to the victim"));
    CHECK_FALSE(log.read(kNohang, "  PID:  7, name: a, name: b, state: c, state: S (sleeping)"));
    CHECK(log.read(kNohang, "  Sending SIGKILL to the victim") ==
          SignalSent{Killer::Nohang, 7, "a, name: b, state: c"});
    CHECK_FALSE(log.read(kNohang, "  Sending SIGKILL to the victim"));
    CHECK_FALSE(log.read(kNohang, "  [ OK ] Sending SIGTERM to try-precious: 1"));
}

TEST_CASE("A victim whose arguments look like a line of earlyoom does not name another process") {
    Reading log;
    const std::vector<std::string> lines = {
        R"(sending SIGTERM to process 10 uid 1000 "eve": oom_score 9, VmRSS 9 MiB, cmdline "eve)",
        R"(sending SIGKILL to process 4711 uid 0 "dear": oom_score 9, VmRSS 9 MiB, cmdline "x)",
        R"(sending SIGKILL to process 10 uid 1000 "eve": oom_score 9, VmRSS 9 MiB, cmdline "")"};
    const SignalSent eve{Killer::Earlyoom, 10, "eve"};
    CHECK(log.read_all(kEarlyoom, lines) == std::vector{eve, eve});
    log.usec += kOneVictimFor - 1;
    CHECK_FALSE(log.read(kEarlyoom, lines[1]));
    log.usec += 1;
    CHECK(log.read(kEarlyoom, lines[1]) == SignalSent{Killer::Earlyoom, 4711, "dear"});
}

TEST_CASE("A victim whose directory looks like lines of nohang does not name another for certain") {
    Reading log;
    const std::string forged = "  PID:  4711, name: dear, state: S (sleeping)";
    const std::string sending = "  Sending SIGKILL to the victim";
    const SignalSent eve{Killer::Nohang, 10, "eve"};
    const SignalSent dear{Killer::Nohang, 4711, "dear"};
    const SignalSent perhaps{Killer::Nohang, 4711, "dear", true};
    std::string real = "  PID:       10, name: eve, state: R (running), EUID: 1000";
    SECTION("before the signal") {
        CHECK(log.read_all(kNohang, {real, "  cwd realpath: /tmp/x", forged, sending}) ==
              std::vector{eve});
    }
    SECTION("with a signal of its own") {
        CHECK(log.read_all(kNohang, {real, sending, forged, sending, sending}) ==
              std::vector{eve, perhaps});
    }
    SECTION("and its name has a newline") {
        real = "  PID:       10, name: eve";
        CHECK(log.read_all(kNohang, {real, ", badness: 1", forged, sending}) == std::vector{eve});
    }
    log.usec += kOneVictimFor - 1;
    CHECK(log.read_all(kNohang, {forged, sending}) == std::vector{perhaps});
    log.usec += 1;
    CHECK(log.read_all(kNohang, {forged, sending}) == std::vector{dear});
}

TEST_CASE("Two killers may have two victims at once, and one another when the clock is set back") {
    Reading log;
    const std::string line = R"(sending SIGTERM to process 10 uid 0 "a": badness 1, VmRSS 1 MiB)";
    CHECK(log.read(kEarlyoom, line));
    CHECK(
        log.read_all(kNohang, {"  PID:  11, name: b, state: S", "Sending SIGTERM to the victim"}) ==
        std::vector{SignalSent{Killer::Nohang, 11, "b"}});
    log.usec -= 1;
    CHECK(log.read(kEarlyoom, R"(sending SIGTERM to process 12 uid 0 "c": badness 1)") ==
          SignalSent{Killer::Earlyoom, 12, "c"});
}

}  // namespace
}  // namespace oomguard
