// Closing a descriptor on another thread: the kernel may take its time.
#ifndef HAWSER_CLOSE_APART_H
#define HAWSER_CLOSE_APART_H

#include <node_api.h>

// Closes the descriptor on a thread of libuv's pool, or at once where that is not to be had. The caller no longer uses it.
void close_apart(napi_env env, int fd);

#endif
