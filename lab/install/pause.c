/* The first process of every pod: holds the pod's namespaces, collects orphans, ends when told to.
   With an argument it ends at once and well: that a container runs here at all is seen by it. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal) {
  (void)signal;
  _exit(0);
}

static void reap(int signal) {
  (void)signal;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(int count, char **arguments) {
  (void)arguments;
  if (count > 1) return 0;
  signal(SIGINT, end);
  signal(SIGTERM, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
