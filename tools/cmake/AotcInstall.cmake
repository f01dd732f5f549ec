# What `cmake --install` puts where: a relocatable package with the tools, the
# runtime and aotcConfig.cmake.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/aotc")
install(TARGETS aotc aotc-run aotc-bench aotc-opt RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS aotc_threads ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/runtime/include/aotc" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
if(AOTC_SANITIZE) # an instrumented library needs its runtime in whatever links it
  set(AOTC_THREADS_LINK_OPTIONS "-fsanitize=${AOTC_SANITIZE}")
endif()
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/package/aotcConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/package/aotcConfig.cmake" INSTALL_DESTINATION "${package_dir}"
  PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/aotcConfigVersion.cmake"
  VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/aotcConfig.cmake" "${PROJECT_BINARY_DIR}/package/aotcConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/package/aotcAddModel.cmake"
        DESTINATION "${package_dir}")
