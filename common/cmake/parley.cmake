# How everything in Parley is built. A folder under common/ or services/ makes one call:
#
#   parley_module(json DEPS …)       a library `parley::json`, its tests and its benchmarks
#   parley_executable(parley DEPS …) a program from main.cc
#   parley_proto(accounts)           a library `proto::accounts` from proto/parley/accounts/v1/*.proto
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
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)   # its CMake config is broken in Debian 12
pkg_check_modules(postgres REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(libre2 REQUIRED IMPORTED_TARGET re2)   # not "re2": gRPC looks for re2_FOUND and re2::re2

include(GoogleTest)
enable_testing()

add_library(parley_options INTERFACE)
target_compile_options(parley_options INTERFACE -Wall -Wextra -Wno-unused-parameter -fno-omit-frame-pointer)
if(PARLEY_WERROR)
  target_compile_options(parley_options INTERFACE -Werror)
endif()

# Half of the time of a clean build goes into reading the same headers again and again. On where whole trees are built;
# off where ccache and quick rebuilds matter more.
option(PARLEY_PCH "Precompile the headers that nearly everything includes" OFF)

# parley_pch(NAME DEPS HEADERS): a target whose precompiled headers others may use.
function(parley_pch name deps)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cc CONTENT "")
  add_library(${name} STATIC ${PROJECT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE parley_options ${deps})
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

if(PARLEY_PCH)
  # Some libraries ask for these, and all users of the headers must agree.
  add_compile_definitions(_FILE_OFFSET_BITS=64)
  add_compile_options(-pthread)
  set(abseil absl::flat_hash_map absl::statusor absl::synchronization)
  set(headers <functional> <map> <memory> <optional> <string> <string_view> <utility> <vector>
    <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/synchronization/mutex.h>
    <absl/time/clock.h>)
  parley_pch(parley_pch "${abseil}" ${headers})
  parley_pch(parley_test_pch "${abseil};GTest::gmock" ${headers} <gmock/gmock.h> <gtest/gtest.h>)
endif()

function(parley_use_pch target pch)
  if(PARLEY_PCH)
    target_precompile_headers(${target} REUSE_FROM ${pch})
  endif()
endfunction()

# All tests that ThreadSanitizer can judge; those of modules marked GRPC link gRPC, which is not built for it.
add_custom_target(tsan_tests)

function(parley_module name)
  cmake_parse_arguments(ARG "GRPC" "" "DEPS;TEST_DEPS" ${ARGN})
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
    parley_use_pch(parley_${name} parley_pch)
  else()
    add_library(parley_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(parley::${name} ALIAS parley_${name})
  target_include_directories(parley_${name} ${scope} ${PROJECT_SOURCE_DIR})
  target_link_libraries(parley_${name} ${scope} ${ARG_DEPS})
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE parley_${name} ${ARG_TEST_DEPS} GTest::gmock_main parley_options)
    target_compile_options(${name}_test PRIVATE -fPIC)   # after CMake's -fPIE: as the precompiled header was made
    parley_use_pch(${name}_test parley_test_pch)
    if(PARLEY_TSAN)
      target_link_libraries(${name}_test PRIVATE parley_tsan)
    endif()
    set(label grpc)
    if(NOT ARG_GRPC)
      add_dependencies(tsan_tests ${name}_test)
      set(label tsan)
    endif()
    gtest_discover_tests(${name}_test PROPERTIES LABELS ${label} TIMEOUT 300 DISCOVERY_MODE PRE_TEST)
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

# Generates <area>.pb.{h,cc} and, with our plugin, <area>.parley.{h,cc}. `ROOT` is where import paths begin
# (default: proto/); generated code is compiled without our warnings.
function(parley_proto area)
  cmake_parse_arguments(ARG "" "ROOT" "DEPS" ${ARGN})
  if(NOT ARG_ROOT)
    set(ARG_ROOT ${PROJECT_SOURCE_DIR}/proto)
  endif()
  set(out ${PROJECT_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  file(GLOB protos CONFIGURE_DEPENDS ${ARG_ROOT}/parley/${area}/v1/*.proto)
  foreach(proto IN LISTS protos)
    cmake_path(RELATIVE_PATH proto BASE_DIRECTORY ${ARG_ROOT} OUTPUT_VARIABLE stem)
    cmake_path(REMOVE_EXTENSION stem LAST_ONLY)
    set(outputs ${out}/${stem}.pb.h ${out}/${stem}.pb.cc ${out}/${stem}.parley.h ${out}/${stem}.parley.cc)
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND ${Protobuf_PROTOC_EXECUTABLE} --proto_path=${ARG_ROOT} --proto_path=${PROJECT_SOURCE_DIR}/proto
              --plugin=protoc-gen-parley=$<TARGET_FILE:parley_protoc_plugin> --cpp_out=${out} --parley_out=${out} ${proto}
      DEPENDS ${proto} parley_protoc_plugin
      COMMENT "Contract ${stem}"
      VERBATIM)
    list(APPEND sources ${outputs})
  endforeach()
  add_library(proto_${area} STATIC ${sources})
  add_library(proto::${area} ALIAS proto_${area})
  target_include_directories(proto_${area} SYSTEM PUBLIC ${out})
  target_include_directories(proto_${area} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(proto_${area} PRIVATE -w)
  target_link_libraries(proto_${area} PUBLIC protobuf::libprotobuf parley::rpc ${ARG_DEPS})
endfunction()
