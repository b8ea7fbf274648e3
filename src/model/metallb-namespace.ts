/** Where MetalLB's objects are in a cluster: all of them are in its own namespace, which most installations call so. */
export const METALLB_NAMESPACE = "metallb-system";
