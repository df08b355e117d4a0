// SPDX-License-Identifier: MIT
#include "daemon/notify.hpp"

#include <chrono>

#include <systemd/sd-daemon.h>

namespace oomguard::daemon {

void notify_ready(const std::string& status) {
    (void)sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void notify_status(const std::string& status) {
    (void)sd_notify(0, ("STATUS=" + status).c_str());
}

void notify_reloading() {
    // Type=notify-reload, where there is one, wants the time too.
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    (void)sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count())).c_str());
}

void notify_stopping() {
    (void)sd_notify(0, "STOPPING=1");
}

}  // namespace oomguard::daemon
