/** Timers of BFD sessions with BGP peers. What is left out is the default of the program that runs them. */
export interface BfdProfile {
  readonly name: string;
  /** 10 to 60000. */
  readonly receiveIntervalMs?: number;
  readonly transmitIntervalMs?: number;
  readonly echoIntervalMs?: number;
  /** 2 to 255. */
  readonly detectMultiplier?: number;
  /** 1 to 254. */
  readonly minimumTtl?: number;
  readonly echoMode: boolean;
  readonly passiveMode: boolean;
}
