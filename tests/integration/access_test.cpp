// SPDX-License-Identifier: MIT
#include "access.hpp"

#include "daemon/bus/access.hpp"
#include "support/catch.hpp"
#include "support/polkit_stand_in.hpp"

// Each method as root, as a user to whom polkit grants it, and as one to whom it does not. The bus
// of these tests lets every call through: what is refused here the daemon refuses itself.
namespace oomguard::test {
namespace {

using daemon::Access;
using Manner = PolkitStandIn::Manner;

constexpr const char* kDenied =
    "it does not grant it to user 'nobody'; a rule in /etc/polkit-1/rules.d can";

/// In an order in which each can succeed.
std::vector<Access> methods() {
    return {daemon::kAccess.begin(), daemon::kAccess.end()};
}

}  // namespace

TEST_CASE("root may call every method, and polkit is not asked") {
    AccessTest t;
    t.daemon.start();
    PolkitStandIn polkit(t.address(), Manner::Denies);
    for (const Access& access : methods()) {
        CAPTURE(access.method);
        CHECK(t.as_root(std::string(access.method)) == "");
    }
    CHECK(polkit.questions() == "");
}

TEST_CASE("a user to whom polkit grants everything may call every method") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    PolkitStandIn polkit(t.address(), Manner::Grants);
    for (const Access& access : methods()) {
        CAPTURE(access.method);
        CHECK(t.as_nobody(std::string(access.method)) == "");
        const bool is_asked = access.kind == Access::Kind::Change;
        CHECK(polkit.questions() == (is_asked ? access.action + std::string("\n") : ""));
    }
}

TEST_CASE("a user to whom polkit grants nothing may read, and change nothing") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    const PolkitStandIn polkit(t.address(), Manner::Denies);
    for (const Access& access : methods()) {
        CAPTURE(access.method);
        const std::string method(access.method);
        CHECK(
            t.as_nobody(method) ==
            (access.kind == Access::Kind::Change ? refused(method, access.action) + kDenied : ""));
    }
    CHECK(t.is_unchanged());
}

TEST_CASE("where there is no polkit users may read, and are told what is missing") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    for (const Access& access : methods()) {
        CAPTURE(access.method);
        const std::string method(access.method);
        const std::string failure = t.as_nobody(method);
        if (access.kind == Access::Kind::Change)
            CHECK(failure.starts_with(refused(method, access.action) +
                                      "there is no polkit to ask; install polkitd ("));
        else
            CHECK(failure == "");
    }
    CHECK(t.is_unchanged());
}

TEST_CASE("other users may read every property") {
    if (!is_root())
        return;
    AccessTest t;
    t.daemon.start();
    CHECK(as_nobody(t.address(), [](ManagerClient& client) {
              const auto all =
                  client->GetAll(daemon::compat::InterfaceName{"org.oomguard1.Manager"});
              return all.size() > 10 && client->HeldCount() == 0 ? 0 : 1;
          }) == 0);
}

}  // namespace oomguard::test
