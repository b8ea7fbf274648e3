/** The programs that write Events, as these name them. A program of which one replica leads has a Lease with the same name. */
export const COMPONENTS = ["hawser-controller", "hawser-speaker", "hawser-ingress"] as const;
