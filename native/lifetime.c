// Memory, references and the end of a socket. A struct is freed when two things have happened, in either order: libuv
// has let go of the poll handle, and JavaScript has let go of the object.
#include "arguments.h"
#include "close_apart.h"
#include "socket.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

// Chosen at random: tells our handles from objects that another module has wrapped.
static const napi_type_tag HANDLE_TAG = {0x1f0b3c5d7a9e4821, 0x9c64d2e8b7f15a03};

static void free_when_unused(struct datagram_socket *socket) {
  if (socket->is_poll_open || !socket->is_finalized) return;
  free(socket->headers);
  free(socket->vectors);
  free(socket);
}

static void on_finalized(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct datagram_socket *socket = data;
  socket->is_finalized = true;
  free_when_unused(socket);
}

static void on_poll_closed(uv_handle_t *poll) {
  struct datagram_socket *socket = poll->data;
  socket->is_poll_open = false;
  // Only now may the environment end: until here libuv held memory of ours.
  if (socket->cleanup_hook != NULL) napi_remove_async_cleanup_hook(socket->cleanup_hook);
  free_when_unused(socket);
}

static void let_go(struct datagram_socket *socket, void (*close_descriptor)(napi_env env, int fd));

static void close_at_once(napi_env env, int fd) {
  (void)env;
  close(fd);
}

// The thread has nothing left to do that could wait for the kernel, and no longer takes work.
static void on_environment_ends(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  let_go(data, close_at_once);
}

struct datagram_socket *socket_create(napi_env env, napi_value handle, unsigned int slots, size_t slot_bytes) {
  struct datagram_socket *socket = calloc(1, sizeof *socket);
  struct mmsghdr *headers = calloc(slots, sizeof *headers);
  struct iovec *vectors = calloc(slots, sizeof *vectors);
  if (socket != NULL && headers != NULL && vectors != NULL) {
    *socket = (struct datagram_socket){
        .env = env, .fd = -1, .slots = slots, .slot_bytes = slot_bytes, .headers = headers, .vectors = vectors};
    if (napi_wrap(env, handle, socket, on_finalized, NULL, NULL) == napi_ok) {
      napi_type_tag_object(env, handle, &HANDLE_TAG);
      return socket;
    }
  }
  free(vectors);
  free(headers);
  free(socket);
  throw_errno(env, "malloc", ENOMEM);
  return NULL;
}

struct datagram_socket *socket_from(napi_env env, napi_value handle) {
  bool is_ours = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, handle, &HANDLE_TAG, &is_ours) != napi_ok || !is_ours ||
      napi_unwrap(env, handle, &data) != napi_ok) {
    throw_type_error(env, "handle must be what open() returned");
    return NULL;
  }
  return data;
}

int socket_adopt(struct datagram_socket *socket, int fd) {
  uv_loop_t *loop = NULL;
  int status = napi_get_uv_event_loop(socket->env, &loop) == napi_ok ? uv_poll_init(loop, &socket->poll, fd) : UV_EINVAL;
  if (status < 0) {
    close(fd);
    return status;
  }
  socket->fd = fd;
  socket->poll.data = socket;
  socket->is_poll_open = true;
  if (napi_add_async_cleanup_hook(socket->env, on_environment_ends, socket, &socket->cleanup_hook) == napi_ok) return 0;
  socket_close(socket);
  return UV_ENOMEM;
}

static void release(napi_env env, napi_ref *reference) {
  if (*reference != NULL) napi_delete_reference(env, *reference);
  *reference = NULL;
}

void socket_close(struct datagram_socket *socket) { let_go(socket, close_apart); }

static void let_go(struct datagram_socket *socket, void (*close_descriptor)(napi_env env, int fd)) {
  release(socket->env, &socket->on_batch);
  release(socket->env, &socket->frames);
  release(socket->env, &socket->lengths);
  release(socket->env, &socket->addresses);
  release(socket->env, &socket->handle);
  if (socket->fd < 0) return;
  uv_poll_stop(&socket->poll); // the descriptor may be closed as soon as libuv has stopped polling it
  close_descriptor(socket->env, socket->fd);
  socket->fd = -1;
  uv_close((uv_handle_t *)&socket->poll, on_poll_closed);
}
