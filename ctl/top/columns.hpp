// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "ctl/top/frame.hpp"
#include "ctl/top/listing.hpp"

namespace oomguard::ctl::top {

/// A column as it is shown: what it is, and how wide.
struct Column {
    enum class Kind {
        Place,
        Pid,
        Name,
        User,
        Score,
        Unruled,
        Weight,
        Wanted,
        Original,
        Current,
        Memory,
        State,
        Rule,
    };

    Kind kind;
    std::string_view heading;
    bool is_right = false;
    std::size_t width = 0;
    std::size_t least = 0;  ///< 0: never narrower
    int leaves = 0;         ///< where there is no room, the highest leaves first; 0: never
};

/// Those of the view that fit so many columns of the screen, in their widths. Of the screen's
/// width alone, so that nothing jumps while rows come and go.
[[nodiscard]] std::vector<Column> columns_for(View view, std::size_t width);

/// The headings; the column that a held view is sorted by stands out.
[[nodiscard]] Line heading_line(const std::vector<Column>& columns, const Listing& listing,
                                std::size_t width, bool is_utf8);

[[nodiscard]] Line row_line(const std::vector<Column>& columns, const Row& row, bool is_selected,
                            std::size_t width, bool is_utf8);

}  // namespace oomguard::ctl::top
