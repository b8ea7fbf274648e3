// The close of a packet socket waits until no processor of the machine can be handling one of its packets (synchronize_net in the
// kernel): 10 to 80 ms. A thread that has to tick each 10 ms leaves that to another one.
#include "close_apart.h"

#include <stdlib.h>
#include <unistd.h>

struct closing {
  int fd; // -1 once closed
  napi_async_work work;
};

static void on_pool_thread(napi_env env, void *data) {
  (void)env;
  struct closing *closing = data;
  close(closing->fd);
  closing->fd = -1;
}

static void on_done(napi_env env, napi_status status, void *data) {
  (void)status;
  struct closing *closing = data;
  if (closing->fd >= 0) close(closing->fd); // the pool did not come to it
  napi_delete_async_work(env, closing->work);
  free(closing);
}

void close_apart(napi_env env, int fd) {
  struct closing *closing = malloc(sizeof *closing);
  napi_value name;
  if (closing != NULL) {
    *closing = (struct closing){.fd = fd, .work = NULL};
    if (napi_create_string_utf8(env, "hawser close", NAPI_AUTO_LENGTH, &name) == napi_ok &&
        napi_create_async_work(env, NULL, name, on_pool_thread, on_done, closing, &closing->work) == napi_ok) {
      if (napi_queue_async_work(env, closing->work) == napi_ok) return;
      napi_delete_async_work(env, closing->work);
    }
  }
  free(closing);
  close(fd);
}
