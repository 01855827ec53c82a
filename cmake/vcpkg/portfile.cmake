# An overlay port of the tree that it lies in: vcpkg install raida --overlay-ports=PATH/TO/raida/cmake/vcpkg
set(VCPKG_BUILD_TYPE release) # headers alone
cmake_path(GET CURRENT_PORT_DIR PARENT_PATH source)
cmake_path(GET source PARENT_PATH source)

vcpkg_cmake_configure(
    SOURCE_PATH "${source}" OPTIONS -DRAIDA_TESTS=OFF -DRAIDA_EXAMPLES=OFF -DRAIDA_FETCH=OFF -DRAIDA_CRYPTO=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/raida)
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${source}/LICENSE")
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/licenses")
