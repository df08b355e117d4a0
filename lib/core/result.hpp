// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace oomguard {

/// Why an operation failed: the code to decide by, and the operation with its object to tell.
struct Error {
    std::error_code code;
    std::string context;

    /// "write /proc/123/oom_score_adj: Permission denied"
    [[nodiscard]] std::string message() const;
};

/// An Error of the given errno.
[[nodiscard]] Error errno_error(int number, std::string context);

/// True if the process the operation was on has ended (ENOENT or ESRCH): a normal outcome.
[[nodiscard]] bool is_gone(const Error& error);

/// True if the operation was refused for want of a permission (EACCES or EPERM).
[[nodiscard]] bool is_denied(const Error& error);

/// A value or the Error that prevented it: the part of std::expected that this project uses.
template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& operator*() & { return std::get<0>(state_); }
    const T& operator*() const& { return std::get<0>(state_); }
    T&& operator*() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &std::get<0>(state_); }
    const T* operator->() const { return &std::get<0>(state_); }

    [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool has_value() const { return !error_; }
    explicit operator bool() const { return has_value(); }
    [[nodiscard]] const Error& error() const { return *error_; }

  private:
    std::optional<Error> error_;
};

}  // namespace oomguard
