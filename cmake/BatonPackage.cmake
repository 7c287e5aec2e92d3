# The Debian package (make package): program, service, configuration, documents.
include(GNUInstallDirs)

set(doc_folder ${CMAKE_INSTALL_DATADIR}/doc/baton)
install(TARGETS baton RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/baton.service packaging/baton-import-amazon-connect.service
              packaging/baton-import-amazon-connect.timer DESTINATION lib/systemd/system)
install(FILES packaging/baton.toml DESTINATION /etc/baton)
install(FILES README.md CHANGELOG.md DESTINATION ${doc_folder})
install(FILES LICENSE DESTINATION ${doc_folder} RENAME copyright)
install(DIRECTORY docs/ DESTINATION ${doc_folder}/docs)
install(DIRECTORY packaging/monitoring/ DESTINATION ${doc_folder}/monitoring)
install(DIRECTORY examples/ DESTINATION ${doc_folder}/examples)
if(EXISTS ${CMAKE_SOURCE_DIR}/schema)
  install(DIRECTORY schema/ DESTINATION ${doc_folder}/schema FILES_MATCHING PATTERN "*.json" PATTERN "*.y*ml" PATTERN "*.md")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME baton)
set(CPACK_PACKAGE_CONTACT "The Baton project <baton@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "call-transfer server for contact centres")
set(CPACK_PACKAGE_DESCRIPTION
    "Baton hands a live customer call on by one JSON message: to a phone number, a\n queue or a quick connect. It is its own SIP back-to-back user agent, registrar\n and call distributor, with an embedded store.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION comm)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, tzdata")
# What docs/operations.md has an operator type.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "curl, sqlite3")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${CMAKE_SOURCE_DIR}/packaging/conffiles;${CMAKE_SOURCE_DIR}/packaging/postinst;${CMAKE_SOURCE_DIR}/packaging/prerm;${CMAKE_SOURCE_DIR}/packaging/postrm")
include(CPack)
