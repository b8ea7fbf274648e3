/** Timers of BFD sessions with BGP peers. What is left out is the default of the program that runs them. */
export interface BfdProfile {
  readonly name: string;
  /** The numbers are within BFD_LIMITS. */
  readonly receiveIntervalMs?: number;
  readonly transmitIntervalMs?: number;
  readonly echoIntervalMs?: number;
  readonly detectMultiplier?: number;
  readonly minimumTtl?: number;
  readonly echoMode: boolean;
  readonly passiveMode: boolean;
}

const INTERVAL_MS = { min: 10, max: 60_000 };

/** The least and the largest of each number of a profile, as MetalLB has them. */
export const BFD_LIMITS = {
  receiveIntervalMs: INTERVAL_MS,
  transmitIntervalMs: INTERVAL_MS,
  echoIntervalMs: INTERVAL_MS,
  detectMultiplier: { min: 2, max: 255 },
  minimumTtl: { min: 1, max: 254 },
} as const satisfies Partial<Record<keyof BfdProfile, { readonly min: number; readonly max: number }>>;
