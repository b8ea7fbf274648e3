// The definitions of the Prometheus operator's kinds, for tests of our monitors: files of its module, copied by build-prometheus-operator.ts.
module hawser.dev/lab/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.92.1
