// Memory of the whole process, apart from any socket.
#ifndef HAWSER_PAGES_H
#define HAWSER_PAGES_H

#include <node_api.h>

// releaseFilePages() -> kB taken out of the resident set
napi_value release_file_pages(napi_env env, napi_callback_info info);

// releaseFreePages()
napi_value release_free_pages(napi_env env, napi_callback_info info);

#endif
