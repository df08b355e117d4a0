# Every library comes from the distribution. Debian 12 and 13 differ in major versions of
# sdbus-c++ and Catch2, so neither is asked for by version.
find_package(PkgConfig REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(sdbus-c++ REQUIRED)
find_package(sdbus-c++-tools REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(LIBSYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(LIBCAP REQUIRED IMPORTED_TARGET libcap)
pkg_check_modules(NCURSESW REQUIRED IMPORTED_TARGET ncursesw)

if(sdbus-c++_VERSION VERSION_LESS 1.2 OR sdbus-c++_VERSION VERSION_GREATER_EQUAL 3)
    message(FATAL_ERROR "sdbus-c++ ${sdbus-c++_VERSION} is not supported: 1.2 to 2.x is")
endif()
string(REGEX MATCH "^[0-9]+" OOMGUARD_SDBUSCPP_MAJOR "${sdbus-c++_VERSION}")

get_target_property(OOMGUARD_XML2CPP SDBusCpp::sdbus-c++-xml2cpp IMPORTED_LOCATION)
if(NOT OOMGUARD_XML2CPP)
    get_target_property(OOMGUARD_XML2CPP SDBusCpp::sdbus-c++-xml2cpp IMPORTED_LOCATION_NONE)
endif()
if(NOT EXISTS "${OOMGUARD_XML2CPP}")
    message(FATAL_ERROR "sdbus-c++-xml2cpp is missing: apt install libsdbus-c++-bin")
endif()

# yaml-cpp 0.7 exports the target yaml-cpp, 0.8 the target yaml-cpp::yaml-cpp.
if(NOT TARGET yaml-cpp::yaml-cpp)
    add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
