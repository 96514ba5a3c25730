// control-plane up: embedded etcd + kube-apiserver in one process, for integration tests.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

var commands = map[string]func([]string){"up": up}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		check(fmt.Errorf("usage: control-plane up --dir DIR [--port N] [--users a,b] [--stdin] [-- kube-apiserver flags]"))
	}
	commands[os.Args[1]](os.Args[2:])
}

func up(args []string) {
	start := time.Now()
	fs := flag.NewFlagSet("up", flag.ExitOnError)
	dirFlag := fs.String("dir", "control-plane-data", "state directory; used again if it exists")
	port := fs.Int("port", 0, "0: any free port")
	users := fs.String("users", "", "extra users, without rights")
	stdin := fs.Bool("stdin", false, "shut down when stdin closes")
	_ = fs.Parse(args)
	dir, _ := filepath.Abs(*dirFlag)
	f := func(name string) string { return filepath.Join(dir, name) }
	ctx := genericapiserver.SetupSignalContext() // SIGTERM, SIGINT: graceful
	if *stdin {
		endWithStdin()
	}
	ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", *port)) // own listener: no race for a free port
	check(err)
	*port = ln.Addr().(*net.TCPAddr).Port
	server := fmt.Sprintf("https://127.0.0.1:%d", *port)
	check(os.MkdirAll(dir, 0o700))
	if _, err := os.Stat(f("tokens.csv")); err != nil { // first start: service-account key and tokens
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		der, _ := x509.MarshalECPrivateKey(key)
		write(f("sa.key"), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
		csv := rand.Text() + ",admin,0,system:masters\n"
		for _, u := range strings.FieldsFunc(*users, func(r rune) bool { return r == ',' }) {
			csv += rand.Text() + "," + u + "," + u + "\n"
		}
		write(f("tokens.csv"), csv)
	}
	csv, _ := os.ReadFile(f("tokens.csv"))
	for _, l := range strings.Fields(string(csv)) {
		t := strings.Split(l, ",")
		write(f(t[1]+".kubeconfig"), fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"t",
"contexts":[{"name":"t","context":{"cluster":"t","user":"t"}}],"users":[{"name":"t","user":{"token":%q}}],
"clusters":[{"name":"t","cluster":{"server":%q,"certificate-authority":%q}}]}`, t[0], server, f("apiserver.crt")))
	}

	ec := embed.NewConfig()
	ec.Dir, ec.LogLevel, ec.UnsafeNoFsync = f("etcd"), "error", true
	ec.EnableGRPCGateway = false // it would dial the advertised port 0
	u := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	ec.ListenClientUrls, ec.AdvertiseClientUrls, ec.ListenPeerUrls, ec.AdvertisePeerUrls = u, u, u, u
	ec.InitialCluster = ec.InitialClusterFromName(ec.Name)
	etcd, err := embed.StartEtcd(ec)
	check(err)
	<-etcd.Server.ReadyNotify()

	s := options.NewServerRunOptions()
	pf := pflag.NewFlagSet("kube-apiserver", pflag.ExitOnError)
	for _, set := range s.Flags().FlagSets {
		pf.AddFlagSet(set)
	}
	check(pf.Parse(append([]string{"--etcd-servers=http://" + etcd.Clients[0].Addr().String(),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
		"--cert-dir=" + dir, "--token-auth-file=" + f("tokens.csv"), "--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-key-file=" + f("sa.key"), "--service-account-signing-key-file=" + f("sa.key"),
		"--disable-admission-plugins=ServiceAccount", "--allow-privileged",
		"--kubelet-preferred-address-types=InternalIP"}, fs.Args()...)))
	check(s.GenericServerRunOptions.ComponentGlobalsRegistry.Set())
	s.SecureServing.Listener, s.SecureServing.BindPort = ln, *port
	completed, err := s.Complete(ctx) // writes apiserver.crt (leaf + its CA) and apiserver.key
	check(err)
	if errs := completed.Validate(); len(errs) > 0 {
		check(fmt.Errorf("%v", errs))
	}
	go func() { // one JSON line on stdout when ready
		crt, _ := os.ReadFile(f("apiserver.crt"))
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(crt)
		c := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
		for ; ; time.Sleep(25 * time.Millisecond) {
			if r, err := c.Get(server + "/readyz"); err == nil && r.Body.Close() == nil && r.StatusCode == 200 {
				fmt.Printf("{\"server\":%q,\"pid\":%d,\"readyMs\":%d}\n", server, os.Getpid(), time.Since(start).Milliseconds())
				return
			}
		}
	}()
	err = app.Run(ctx, completed)
	etcd.Close()
	check(err)
}

// endWithStdin asks this process to end when whoever started it closes the pipe, or dies, which closes it too.
func endWithStdin() {
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) }()
}

func write(path, text string) { check(os.WriteFile(path, []byte(text), 0o600)) }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "control-plane:", err)
		os.Exit(1)
	}
}
