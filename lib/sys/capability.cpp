// SPDX-License-Identifier: MIT
#include "sys/capability.hpp"

#include <cerrno>
#include <memory>
#include <string>
#include <type_traits>

namespace oomguard::sys {

namespace {

struct FreeCapabilities {
    void operator()(cap_t capabilities) const { ::cap_free(capabilities); }
};
using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, FreeCapabilities>;

}  // namespace

bool may_use(cap_value_t capability) {
    const Capabilities own(::cap_get_proc());
    cap_flag_value_t permitted = CAP_CLEAR;
    return own && ::cap_get_flag(own.get(), capability, CAP_PERMITTED, &permitted) == 0 &&
           permitted == CAP_SET;
}

Result<void> set_effective(cap_value_t capability, bool on) {
    const Capabilities own(::cap_get_proc());
    if (!own ||
        ::cap_set_flag(own.get(), CAP_EFFECTIVE, 1, &capability, on ? CAP_SET : CAP_CLEAR) ||
        ::cap_set_proc(own.get()) != 0)
        return errno_error(errno, "set effective capability " + std::to_string(capability));
    return {};
}

Result<void> give_up(cap_value_t capability) {
    const Capabilities own(::cap_get_proc());
    bool is_clear = own != nullptr;
    for (const cap_flag_t flag : {CAP_EFFECTIVE, CAP_PERMITTED, CAP_INHERITABLE})
        is_clear = is_clear && ::cap_set_flag(own.get(), flag, 1, &capability, CAP_CLEAR) == 0;
    // The ambient set follows: it never has what one of these has not.
    if (!is_clear || ::cap_set_proc(own.get()) != 0)
        return errno_error(errno, "give up capability " + std::to_string(capability));
    return {};
}

}  // namespace oomguard::sys
