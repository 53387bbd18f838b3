// Links answers with a list of links.
package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "https://example.org")
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
