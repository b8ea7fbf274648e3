// Command ingress-nginx is ingress-nginx without nginx: its own loop of statuses, which its NGINXController starts when it leads
// and ends with the program, and on port 80 a server that says its name. Of the flags of ingress-nginx those about classes and
// statuses count.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"k8s.io/ingress-nginx/internal/ingress/status"
	"k8s.io/ingress-nginx/internal/k8s"
	"k8s.io/ingress-nginx/pkg/apis/ingress"
)

// Seconds between two looks at all statuses: 60 in ingress-nginx.
const updateInterval = 2

// A quarter of it passes between two tries to lead: 30 s in ingress-nginx.
const electionTTL = 4 * time.Second

// How long it serves on while senders learn that it ends: nginx takes what is under way to its end.
const drain = 5 * time.Second

// The Ingresses of one class.
type ours struct {
	ingresses listers.IngressLister
	class     string
}

// ListIngresses returns those of the class, as the store of ingress-nginx does.
func (o ours) ListIngresses() []*ingress.Ingress {
	all, err := o.ingresses.List(labels.Everything())
	if err != nil {
		return nil
	}
	var found []*ingress.Ingress
	for _, one := range all {
		if one.Spec.IngressClassName != nil && *one.Spec.IngressClassName == o.class {
			found = append(found, &ingress.Ingress{Ingress: *one.DeepCopy()})
		}
	}
	return found
}

// The last of several flags of one name counts.
func flag(name, otherwise string) string {
	value := otherwise
	for _, argument := range os.Args[1:] {
		if argument == "--"+name {
			value = "true"
		} else if rest, found := strings.CutPrefix(argument, "--"+name+"="); found {
			value = rest
		}
	}
	return value
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func main() {
	config := must(rest.InClusterConfig())
	config.UserAgent = "nginx-ingress-controller"
	client := must(kubernetes.NewForConfig(config))
	must(0, k8s.GetIngressPod(client))
	status.UpdateInterval = updateInterval

	factory := informers.NewSharedInformerFactory(client, 0)
	informer := factory.Networking().V1().Ingresses()
	synced := informer.Informer().HasSynced
	stop := make(chan struct{})
	factory.Start(stop)
	cache.WaitForCacheSync(stop, synced)

	var syncer status.Syncer
	if flag("update-status", "true") == "true" {
		syncer = status.NewStatusSyncer(status.Config{
			Client:                 client,
			PublishService:         flag("publish-service", ""),
			UpdateStatusOnShutdown: flag("update-status-on-shutdown", "true") == "true",
			IngressLister:          ours{informer.Lister(), flag("ingress-class", "nginx")},
		})
	}
	elect(client, syncer)

	says := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "served by ingress-nginx") })
	for _, port := range []string{":80", ":10254"} {
		go func() { must(0, http.ListenAndServe(port, says)) }()
	}

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
	close(stop)
	if syncer != nil {
		syncer.Shutdown()
	}
	time.Sleep(drain)
}

// As setupLeaderElection of ingress-nginx does: the Lease is kept at the end, so that another one leads after its duration.
func elect(client kubernetes.Interface, syncer status.Syncer) {
	var stop chan struct{}
	elector := must(leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  meta.ObjectMeta{Namespace: k8s.IngressPodDetails.Namespace, Name: "ingress-nginx-leader"},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: k8s.IngressPodDetails.Name},
		},
		LeaseDuration: electionTTL,
		RenewDeadline: electionTTL / 2,
		RetryPeriod:   electionTTL / 4,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) {
				stop = make(chan struct{})
				if syncer != nil {
					go syncer.Run(stop)
				}
			},
			OnStoppedLeading: func() { close(stop) },
		},
	}))
	go elector.Run(context.Background())
}
