// SPDX-License-Identifier: MIT
#include "core/signal_log.hpp"

#include "support/catch.hpp"

namespace oomguard {
namespace {

const std::string kEarlyoom = "earlyoom.service";
const std::string kNohang = "nohang.service";

TEST_CASE("earlyoom names whom it sends a signal, in the words of both its versions") {
    SignalLog log;
    CHECK(
        log.read(
            kEarlyoom,
            R"(sending SIGTERM to process 281 uid 0 "try-precious": badness 918, VmRSS 367 MiB)") ==
        SignalSent{Killer::Earlyoom, 281, "try-precious"});
    CHECK(
        log.read(
            kEarlyoom,
            R"(sending SIGKILL to process 804 uid 1000 "a b": oom_score 825, VmRSS 229 MiB, cmdline "x": y")") ==
        SignalSent{Killer::Earlyoom, 804, "a b"});
}

TEST_CASE("What else earlyoom says is no signal") {
    SignalLog log;
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
    SignalLog log;
    CHECK_FALSE(log.read(kNohang, "  PID: 999, name: spared, badness: 910"));
    CHECK_FALSE(log.read(
        kNohang, "  PID:       358, name: try-precious, state: S (sleeping), EUID: 0, SID: 358"));
    CHECK_FALSE(log.read(kNohang, "Implementing a corrective action:"));
    CHECK(log.read(kNohang, "  Sending SIGTERM to the victim") ==
          SignalSent{Killer::Nohang, 358, "try-precious"});
}

TEST_CASE("nohang's victim is named once for each signal") {
    SignalLog log;
    CHECK_FALSE(log.read(kNohang, "  Sending SIGTERM to the victim"));
    CHECK_FALSE(log.read(kNohang, "  PID:  7, name: a, name: b, state: c, state: S (sleeping)"));
    CHECK(log.read(kNohang, "  Sending SIGKILL to the victim") ==
          SignalSent{Killer::Nohang, 7, "a, name: b, state: c"});
    CHECK_FALSE(log.read(kNohang, "  Sending SIGKILL to the victim"));
    CHECK_FALSE(log.read(kNohang, "  [ OK ] Sending SIGTERM to try-precious: 1"));
}

}  // namespace
}  // namespace oomguard
