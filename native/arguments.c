#include "arguments.h"

#include <stdio.h>
#include <uv.h>

enum { MESSAGE_BYTES = 128, NAME_BYTES = 32 };

void throw_type_error(napi_env env, const char *message) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
}

static bool refuse(napi_env env, const char *name, const char *wanted) {
  char message[MESSAGE_BYTES];
  snprintf(message, sizeof message, "%s must be %s", name, wanted);
  throw_type_error(env, message);
  return false;
}

bool read_int32(napi_env env, napi_value value, const char *name, int *result) {
  double number = 0;
  // By way of a double, because napi_get_value_int32 turns 2^32, NaN and 1.5 into something else without a word.
  if (napi_get_value_double(env, value, &number) != napi_ok) return refuse(env, name, "a number");
  if (!(number >= INT32_MIN && number <= INT32_MAX)) return refuse(env, name, "a 32-bit integer");
  if (number != (int)number) return refuse(env, name, "a 32-bit integer");
  *result = (int)number;
  return true;
}

bool map_bytes(napi_env env, napi_value value, napi_typedarray_type type, struct bytes *result) {
  bool is_typed_array = false;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return false;
  napi_typedarray_type actual;
  void *data = NULL;
  size_t length = 0;
  if (napi_get_typedarray_info(env, value, &actual, &length, &data, NULL, NULL) != napi_ok) return false;
  if (actual != type) return false;
  result->data = data;
  result->length = type == napi_uint32_array ? length * sizeof(uint32_t) : length;
  return true;
}

bool read_bytes(napi_env env, napi_value value, const char *name, struct bytes *result) {
  return map_bytes(env, value, napi_uint8_array, result) || refuse(env, name, "a Uint8Array");
}

bool read_function(napi_env env, napi_value value, const char *name) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_function) return refuse(env, name, "a function");
  return true;
}

void throw_errno(napi_env env, const char *syscall, int error) {
  char code[NAME_BYTES];
  char message[MESSAGE_BYTES];
  uv_err_name_r(-error, code, sizeof code);
  snprintf(message, sizeof message, "%s %s", syscall, code);
  napi_value code_value, message_value, syscall_value, errno_value, object;
  if (napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_value) != napi_ok ||
      napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &message_value) != napi_ok ||
      napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &syscall_value) != napi_ok ||
      napi_create_int32(env, -error, &errno_value) != napi_ok ||
      napi_create_error(env, code_value, message_value, &object) != napi_ok)
    return;
  napi_set_named_property(env, object, "syscall", syscall_value);
  napi_set_named_property(env, object, "errno", errno_value);
  napi_throw(env, object);
}
