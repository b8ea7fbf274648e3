// Command external-dns runs external-dns with its in-memory provider. Sources, plan, registry, provider and flags are its own;
// only the loop is ours, because the package with its own one links the SDKs of all clouds. Prints the records as one line of
// JSON whenever they have changed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns/validation"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider"
	"sigs.k8s.io/external-dns/provider/inmemory"
	"sigs.k8s.io/external-dns/registry"
	"sigs.k8s.io/external-dns/registry/noop"
	"sigs.k8s.io/external-dns/source"
	"sigs.k8s.io/external-dns/source/annotations"
	"sigs.k8s.io/external-dns/source/wrappers"
)

// lookEvery is the pause between two looks at whether an object has changed.
const lookEvery = 100 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run makes the records again after each change of an object, until ctx ends.
func run(ctx context.Context, args []string) error {
	config := externaldns.NewConfig()
	if err := config.ParseFlags(args); err != nil {
		return err
	}
	if err := validation.ValidateConfig(config); err != nil {
		return err
	}
	annotations.SetAnnotationPrefix(config.AnnotationPrefix)
	if config.EnableLegacyAnnotationPrefix {
		annotations.SetLegacyAnnotationPrefix(annotations.LegacyAnnotationPrefix)
	}
	sourceConfig, err := source.NewSourceConfig(config)
	if err != nil {
		return err
	}
	objects, err := wrappers.Build(ctx, sourceConfig)
	if err != nil {
		return err
	}
	filter := endpoint.NewDomainFilter(config.DomainFilter)
	zones, err := inmemory.New(ctx, config, filter)
	if err != nil {
		return err
	}
	records, err := noop.New(config, zones)
	if err != nil {
		return err
	}
	changed := make(chan struct{}, 1)
	mark := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	objects.AddEventHandler(ctx, mark)
	mark()
	fmt.Println("external-dns runs")
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		select {
		case <-changed:
			if err := runOnce(ctx, config, objects, records, filter); err != nil {
				return err
			}
		default:
		}
	}
}

// runOnce brings the records in step with the objects, as Controller.RunOnce of external-dns does.
func runOnce(
	ctx context.Context,
	config *externaldns.Config,
	objects source.Source,
	records registry.Registry,
	filter *endpoint.DomainFilter,
) error {
	current, err := records.Records(ctx)
	if err != nil {
		return err
	}
	ctx = context.WithValue(ctx, provider.RecordsContextKey, current)
	found, err := objects.Endpoints(ctx)
	if err != nil {
		return err
	}
	desired, err := records.AdjustEndpoints(found)
	if err != nil {
		return err
	}
	wanted := &plan.Plan{
		Policies:       []plan.Policy{plan.Policies[config.Policy]},
		Current:        current,
		Desired:        desired,
		DomainFilter:   endpoint.MatchAllDomainFilters{filter, records.GetDomainFilter()},
		ManagedRecords: config.ManagedDNSRecordTypes,
		ExcludeRecords: config.ExcludeDNSRecordTypes,
		OwnerID:        records.OwnerID(),
	}
	changes := wanted.Calculate().Changes
	if !changes.HasChanges() {
		return nil
	}
	if err := records.ApplyChanges(ctx, changes); err != nil {
		return err
	}
	now, err := records.Records(ctx)
	if err != nil {
		return err
	}
	type record struct {
		Name    string   `json:"name"`
		Type    string   `json:"type"`
		Targets []string `json:"targets"`
	}
	printed := []record{}
	for _, one := range now {
		printed = append(printed, record{one.DNSName, one.RecordType, one.Targets})
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"records": printed})
}
