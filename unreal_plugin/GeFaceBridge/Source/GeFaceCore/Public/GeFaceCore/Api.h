// What every header of GeFaceCore needs. Plain C++17: no engine types, exceptions or RTTI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

// Unreal's build defines this as the export of the module; elsewhere the core is linked statically.
#ifndef GEFACECORE_API
#define GEFACECORE_API
#endif

// Exported classes hold standard containers. All modules of one engine are built by one compiler
// with one allocator, so that this is safe; the engine's own headers switch the warning off too.
#if defined(_MSC_VER)
#pragma warning(disable : 4251)
#endif

namespace geface {

// Bytes that someone else owns.
struct ByteView {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
};

enum class ErrorKind : std::uint8_t {
    None,
    Protocol,  // not geface.v1
    Version,   // another major version or another layout: a person has to update one side
};

// What was found and what was expected, in one line.
struct Error {
    ErrorKind kind = ErrorKind::None;
    std::string text;
};

}  // namespace geface
