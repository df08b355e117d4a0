// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include "command.hpp"
#include "interface.hpp"
#include "support/catch.hpp"
#include "support/guard_daemon.hpp"

namespace oomguard::test {
namespace {

std::vector<std::string> texts_of(const std::string& xml) {
    std::vector<std::string> texts;
    for (const auto& member : members_of(xml, "org.oomguard1.Manager"))
        texts.push_back(member.text());
    std::sort(texts.begin(), texts.end());
    return texts;
}

class Introspectable final : public sdbus::ProxyInterfaces<sdbus::Introspectable_proxy> {
  public:
    explicit Introspectable(sdbus::IConnection& connection)
        : ProxyInterfaces(connection, daemon::compat::ServiceName{daemon::kServiceName},
                          sdbus::ObjectPath{daemon::kObjectPath}) {
        registerProxy();
    }
    Introspectable(const Introspectable&) = delete;
    Introspectable& operator=(const Introspectable&) = delete;
    ~Introspectable() { unregisterProxy(); }
};

}  // namespace

TEST_CASE("the running daemon has the interface that is described") {
    GuardDaemon daemon;
    daemon.start();
    Introspectable object(daemon.client().connection());
    const auto described = texts_of(source_text("daemon/bus/org.oomguard1.xml"));
    CHECK(described.size() > 20);
    CHECK(texts_of(object.Introspect()) == described);
}

}  // namespace oomguard::test
