/** Error codes by which the kernel refuses to open one more file or socket, in words (open(2)). */
export const NO_DESCRIPTOR: Readonly<Record<string, string>> = {
  EMFILE: "the program has as many open files as it may have (EMFILE)",
  ENFILE: "the machine has as many open files as it may have (ENFILE)",
};

/** What to do about it. */
export const MORE_DESCRIPTORS = "Raise the limit of open files, or find out what holds so many";
