// Package externalversions stands for the informers of Routes, which are never made here.
package externalversions

import (
	"reflect"
	"time"

	"github.com/openshift/client-go/route/clientset/versioned"
	v1 "github.com/openshift/client-go/route/informers/externalversions/route/v1"
)

type SharedInformerFactory interface {
	Start(<-chan struct{})
	WaitForCacheSync(<-chan struct{}) map[reflect.Type]bool
	Route() Group
}

type Group interface{ V1() v1.Interface }

type SharedInformerOption struct{}

func WithNamespace(string) SharedInformerOption { return SharedInformerOption{} }

func NewSharedInformerFactoryWithOptions(versioned.Interface, time.Duration, ...SharedInformerOption) SharedInformerFactory {
	panic("this external-dns is built without OpenShift's Routes")
}
