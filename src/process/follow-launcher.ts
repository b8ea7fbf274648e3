/** The variable in which a launcher gives its process id to the program that it starts. */
const LAUNCHER_PID = "HAWSER_LAUNCHER_PID";
/** How often this process looks whether its launcher lives: rarely enough to cost nothing. */
const LOOK_MS = 500;

/**
 * Calls `onGone` once when the launcher of this process has ended: a launcher that is killed (SIGKILL) can pass nothing on,
 * and its program would run on unnoticed. Does nothing in a process that no launcher of ours started.
 */
export function followLauncher(onGone: () => void, env: NodeJS.ProcessEnv = process.env): void {
  // A program that our program starts inherits the variable, and has another parent.
  if (env[LAUNCHER_PID] !== String(process.ppid)) return;
  const launcher = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(look);
    onGone();
  }, LOOK_MS);
  look.unref();
}
