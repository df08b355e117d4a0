// SPDX-License-Identifier: MIT
#include "bus.hpp"
#include "nobody.hpp"
#include "support/catch.hpp"

// The bus of these tests lets every call through: what is refused here the daemon refuses itself.
namespace oomguard::test {

TEST_CASE("Reload and Rescan are refused to other users, and change nothing") {
    if (!is_root())
        return;
    GuardDaemon daemon;
    daemon.write_settings(kQuietSettings);
    daemon.start();
    CHECK(as_nobody(daemon.bus().address(), [](ManagerClient& client) {
              return failure_of([&] { return client->Reload(); }) ==
                             "org.oomguard1.Error.NotPermitted: Reload is for root only"
                         ? 0
                         : 1;
          }) == 0);
    CHECK(as_nobody(daemon.bus().address(), [](ManagerClient& client) {
              return failure_of([&] { return client->Rescan(); }) ==
                             "org.oomguard1.Error.NotPermitted: Rescan is for root only"
                         ? 0
                         : 1;
          }) == 0);
    CHECK(daemon.client()->Generation() == 1);
    CHECK(daemon.client()->Sweeps() == 1);
    CHECK(daemon.client().count("RulesReloaded") == 0);
}

TEST_CASE("other users may read all there is") {
    if (!is_root())
        return;
    Programs programs;
    const auto name = programs.unique_name();
    Subject subject = programs.start(name);
    const pid_t pid = subject.pid();
    GuardDaemon daemon;
    daemon.write_rules("10-test.yaml", rule_text("keep", name, "345"));
    daemon.start();
    CHECK(as_nobody(daemon.bus().address(), [pid](ManagerClient& client) {
              const auto row = client.process(pid);
              if (!row || row->current != 345 || client.rules().size() != 1)
                  return 1;
              auto details = texts_of(client->GetProcess(static_cast<std::uint32_t>(pid)));
              if (details["State"] != "s:held" || client->HeldCount() != 1)
                  return 2;
              const auto all =
                  client->GetAll(daemon::compat::InterfaceName{"org.oomguard1.Manager"});
              return all.size() > 10 ? 0 : 3;
          }) == 0);
}

}  // namespace oomguard::test
