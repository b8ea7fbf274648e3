/** One program's part in the election of a leader among those that run under the same name. */
export interface Leadership {
  /** Whether this program leads now; exact at every moment, also when the loss was not reported yet. */
  readonly leads: boolean;
}

/** Where there is no other candidate: leads from the start. */
export const SOLE_LEADER: Leadership = { leads: true };
