//go:build kcm

package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func init() {
	commands["kube-controller-manager"] = func(args []string) {
		if len(args) > 0 && args[0] == "--stdin" {
			endWithStdin()
			args = args[1:]
		}
		c := app.NewControllerManagerCommand()
		c.SetArgs(args)
		os.Exit(cli.Run(c))
	}
}
