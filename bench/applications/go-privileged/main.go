package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	if err := os.WriteFile("proxy.pid", []byte(fmt.Sprint(os.Getpid())), 0o600); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(":80", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "proxied", r.URL.Path)
	})))
}
