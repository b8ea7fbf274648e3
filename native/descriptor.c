#include "descriptor.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

int attach_program(int descriptor, struct bytes program) {
  size_t count = program.length / sizeof(struct sock_filter);
  if (program.length % sizeof(struct sock_filter) != 0 || count > BPF_MAXINSNS) return EINVAL;
  struct sock_fprog filter = {.len = (unsigned short)count, .filter = (struct sock_filter *)program.data};
  return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0 ? errno : 0;
}

// setDescriptorOption(descriptor, level, option, value)
napi_value set_descriptor_option(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  int descriptor, level, option;
  struct bytes value;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      !read_int32(env, arguments[0], "descriptor", &descriptor) || !read_int32(env, arguments[1], "level", &level) ||
      !read_int32(env, arguments[2], "option", &option) || !read_bytes(env, arguments[3], "value", &value))
    return NULL;
  if (setsockopt(descriptor, level, option, value.data, (socklen_t)value.length) < 0)
    throw_errno(env, "setsockopt", errno);
  return NULL;
}

// getDescriptorOption(descriptor, level, option, out) -> bytes written to out
napi_value get_descriptor_option(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4], result;
  int descriptor, level, option;
  struct bytes out;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      !read_int32(env, arguments[0], "descriptor", &descriptor) || !read_int32(env, arguments[1], "level", &level) ||
      !read_int32(env, arguments[2], "option", &option) || !read_bytes(env, arguments[3], "out", &out))
    return NULL;
  socklen_t length = (socklen_t)out.length;
  if (getsockopt(descriptor, level, option, out.data, &length) == 0)
    return napi_create_uint32(env, length, &result) == napi_ok ? result : NULL;
  throw_errno(env, "getsockopt", errno);
  return NULL;
}

// attachDescriptorFilter(descriptor, instructions)
napi_value attach_descriptor_filter(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  int descriptor;
  struct bytes program;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      !read_int32(env, arguments[0], "descriptor", &descriptor) ||
      !read_bytes(env, arguments[1], "instructions", &program))
    return NULL;
  int error = attach_program(descriptor, program);
  if (error != 0) throw_errno(env, "setsockopt", error);
  return NULL;
}
