/** How to fix what an annotation or a snippet says, and Hawser does not do: with the annotation that says the same (`INSTEAD`), where there is one. */
export function fixWith(fix: string, instead: string | undefined): string {
  return instead === undefined ? fix : `${fix}, or write ${instead} instead`;
}
