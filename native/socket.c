// What JavaScript calls: a generic datagram socket, bytes in and bytes out. No protocol is known here; native/socket.ts
// documents each function.
#include "arguments.h"
#include "descriptor.h"
#include "pages.h"
#include "socket.h"

#include <errno.h>
#include <unistd.h>

enum { MAX_ARGUMENTS = 8 };

// Reads the arguments; those not given are undefined. False if Node refuses.
static bool read_arguments(napi_env env, napi_callback_info info, napi_value arguments[MAX_ARGUMENTS]) {
  size_t count = MAX_ARGUMENTS;
  return napi_get_cb_info(env, info, &count, arguments, NULL, NULL) == napi_ok;
}

// Reads the arguments and the open socket behind the first; NULL with an exception pending.
static struct datagram_socket *read_open_socket(napi_env env, napi_callback_info info, const char *syscall,
                                                napi_value arguments[MAX_ARGUMENTS]) {
  if (!read_arguments(env, info, arguments)) return NULL;
  struct datagram_socket *socket = socket_from(env, arguments[0]);
  if (socket == NULL || socket->fd >= 0) return socket;
  throw_errno(env, syscall, EBADF);
  return NULL;
}

static napi_value number(napi_env env, int value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}

struct open_arguments {
  int domain, type, protocol, slots;
  struct bytes frames;
};

static bool read_open_arguments(napi_env env, napi_value *arguments, struct open_arguments *result) {
  if (!read_int32(env, arguments[0], "domain", &result->domain) ||
      !read_int32(env, arguments[1], "type", &result->type) ||
      !read_int32(env, arguments[2], "protocol", &result->protocol) ||
      !read_int32(env, arguments[3], "slots", &result->slots) ||
      !read_bytes(env, arguments[4], "frames", &result->frames))
    return false;
  struct bytes lengths, addresses;
  if (result->slots < 1 || result->slots > MAX_SLOTS) {
    throw_type_error(env, "slots must be 1 to 1024");
  } else if (result->frames.length == 0 || result->frames.length % (size_t)result->slots != 0) {
    throw_type_error(env, "frames must have the same number of bytes for each slot");
  } else if (!map_bytes(env, arguments[5], napi_uint32_array, &lengths) ||
             lengths.length != (size_t)result->slots * sizeof(uint32_t)) {
    throw_type_error(env, "lengths must be a Uint32Array with one element for each slot");
  } else if (!map_bytes(env, arguments[6], napi_uint8_array, &addresses) ||
             addresses.length != (size_t)result->slots * ADDRESS_BYTES) {
    throw_type_error(env, "addresses must be a Uint8Array with 32 bytes for each slot");
  } else {
    return read_function(env, arguments[7], "onBatch");
  }
  return false;
}

static bool hold(struct datagram_socket *socket, napi_value handle, napi_value *arguments) {
  napi_env env = socket->env;
  return napi_create_reference(env, handle, 1, &socket->handle) == napi_ok &&
         napi_create_reference(env, arguments[4], 1, &socket->frames) == napi_ok &&
         napi_create_reference(env, arguments[5], 1, &socket->lengths) == napi_ok &&
         napi_create_reference(env, arguments[6], 1, &socket->addresses) == napi_ok &&
         napi_create_reference(env, arguments[7], 1, &socket->on_batch) == napi_ok;
}

// open(domain, type, protocol, slots, frames, lengths, addresses, onBatch) -> handle
static napi_value socket_open(napi_env env, napi_callback_info info) {
  napi_value arguments[MAX_ARGUMENTS], handle;
  struct open_arguments given;
  if (!read_arguments(env, info, arguments) || !read_open_arguments(env, arguments, &given)) return NULL;
  int fd = socket(given.domain, given.type | SOCK_CLOEXEC | SOCK_NONBLOCK, given.protocol);
  int error = fd < 0 ? errno : 0;
  if (error == 0 && napi_create_object(env, &handle) != napi_ok) error = ENOMEM;
  if (error != 0) {
    if (fd >= 0) close(fd);
    throw_errno(env, "socket", error);
    return NULL;
  }
  unsigned int slots = (unsigned int)given.slots;
  struct datagram_socket *opened = socket_create(env, handle, slots, given.frames.length / slots);
  if (opened == NULL) {
    close(fd);
    return NULL;
  }
  int status = socket_adopt(opened, fd);
  if (status == 0 && hold(opened, handle, arguments)) return handle;
  socket_close(opened);
  throw_errno(env, "socket", status < 0 ? -status : ENOMEM);
  return NULL;
}

// setsockopt(handle, level, option, value)
static napi_value set_option(napi_env env, napi_callback_info info) {
  napi_value arguments[MAX_ARGUMENTS];
  int level, option;
  struct bytes value;
  struct datagram_socket *socket = read_open_socket(env, info, "setsockopt", arguments);
  if (socket == NULL || !read_int32(env, arguments[1], "level", &level) ||
      !read_int32(env, arguments[2], "option", &option) || !read_bytes(env, arguments[3], "value", &value))
    return NULL;
  if (setsockopt(socket->fd, level, option, value.data, (socklen_t)value.length) < 0)
    throw_errno(env, "setsockopt", errno);
  return NULL;
}

// getsockopt(handle, level, option, out) -> bytes written to out
static napi_value get_option(napi_env env, napi_callback_info info) {
  napi_value arguments[MAX_ARGUMENTS];
  int level, option;
  struct bytes out;
  struct datagram_socket *socket = read_open_socket(env, info, "getsockopt", arguments);
  if (socket == NULL || !read_int32(env, arguments[1], "level", &level) ||
      !read_int32(env, arguments[2], "option", &option) || !read_bytes(env, arguments[3], "out", &out))
    return NULL;
  socklen_t length = (socklen_t)out.length;
  if (getsockopt(socket->fd, level, option, out.data, &length) == 0) return number(env, (int)length);
  throw_errno(env, "getsockopt", errno);
  return NULL;
}

// attachFilter(handle, instructions)
static napi_value attach_filter(napi_env env, napi_callback_info info) {
  napi_value arguments[MAX_ARGUMENTS];
  struct bytes program;
  struct datagram_socket *socket = read_open_socket(env, info, "setsockopt", arguments);
  if (socket == NULL || !read_bytes(env, arguments[1], "instructions", &program)) return NULL;
  int error = attach_program(socket->fd, program);
  if (error != 0) throw_errno(env, "setsockopt", error);
  return NULL;
}

// bind(handle, address)
static napi_value bind_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[MAX_ARGUMENTS];
  struct bytes address;
  struct datagram_socket *socket = read_open_socket(env, info, "bind", arguments);
  if (socket == NULL || !read_bytes(env, arguments[1], "address", &address)) return NULL;
  if (bind(socket->fd, (const struct sockaddr *)address.data, (socklen_t)address.length) < 0)
    throw_errno(env, "bind", errno);
  return NULL;
}

// start(handle)
static napi_value start(napi_env env, napi_callback_info info) {
  napi_value arguments[MAX_ARGUMENTS];
  struct datagram_socket *socket = read_open_socket(env, info, "poll", arguments);
  if (socket == NULL) return NULL;
  int status = socket_start(socket);
  if (status < 0) throw_errno(env, "poll", -status);
  return NULL;
}

// send(handle, datagram, address?) -> bytes sent, or a negative errno
static napi_value send_datagram(napi_env env, napi_callback_info info) {
  napi_value arguments[MAX_ARGUMENTS];
  struct bytes datagram, address = {NULL, 0};
  napi_valuetype address_type;
  if (!read_arguments(env, info, arguments)) return NULL;
  struct datagram_socket *socket = socket_from(env, arguments[0]);
  if (socket == NULL || !read_bytes(env, arguments[1], "datagram", &datagram) ||
      napi_typeof(env, arguments[2], &address_type) != napi_ok)
    return NULL;
  if (address_type != napi_undefined && !read_bytes(env, arguments[2], "address", &address)) return NULL;
  ssize_t sent = sendto(socket->fd, datagram.data, datagram.length, MSG_DONTWAIT | MSG_NOSIGNAL,
                        (const struct sockaddr *)address.data, (socklen_t)address.length);
  return number(env, sent < 0 ? -errno : (int)sent);
}

// close(handle)
static napi_value close_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[MAX_ARGUMENTS];
  if (!read_arguments(env, info, arguments)) return NULL;
  struct datagram_socket *socket = socket_from(env, arguments[0]);
  if (socket != NULL) socket_close(socket);
  return NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"open", NULL, socket_open, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setsockopt", NULL, set_option, NULL, NULL, NULL, napi_enumerable, NULL},
      {"getsockopt", NULL, get_option, NULL, NULL, NULL, napi_enumerable, NULL},
      {"attachFilter", NULL, attach_filter, NULL, NULL, NULL, napi_enumerable, NULL},
      {"bind", NULL, bind_socket, NULL, NULL, NULL, napi_enumerable, NULL},
      {"start", NULL, start, NULL, NULL, NULL, napi_enumerable, NULL},
      {"send", NULL, send_datagram, NULL, NULL, NULL, napi_enumerable, NULL},
      {"releaseFilePages", NULL, release_file_pages, NULL, NULL, NULL, napi_enumerable, NULL},
      {"releaseFreePages", NULL, release_free_pages, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setDescriptorOption", NULL, set_descriptor_option, NULL, NULL, NULL, napi_enumerable, NULL},
      {"getDescriptorOption", NULL, get_descriptor_option, NULL, NULL, NULL, napi_enumerable, NULL},
      {"attachDescriptorFilter", NULL, attach_descriptor_filter, NULL, NULL, NULL, napi_enumerable, NULL},
      {"close", NULL, close_socket, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  return exports;
}
