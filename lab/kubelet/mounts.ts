/** A folder or file of the machine that a container sees somewhere else. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/**
 * Binds `SOURCE TARGET` pairs up to `--`, then becomes the command. A target that the machine does not have is made in
 * a layer over its top folder, which only this container sees; below /run, which is the rack's own, it is made as it is.
 */
const SCRIPT = `
set -e
layers=$1; shift
while [ "$1" != -- ]; do
  source=$1 target=$(readlink -m "$2"); shift 2
  top=$(echo "$target" | cut -d/ -f2)
  if [ ! -e "$target" ]; then
    if [ "$top" != run ] && [ ! -d "$layers/$top" ]; then
      mkdir -p "$layers/$top/upper" "$layers/$top/work"
      mount -t overlay -o "lowerdir=/$top,upperdir=$layers/$top/upper,workdir=$layers/$top/work" overlay "/$top"
    fi
    if [ -d "$source" ]; then mkdir -p "$target"; else mkdir -p "$(dirname "$target")"; : > "$target"; fi
  fi
  mount --bind "$source" "$target"
done
shift
exec "$@"
`;

/** The command line that runs a command with these mounts, which no other process sees. `layers`: an empty folder, new for each run. */
export function withMounts(mounts: readonly Mount[], layers: string, command: readonly string[]): readonly string[] {
  if (mounts.length === 0) return command;
  const pairs = mounts.flatMap(({ source, target }) => [source, target]);
  return [
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-c",
    SCRIPT,
    "sh",
    layers,
    ...pairs,
    "--",
    ...command,
  ];
}
