// The checkout of the shop.
package main

import (
	"log"
	"net/http"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	connection, err := dialOrders()
	if err != nil {
		log.Fatal(err)
	}
	orders := healthpb.NewHealthClient(connection)
	http.HandleFunc("/ready", func(w http.ResponseWriter, r *http.Request) {
		if _, err := orders.Check(r.Context(), &healthpb.HealthCheckRequest{}); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
