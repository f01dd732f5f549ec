# How every part of aotc is compiled. Included once by the top CMakeLists.txt.

# Debian keeps LLVM 19 outside the default search path.
if(NOT MLIR_DIR AND EXISTS /usr/lib/llvm-19/lib/cmake/mlir)
  set(MLIR_DIR /usr/lib/llvm-19/lib/cmake/mlir)
endif()
find_package(MLIR REQUIRED CONFIG)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
# It names what a file depends on relative to the build folder; otherwise every build would begin by making all of them.
cmake_policy(SET CMP0116 OLD)
include(TableGen)
include(AddLLVM)
include(AddMLIR)

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Debian keeps libMLIR outside the loader's search path; installed tools need to find it too.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# -O2 costs a quarter more build time than -O1 and -O3 buys the compiler nothing.
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(AOTC_LLD NAMES ld.lld-19 ld.lld)
if(AOTC_LLD)
  add_link_options(-fuse-ld=lld)
endif()
find_program(AOTC_CCACHE ccache)
if(AOTC_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${AOTC_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${AOTC_CCACHE})
endif()

separate_arguments(AOTC_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})
add_definitions(${AOTC_LLVM_DEFINITIONS})
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
                    $<$<COMPILE_LANGUAGE:CXX>:-Wno-unused-parameter>)
if(AOTC_SANITIZE)
  add_compile_options(-fsanitize=${AOTC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
                      $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=vptr>)
  # This check reads the word before a called function; loaded objects may start a page there.
  add_compile_options($<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  add_link_options(-fsanitize=${AOTC_SANITIZE})
endif()

# aotc_library(NAME SRCS a.cpp... [DEPS targets...] [MLIR])
# MLIR: compiles against MLIR and LLVM with the shared precompiled header.
# Headers are included from the root of the source tree: "ir/NN/NN.h".
function(aotc_library name)
  cmake_parse_arguments(A "MLIR" "" "SRCS;DEPS" ${ARGN})
  add_library(${name} STATIC ${A_SRCS})
  aotc_configure_target(${name} ${A_UNPARSED_ARGUMENTS})
  if(A_MLIR)
    aotc_use_mlir(${name})
  endif()
  target_link_libraries(${name} PUBLIC ${A_DEPS})
endfunction()

# aotc_executable(NAME SRCS a.cpp... [DEPS targets...] [MLIR])
function(aotc_executable name)
  cmake_parse_arguments(A "MLIR" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${A_SRCS})
  aotc_configure_target(${name})
  if(A_MLIR)
    # -fPIE would not fit the precompiled header, which is made with -fPIC.
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIC)
    aotc_use_mlir(${name})
    if(AOTC_SANITIZE)
      target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tools/cmake/AsanOptions.cpp")
    endif()
  endif()
  target_link_libraries(${name} PRIVATE ${A_DEPS})
endfunction()

function(aotc_configure_target name)
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}"
                                            "${PROJECT_SOURCE_DIR}/runtime/include")
endfunction()

# MLIR's headers dominate the build time; all users share one precompiled header.
function(aotc_use_mlir name)
  target_include_directories(${name} SYSTEM PUBLIC ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  if(NOT LLVM_ENABLE_RTTI)
    target_compile_options(${name} PRIVATE -fno-rtti)
  endif()
  target_link_libraries(${name} PUBLIC MLIR LLVM)
  if(NOT TARGET aotc_pch)
    file(WRITE "${PROJECT_BINARY_DIR}/aotc_pch.cpp" "")
    add_library(aotc_pch STATIC "${PROJECT_BINARY_DIR}/aotc_pch.cpp")
    target_include_directories(aotc_pch SYSTEM PUBLIC ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
    aotc_configure_target(aotc_pch)
    target_precompile_headers(aotc_pch PRIVATE
      <string> <vector> <map> <memory> <optional> <functional>
      <mlir/IR/Builders.h> <mlir/IR/BuiltinOps.h> <mlir/IR/BuiltinTypes.h> <mlir/IR/BuiltinAttributes.h>
      <mlir/IR/Dialect.h> <mlir/IR/OpImplementation.h> <mlir/IR/PatternMatch.h>
      <mlir/Interfaces/SideEffectInterfaces.h> <mlir/Interfaces/ControlFlowInterfaces.h>
      <mlir/Dialect/Func/IR/FuncOps.h> <mlir/Pass/Pass.h>)
  endif()
  target_precompile_headers(${name} REUSE_FROM aotc_pch)
endfunction()

# aotc_dialect(NAME OPS_TD ENUMS_TD DIALECT): TableGen of one dialect into this
# folder; ${name}IncGen is the target. ENUMS_TD must define no other dialect's enums.
function(aotc_dialect name ops_td enums_td dialect)
  set(inc -I${PROJECT_SOURCE_DIR} -I${LLVM_INCLUDE_DIRS})
  set(LLVM_TARGET_DEFINITIONS ${enums_td})
  mlir_tablegen(${name}Enums.h.inc -gen-enum-decls ${inc})
  mlir_tablegen(${name}Enums.cpp.inc -gen-enum-defs ${inc})
  set(LLVM_TARGET_DEFINITIONS ${ops_td})
  mlir_tablegen(${name}Dialect.h.inc -gen-dialect-decls -dialect=${dialect} ${inc})
  mlir_tablegen(${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${dialect} ${inc})
  mlir_tablegen(${name}Attrs.h.inc -gen-attrdef-decls -attrdefs-dialect=${dialect} ${inc})
  mlir_tablegen(${name}Attrs.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${dialect} ${inc})
  set(only "-op-include-regex=^${dialect}[.]")
  mlir_tablegen(${name}Ops.h.inc -gen-op-decls ${only} ${inc})
  mlir_tablegen(${name}Ops.cpp.inc -gen-op-defs ${only} ${inc})
  add_public_tablegen_target(${name}IncGen)
endfunction()

# aotc_passes(NAME): TableGen of Passes.td in this folder into Passes.h.inc.
function(aotc_passes name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name} -I${PROJECT_SOURCE_DIR} -I${LLVM_INCLUDE_DIRS})
  add_public_tablegen_target(${name}PassesIncGen)
endfunction()
