// Package v1 has the names that external-dns needs of OpenShift's Route, and no more: none is ever read.
package v1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// RouteAdmitted says that a router serves a Route.
const RouteAdmitted RouteIngressConditionType = "Admitted"

type Route struct {
	metav1.TypeMeta
	metav1.ObjectMeta
	Status RouteStatus
}

func (route *Route) DeepCopyObject() runtime.Object {
	copied := *route
	return &copied
}

type RouteStatus struct{ Ingress []RouteIngress }

type RouteIngress struct {
	Host                    string
	RouterName              string
	RouterCanonicalHostname string
	Conditions              []RouteIngressCondition
}

type RouteIngressConditionType string

type RouteIngressCondition struct {
	Type   RouteIngressConditionType
	Status corev1.ConditionStatus
}
