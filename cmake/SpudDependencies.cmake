# Everything comes from the system's packages; scripts/packages.sh names them.
find_package(OpenSSL 3.0 REQUIRED)
find_package(CapnProto 0.9 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(RocksDB REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
add_library(libzip::zip ALIAS PkgConfig::libzip)

# Debian's cpp-httplib is a shared library; its classes have the layout of the macros in its .pc file.
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
add_library(httplib::httplib ALIAS PkgConfig::httplib)

# CAF 0.17 ships no CMake config.
find_path(CAF_INCLUDE caf/all.hpp REQUIRED)
find_library(CAF_CORE caf_core REQUIRED)
add_library(caf_core INTERFACE)
target_include_directories(caf_core SYSTEM INTERFACE ${CAF_INCLUDE})
target_link_libraries(caf_core INTERFACE ${CAF_CORE} Threads::Threads)

if(SPUD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(SPUD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
