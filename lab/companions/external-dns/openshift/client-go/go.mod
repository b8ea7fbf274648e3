// Stands for the client of OpenShift's API, of which there are no objects here.
module github.com/openshift/client-go

go 1.27.0

require k8s.io/client-go v0.37.0
