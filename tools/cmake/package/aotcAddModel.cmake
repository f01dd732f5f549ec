# aotc_add_model(TARGET target MODEL file [NAME ident] [INPUT value...] [OPTIONS option...])
#
# Compiles MODEL into the static library `target`, whose users find the header
# "ident.h". NAME (default: the target's name) is the prefix of the C functions,
# INPUT are values of aotc's --input, OPTIONS any other options of aotc.
#
#   aotc_add_model(TARGET digits MODEL digits.pb INPUT "image=[1,28,28,1]")
#   target_link_libraries(app PRIVATE digits)      # then #include "digits.h"
function(aotc_add_model)
  cmake_parse_arguments(PARSE_ARGV 0 A "" "TARGET;MODEL;NAME" "INPUT;OPTIONS")
  if(NOT A_TARGET OR NOT A_MODEL)
    message(FATAL_ERROR "aotc_add_model: give TARGET and MODEL")
  endif()
  if(A_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "aotc_add_model: unknown arguments ${A_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT A_NAME)
    string(MAKE_C_IDENTIFIER "${A_TARGET}" A_NAME)
  endif()
  get_filename_component(model "${A_MODEL}" ABSOLUTE)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/aotc/${A_TARGET}")
  file(MAKE_DIRECTORY "${folder}")
  set(object "${folder}/${A_NAME}.o")
  set(header "${folder}/${A_NAME}.h")
  set(inputs "")
  foreach(input IN LISTS A_INPUT)
    list(APPEND inputs --input "${input}")
  endforeach()
  # The compiler is a dependency too: a new aotc means a new object.
  add_custom_command(OUTPUT "${object}" "${header}"
    COMMAND "${AOTC_COMPILER}" "${model}" -o "${object}" --header "${header}" --name "${A_NAME}" ${inputs} ${A_OPTIONS}
    DEPENDS "${model}" "${AOTC_COMPILER}"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMENT "Compiling model ${A_MODEL}" VERBATIM)
  add_library(${A_TARGET} STATIC "${object}" "${header}")
  set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    set_target_properties(${A_TARGET} PROPERTIES LINKER_LANGUAGE C)
  else()
    set_target_properties(${A_TARGET} PROPERTIES LINKER_LANGUAGE CXX)
  endif()
  target_include_directories(${A_TARGET} INTERFACE "${folder}")
  # The object may call functions of <math.h>.
  target_link_libraries(${A_TARGET} INTERFACE aotc::runtime $<$<PLATFORM_ID:Linux>:m>)
endfunction()
