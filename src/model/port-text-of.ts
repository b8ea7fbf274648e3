/** The port that an authority (`host:port`) names, as it is written; empty where it names none. */
export function portTextOf(authority: string): string {
  return /:(\d+)$/.exec(authority)?.[1] ?? "";
}
