// One open datagram socket: its life is in lifetime.c, receiving in receive.c, what JavaScript calls in socket.c.
#ifndef HAWSER_SOCKET_H
#define HAWSER_SOCKET_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

enum {
  // Room for any address this module meets: sockaddr_ll, sockaddr_nl, sockaddr_in6.
  ADDRESS_BYTES = 32,
  // The kernel's own bound on one recvmmsg (UIO_MAXIOV).
  MAX_SLOTS = 1024,
};

struct datagram_socket {
  napi_env env;
  int fd; // -1 once closed
  uv_poll_t poll;
  bool is_poll_open;
  bool is_finalized; // JavaScript has let go of the handle
  napi_async_cleanup_hook_handle cleanup_hook;
  unsigned int slots;
  size_t slot_bytes;
  struct mmsghdr *headers; // one per slot
  struct iovec *vectors;   // one per slot
  // Held from open to close, so that an open socket is not collected.
  napi_ref handle, frames, lengths, addresses, on_batch;
};

// Makes the struct that `handle` stands for; NULL (with an exception pending) if memory ran out.
struct datagram_socket *socket_create(napi_env env, napi_value handle, unsigned int slots, size_t slot_bytes);

// The socket behind a handle; NULL, with a TypeError pending, if the value is not a handle of this module.
struct datagram_socket *socket_from(napi_env env, napi_value handle);

// Takes a file descriptor into the event loop, not yet receiving; 0 or a negative errno. On failure fd is closed.
int socket_adopt(struct datagram_socket *socket, int fd);

// Ends the socket for JavaScript at once; its descriptor is closed on another thread, the rest when the event loop comes round. A
// second call does nothing.
void socket_close(struct datagram_socket *socket);

// Begins to receive; 0 or a negative errno.
int socket_start(struct datagram_socket *socket);

#endif
