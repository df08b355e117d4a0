// SPDX-License-Identifier: MIT
#pragma once

// Debian 12 has Catch2 2.13, Debian 13 has Catch2 3. Only the header differs for what we use.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#else
#include <catch2/catch.hpp>
#endif
