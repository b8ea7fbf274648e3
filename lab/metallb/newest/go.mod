// The newest MetalLB, which is downloaded for its definitions alone.
module hawser.dev/lab/metallb/newest

go 1.26.0

require go.universe.tf/metallb v0.16.2
