// The last MetalLB whose manifests define AddressPool, which is downloaded for that definition alone.
module hawser.dev/lab/metallb/address-pool

go 1.24

require go.universe.tf/metallb v0.13.12
