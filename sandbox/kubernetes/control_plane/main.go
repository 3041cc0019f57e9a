// The control plane of Kubernetes as one program: its first argument names the part to run.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var parts = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler": func() *cobra.Command {
		return scheduler.NewSchedulerCommand()
	},
}

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	go endWithParent()
	os.Args = os.Args[1:]
	if os.Args[0] == "etcd" {
		etcdmain.Main(os.Args)
		return
	}
	part, ok := parts[os.Args[0]]
	if !ok {
		usage()
	}
	os.Exit(cli.Run(part()))
}

// Whoever starts a part holds its standard input open for as long as it lives; a polite stop of the
// API server would take a minute.
func endWithParent() {
	for one := make([]byte, 1); ; {
		if _, err := os.Stdin.Read(one); err != nil {
			os.Exit(0)
		}
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: kubernetes etcd|kube-apiserver|kube-controller-manager|kube-scheduler [option ...]")
	os.Exit(2)
}
