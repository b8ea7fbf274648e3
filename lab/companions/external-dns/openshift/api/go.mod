// Stands for OpenShift's API, which external-dns links in for its source of Routes: the module proxy does not have the version it needs.
module github.com/openshift/api

go 1.27.0

require (
	k8s.io/api v0.37.0
	k8s.io/apimachinery v0.37.0
)
