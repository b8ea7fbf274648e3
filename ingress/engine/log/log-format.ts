import type { AccessEntry, LoggedAnswer } from "./access-log.ts";
import type { KeptText } from "./kept-texts.ts";
import type { LineWriter } from "./line-writer.ts";

/** How a line of the access log is written. */
export interface LogFormat {
  /** What of a request has to be kept for it. */
  readonly needs: ReadonlySet<KeptText>;
  /** Which endpoints were asked, and what they answered, has to be kept. */
  readonly needsAttempts: boolean;
  /** Writes a line without its end. */
  write(line: LineWriter, entry: AccessEntry, answer: LoggedAnswer): void;
}
