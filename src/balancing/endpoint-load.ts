/** The requests that an endpoint has, and how fast it answered. Changed in place. */
export interface EndpointLoad {
  /** Requests under way, of the rules whose policy asks for loads. */
  underWay: number;
  /** Moving average of its response times in milliseconds; undefined before the first. */
  averageMs: number | undefined;
  /** When the average was taken. */
  averagedMs: number;
}

/** The load of an endpoint that has had no request. */
export function newLoad(): EndpointLoad {
  return { underWay: 0, averageMs: undefined, averagedMs: 0 };
}
