// Thumbnails of uploaded pictures.
package main

import (
	"image/jpeg"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/thumbnail", func(w http.ResponseWriter, r *http.Request) {
		picture, err := jpeg.Decode(http.MaxBytesReader(w, r.Body, 20<<20))
		if err != nil {
			http.Error(w, "not a JPEG", http.StatusUnprocessableEntity)
			return
		}
		if err := jpeg.Encode(w, scale(picture, 320), nil); err != nil {
			log.Print(err)
		}
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
