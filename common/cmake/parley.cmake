# How everything in Parley is built. A folder under common/ or services/ makes one call:
#
#   parley_module(json DEPS …)       a library `parley::json`, its tests and its benchmarks
#   parley_executable(parley DEPS …) a program from main.cc
#   parley_proto(accounts)           a library `proto::accounts` from proto/parley/accounts/v1
#
# File names say what a file is: *_test.cc, *_bench.cc, main.cc; all else is the module.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(PARLEY_WERROR "Warnings are errors" OFF)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Protobuf MODULE REQUIRED)   # before gRPC's, or its targets clash
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)   # its CMake config is broken in Debian 12
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)

include(GoogleTest)
enable_testing()

add_library(parley_options INTERFACE)
target_compile_options(parley_options INTERFACE -Wall -Wextra -Wno-unused-parameter -fno-omit-frame-pointer)
if(PARLEY_WERROR)
  target_compile_options(parley_options INTERFACE -Werror)
endif()

function(parley_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  file(GLOB_RECURSE nested CONFIGURE_DEPENDS */*.cc)
  foreach(file IN LISTS nested)
    cmake_path(GET file PARENT_PATH folder)
    if(NOT EXISTS ${folder}/CMakeLists.txt)
      list(APPEND sources ${file})
    endif()
  endforeach()
  set(tests ${sources})
  set(benches ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_bench|/main)\\.cc$")

  if(sources)
    add_library(parley_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(parley_${name} PRIVATE parley_options)
  else()
    add_library(parley_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(parley::${name} ALIAS parley_${name})
  target_include_directories(parley_${name} ${scope} ${PROJECT_SOURCE_DIR})
  target_link_libraries(parley_${name} ${scope} ${ARG_DEPS})
  if(tests)
    add_executable(${name}_test ${tests})
    target_compile_definitions(${name}_test PRIVATE PARLEY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name}_test PRIVATE parley_${name} ${ARG_TEST_DEPS} GTest::gmock_main parley_options)
    gtest_discover_tests(${name}_test PROPERTIES LABELS "unit;${name}" TIMEOUT 300 DISCOVERY_MODE PRE_TEST)
  endif()
  if(benches)
    add_executable(${name}_bench EXCLUDE_FROM_ALL ${benches})
    target_link_libraries(${name}_bench PRIVATE parley_${name} ${ARG_TEST_DEPS} benchmark::benchmark_main parley_options)
  endif()
endfunction()

# A service is a module: the one binary `parley` links them all and runs those that --target names.
function(parley_service name)
  parley_module(${name} ${ARGN})
endfunction()

function(parley_executable name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(${name} main.cc)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} parley_options)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()
