// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace oomguard {

/// A list that is made once and then only read. Empty, as most are, it takes a pointer's room.
template <typename T>
class CompactList {
  public:
    CompactList() = default;
    CompactList(std::vector<T> items) {
        if (items.empty())
            return;
        items.shrink_to_fit();
        items_ = std::make_unique<const std::vector<T>>(std::move(items));
    }
    CompactList(std::initializer_list<T> items) : CompactList(std::vector<T>(items)) {}

    CompactList(const CompactList& other) : CompactList(other.copy()) {}
    CompactList& operator=(const CompactList& other) {
        *this = CompactList(other);
        return *this;
    }
    CompactList(CompactList&&) noexcept = default;
    CompactList& operator=(CompactList&&) noexcept = default;
    ~CompactList() = default;

    [[nodiscard]] const T* begin() const { return items_ ? items_->data() : nullptr; }
    [[nodiscard]] const T* end() const { return begin() + size(); }
    [[nodiscard]] std::size_t size() const { return items_ ? items_->size() : 0; }
    [[nodiscard]] bool empty() const { return !items_; }
    [[nodiscard]] const T& front() const { return items_->front(); }

  private:
    [[nodiscard]] std::vector<T> copy() const { return items_ ? *items_ : std::vector<T>(); }

    std::unique_ptr<const std::vector<T>> items_;
};

}  // namespace oomguard
