// Command acmesolver answers one HTTP-01 challenge, with cert-manager's own solver and the flags of its own command.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	"github.com/cert-manager/cert-manager/pkg/logs"
)

func main() {
	one := &solver.HTTP01Solver{}
	flag.IntVar(&one.ListenPort, "listen-port", 8089, "port to answer on")
	flag.StringVar(&one.Domain, "domain", "", "domain that is asked for")
	flag.StringVar(&one.Token, "token", "", "token that is asked for")
	flag.StringVar(&one.Key, "key", "", "key to answer with")
	flag.Parse()
	if err := one.Listen(logs.Log); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
