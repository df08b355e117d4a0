// SPDX-License-Identifier: MIT
#include "core/result.hpp"

namespace oomguard {

std::string Error::message() const {
    return code ? context + ": " + code.message() : context;
}

Error errno_error(int number, std::string context) {
    return {std::error_code(number, std::generic_category()), std::move(context)};
}

bool is_gone(const Error& error) {
    return error.code == std::errc::no_such_file_or_directory ||
           error.code == std::errc::no_such_process;
}

bool is_denied(const Error& error) {
    return error.code == std::errc::permission_denied ||
           error.code == std::errc::operation_not_permitted;
}

}  // namespace oomguard
