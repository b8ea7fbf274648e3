import { MORE_DESCRIPTORS, NO_DESCRIPTOR } from "#src/model/no-descriptor.ts";
import type { Problem } from "#src/model/problem.ts";

/** Error codes in words, where the code alone does not tell what to do. */
const meanings: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "it is not a folder",
  EACCES: "this user may not read it (EACCES)",
  EPERM: "this user may not read it (EPERM)",
  ...NO_DESCRIPTOR,
};

/** The folder itself cannot be read. */
export function folderMissing(directory: string, fault: string): Problem {
  return {
    code: "MANIFESTS_MISSING",
    at: { kind: "file", file: directory },
    what: "Cannot read the folder of manifests",
    why: meanings[fault] ?? fault,
    fix: `${wayOut(fault)}; Hawser waits for it and keeps what it knows`,
    severity: "error",
  };
}

function wayOut(fault: string): string {
  if (fault === "EACCES" || fault === "EPERM") return "Let this user read it";
  if (fault in NO_DESCRIPTOR) return MORE_DESCRIPTORS;
  return "Create it, or name another one with --manifests";
}

/** A file or a folder in it cannot be read or followed. */
export function pathUnreadable(path: string, fault: string): Problem {
  return {
    code: "MANIFEST_UNREADABLE",
    at: { kind: "file", file: path },
    what: "Cannot read it",
    why: meanings[fault] ?? fault,
    fix: `${fault in NO_DESCRIPTOR ? MORE_DESCRIPTORS : "Fix or remove it"}; until then Hawser keeps using its last content`,
    severity: "error",
  };
}

/** A status file that a person, or a disk, broke. */
export function statusBroken(path: string, fault: string): Problem {
  return {
    code: "STATUS_FILE_BROKEN",
    at: { kind: "file", file: path },
    what: "Cannot read the status that Hawser wrote",
    why: fault,
    fix: "Nothing if Hawser runs: it writes the file again. Or delete it, which releases the address",
    severity: "warning",
  };
}

/** The kernel refuses a watch; only speed suffers. */
export function watchRefused(directory: string, code: string): Problem {
  return {
    code: "WATCH_REFUSED",
    at: { kind: "file", file: directory },
    what: "Cannot watch all folders",
    why: `the kernel refuses (${code})`,
    fix: "Raise the sysctl fs.inotify.max_user_watches or max_user_instances; until then changes are seen after a second",
    severity: "warning",
  };
}
