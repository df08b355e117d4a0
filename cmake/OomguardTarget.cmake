# What every target of ours is compiled with. Warnings are errors only on request, so that a
# distribution's newer compiler never breaks a build.
function(oomguard_target target)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
        -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wextra-semi
        $<$<BOOL:${OOMGUARD_WERROR}>:-Werror>)
    # The pages of the program stay resident, and most of its code runs once or waits for the
    # kernel: small, but for what runs for every process.
    if(NOT target MATCHES "^oomguard-(core|sys|guard)$")
        target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Os>)
    endif()
    target_compile_options(${target} PRIVATE
        $<$<NOT:$<CONFIG:Debug>>:-ffunction-sections>)
    target_link_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Wl,--gc-sections>)
    if(OOMGUARD_SANITIZE)
        target_compile_options(${target} PRIVATE
            -fsanitize=${OOMGUARD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_link_options(${target} PRIVATE -fsanitize=${OOMGUARD_SANITIZE})
    endif()
    if(OOMGUARD_FUZZ)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
endfunction()

# One of our libraries: oomguard_library(core a.cpp b.cpp) makes oomguard::core, included as
# "core/a.hpp". What it links must be named PRIVATE or PUBLIC by the caller: the layering.
function(oomguard_library name)
    add_library(oomguard-${name} STATIC ${ARGN})
    add_library(oomguard::${name} ALIAS oomguard-${name})
    target_include_directories(oomguard-${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
    oomguard_target(oomguard-${name})
endfunction()
