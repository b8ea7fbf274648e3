// Receiving: libuv says that something is there, recvmmsg fills the slots, JavaScript gets their number.
#include "arguments.h"
#include "socket.h"

#include <errno.h>

// Batches taken per wake-up before the rest of the event loop has its turn.
enum { ROUNDS_PER_WAKE_UP = 4 };

static bool map_reference(struct datagram_socket *socket, napi_ref reference, napi_typedarray_type type,
                          struct bytes *result) {
  napi_value value = NULL;
  if (napi_get_reference_value(socket->env, reference, &value) != napi_ok || value == NULL) return false;
  return map_bytes(socket->env, value, type, result);
}

// Points the headers at the slots. Done again for each batch, because JavaScript may have detached or shrunk a buffer
// meanwhile; false if so. `lengths` is where the lengths go.
static bool point_at_slots(struct datagram_socket *socket, struct bytes *lengths) {
  struct bytes frames, addresses;
  if (!map_reference(socket, socket->frames, napi_uint8_array, &frames) ||
      !map_reference(socket, socket->addresses, napi_uint8_array, &addresses) ||
      !map_reference(socket, socket->lengths, napi_uint32_array, lengths))
    return false;
  if (frames.length < socket->slots * socket->slot_bytes || addresses.length < socket->slots * ADDRESS_BYTES ||
      lengths->length < socket->slots * sizeof(uint32_t))
    return false;
  for (unsigned int slot = 0; slot < socket->slots; slot++) {
    socket->vectors[slot] = (struct iovec){frames.data + slot * socket->slot_bytes, socket->slot_bytes};
    socket->headers[slot].msg_hdr = (struct msghdr){
        .msg_name = addresses.data + slot * ADDRESS_BYTES,
        .msg_namelen = ADDRESS_BYTES,
        .msg_iov = &socket->vectors[slot],
        .msg_iovlen = 1,
    };
  }
  return true;
}

// Calls onBatch(count, errno). What it throws becomes an uncaught exception, as in any other callback of Node.
static void call_on_batch(struct datagram_socket *socket, unsigned int count, int error) {
  napi_env env = socket->env;
  napi_value receiver, callback, arguments[2];
  if (napi_get_reference_value(env, socket->handle, &receiver) != napi_ok ||
      napi_get_reference_value(env, socket->on_batch, &callback) != napi_ok ||
      napi_create_uint32(env, count, &arguments[0]) != napi_ok ||
      napi_create_int32(env, error, &arguments[1]) != napi_ok)
    return;
  napi_make_callback(env, NULL, receiver, callback, 2, arguments, NULL);
  bool is_pending = false;
  napi_value exception;
  if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok)
    napi_fatal_exception(env, exception);
}

// One recvmmsg. True if there may be more.
static bool receive_batch(struct datagram_socket *socket) {
  struct bytes lengths;
  if (!point_at_slots(socket, &lengths)) {
    uv_poll_stop(&socket->poll); // nowhere to put anything: without this the event loop would spin
    call_on_batch(socket, 0, EFAULT);
    return false;
  }
  // MSG_TRUNC: the length is the datagram's own, so that JavaScript can tell when a slot was too small.
  int count = recvmmsg(socket->fd, socket->headers, socket->slots, MSG_DONTWAIT | MSG_TRUNC, NULL);
  if (count < 0) {
    int error = errno;
    if (error == EAGAIN) return false;
    if (error != EINTR) call_on_batch(socket, 0, error);
    return true; // an error is reported once by the kernel; datagrams may wait behind it
  }
  uint32_t *length = (uint32_t *)lengths.data;
  for (int slot = 0; slot < count; slot++) length[slot] = socket->headers[slot].msg_len;
  if (count > 0) call_on_batch(socket, (unsigned int)count, 0);
  return (unsigned int)count == socket->slots;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)events;
  struct datagram_socket *socket = poll->data;
  napi_handle_scope scope;
  if (napi_open_handle_scope(socket->env, &scope) != napi_ok) return;
  bool is_more = true;
  // The callback may close the socket.
  for (int round = 0; is_more && round < ROUNDS_PER_WAKE_UP && socket->fd >= 0; round++) is_more = receive_batch(socket);
  // A pending error (ENETDOWN, ENOBUFS) makes libuv stop polling. recvmmsg has taken and reported it: go on.
  if (status < 0 && socket->fd >= 0) uv_poll_start(poll, UV_READABLE, on_readable);
  napi_close_handle_scope(socket->env, scope);
}

int socket_start(struct datagram_socket *socket) {
  return uv_poll_start(&socket->poll, UV_READABLE, on_readable);
}
