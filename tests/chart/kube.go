// SPDX-License-Identifier: Apache-2.0

// The parts of Kubernetes that the chart's tests need, as one program: kube apiserver|controller-manager|scheduler|kubectl.
// scripts/chart_tools.sh builds it.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	parts := map[string]func() *cobra.Command{
		"apiserver":          apiserver.NewAPIServerCommand,
		"controller-manager": controllers.NewControllerManagerCommand,
		"scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"kubectl":            kubectl.NewDefaultKubectlCommand,
	}
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: kube apiserver|controller-manager|scheduler|kubectl ...")
		os.Exit(2)
	}
	part := parts[os.Args[1]]
	os.Args = append([]string{"kube " + os.Args[1]}, os.Args[2:]...)
	os.Exit(cli.Run(part()))
}
