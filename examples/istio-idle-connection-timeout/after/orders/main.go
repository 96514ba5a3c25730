// Orders of the shop.
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
	http.HandleFunc("/orders/count", func(w http.ResponseWriter, r *http.Request) {
		var count int
		if err := pool.QueryRowContext(r.Context(), "SELECT COUNT(*) FROM orders").Scan(&count); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]int{"orders": count})
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
