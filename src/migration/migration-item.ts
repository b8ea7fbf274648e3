/** One thing that a migration keeps, changes or loses. */
export interface MigrationItem {
  /** What it is about, in one or two words: `takeover`. */
  readonly topic: string;
  /** The names of the objects that it is about, in the cluster; none where it is about the programs. */
  readonly objects: readonly string[];
  /** What is so, in whole sentences. */
  readonly text: string;
  /** What to do about it; left out where there is nothing to do. */
  readonly fix?: string;
}
