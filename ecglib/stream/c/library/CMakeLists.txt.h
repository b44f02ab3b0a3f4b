cmake_minimum_required(VERSION 3.13)
project(ecg_stream C)

add_library(ecg_stream STATIC src/ecg_stream.c)
target_include_directories(ecg_stream PUBLIC src)
set_target_properties(ecg_stream PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON)

if(CMAKE_SOURCE_DIR STREQUAL PROJECT_SOURCE_DIR AND NOT CMAKE_CROSSCOMPILING)
  add_executable(events examples/events/events.c)
  target_link_libraries(events ecg_stream)
endif()
