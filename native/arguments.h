// Reading JavaScript arguments, and throwing: what every exported function needs.
#ifndef HAWSER_ARGUMENTS_H
#define HAWSER_ARGUMENTS_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The memory under a typed array. Valid only until JavaScript runs again: it may detach or shrink the buffer.
struct bytes {
  uint8_t *data;
  size_t length;
};

// Each returns true, or throws a TypeError that names the argument and returns false.
bool read_int32(napi_env env, napi_value value, const char *name, int *result);
bool read_bytes(napi_env env, napi_value value, const char *name, struct bytes *result);
bool read_function(napi_env env, napi_value value, const char *name);

// As read_bytes, for arrays of the given element type; false without throwing.
bool map_bytes(napi_env env, napi_value value, napi_typedarray_type type, struct bytes *result);

void throw_type_error(napi_env env, const char *message);

// Throws an Error as Node's own are: message "bind EACCES", `syscall`, `code`, and `errno` as a negative number.
void throw_errno(napi_env env, const char *syscall, int error);

#endif
