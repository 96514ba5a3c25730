// Invoices of the shop.
package main

import (
	"encoding/json"
	"log"
	"net/http"
)

func main() {
	pool, err := openDatabase()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/invoices/count", func(w http.ResponseWriter, r *http.Request) {
		var count int
		if err := pool.QueryRowContext(r.Context(), "SELECT COUNT(*) FROM invoices").Scan(&count); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]int{"invoices": count})
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
