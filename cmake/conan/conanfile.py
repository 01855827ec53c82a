"""Conan 2: conan create cmake/conan. The version is the one in base/version.hpp."""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load


class Raida(ConanFile):
    name = "raida"
    description = "Asks 25 RAIDA servers at once and turns their answers into one result per token"
    license = "MIT"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"crypto": [True, False]}
    default_options = {"crypto": False}
    no_copy_source = True

    def root(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        header = load(self, os.path.join(self.root(), "include", "raida", "base", "version.hpp"))
        self.version = ".".join(re.findall(r"(?m)^#define RAIDA_VERSION_[A-Z]+ (\d+)$", header))

    def export_sources(self):
        copy(self, "include/*", self.root(), self.export_sources_folder)
        copy(self, "LICENSE", self.root(), self.export_sources_folder)

    def requirements(self):
        self.requires("asio/[>=1.22 <2]")
        if self.options.crypto:
            self.requires("openssl/[>=3 <4]")

    def package_id(self):
        self.info.settings.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_target_name", "raida::everything")
        self.cpp_info.set_property("pkg_config_name", "raida_everything")
        library = self.cpp_info.components["core"]
        library.set_property("cmake_target_name", "raida::raida")
        library.set_property("pkg_config_name", "raida")
        library.defines = ["ASIO_STANDALONE"]
        library.requires = ["asio::asio"]
        if self.settings.os == "Windows":
            library.system_libs = ["ws2_32", "mswsock", "bcrypt"]
        else:
            library.system_libs = ["pthread"]
        if self.options.crypto:
            crypto = self.cpp_info.components["crypto"]
            crypto.set_property("cmake_target_name", "raida::crypto")
            crypto.requires = ["core", "openssl::crypto"]
