// Package v1 stands for the informer of Routes, which is never made here.
package v1

import "k8s.io/client-go/tools/cache"

type Interface interface{ Routes() RouteInformer }

type RouteInformer interface {
	Informer() cache.SharedIndexInformer
}
