/** The Lease of an election, as it was written last. */
export interface LeaseSeen {
  /** Empty where its holder gave it back. */
  readonly holder: string;
  readonly durationMs: number;
  /** `spec.renewTime`, in milliseconds since 1970; undefined where it is not given. */
  readonly renewedMs: number | undefined;
}

/** Who leads in an election. */
export interface LeaderView {
  /** The Lease's name: `hawser-controller`. */
  readonly election: string;
  /** The program that leads, or led last; empty where that is not known. */
  readonly holder: string;
  readonly leads: boolean;
  /** When it said so last, in ISO 8601; empty where that is not known. */
  readonly renewedAt: string;
}

/** The election without which no Service gets an address. */
export const CONTROLLER_ELECTION = "hawser-controller";
/** How far the clock of the machine that looks may be behind or ahead before a leader is called gone. */
const CLOCK_TOLERANCE_MS = 20_000;

/** The elections of an installation; the controllers' is there even if it was never held. */
export function viewLeaders(
  leases: ReadonlyMap<string, LeaseSeen> | "none" | undefined,
  nowMs: number,
): readonly LeaderView[] {
  if (leases === undefined || leases === "none") return [];
  return [...new Set([CONTROLLER_ELECTION, ...leases.keys()])].sort().map((election) => {
    const { holder = "", durationMs = 0, renewedMs } = leases.get(election) ?? {};
    const isHeld = renewedMs === undefined || nowMs - renewedMs <= durationMs + CLOCK_TOLERANCE_MS;
    const renewedAt = renewedMs === undefined ? "" : new Date(renewedMs).toISOString();
    return { election, holder, leads: holder !== "" && isHeld, renewedAt };
  });
}
