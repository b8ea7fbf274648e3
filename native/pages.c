// Memory that only the start of a program needs, handed back.
#include "pages.h"

#include "arguments.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>

// One entry of /proc/self/smaps (proc(5)).
struct mapping {
  unsigned long start, end, inode, resident_kb, anonymous_kb;
  char access; // '-' where writing is not allowed
};

// Reads one line into the entry; true after the last line that counts here.
static bool read_line(const char *line, struct mapping *mapping) {
  struct mapping next = {0};
  if (sscanf(line, "%lx-%lx %*c%c%*s %*x %*x:%*x %lu", &next.start, &next.end, &next.access, &next.inode) == 4)
    *mapping = next;
  else
    sscanf(line, "Rss: %lu kB", &mapping->resident_kb);
  return sscanf(line, "Anonymous: %lu kB", &mapping->anonymous_kb) == 1;
}

// A page that was written is this process's own, and would be lost: relocated tables, or code under a probe.
static bool can_be_mapped_again(const struct mapping *mapping) {
  return mapping->inode != 0 && mapping->access == '-' && mapping->anonymous_kb == 0;
}

// Hands back the pages of Node's binary and its libraries that are mapped and were never written. The kernel maps them
// again from its page cache when they are touched, 16 at a time, without reading a disk.
napi_value release_file_pages(napi_env env, napi_callback_info info) {
  (void)info;
  FILE *mappings = fopen("/proc/self/smaps", "re");
  if (mappings == NULL) {
    throw_errno(env, "open", errno);
    return NULL;
  }
  char line[PATH_MAX + 128];
  struct mapping mapping = {0};
  unsigned long released_kb = 0;
  while (fgets(line, sizeof line, mappings) != NULL) {
    if (!read_line(line, &mapping) || !can_be_mapped_again(&mapping)) continue;
    if (madvise((void *)mapping.start, mapping.end - mapping.start, MADV_DONTNEED) == 0)
      released_kb += mapping.resident_kb;
  }
  fclose(mappings);
  napi_value result;
  return napi_create_uint32(env, (uint32_t)released_kb, &result) == napi_ok ? result : NULL;
}

// Hands back the pages that the allocator holds and that nothing is in: it keeps all but the last of them.
napi_value release_free_pages(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return NULL;
}
