// Clock tells the year.
package main

import (
	"html/template"
	"log"
	"net/http"
	"time"
)

func main() {
	page := template.Must(template.ParseFiles("/templates/clock.html"))
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if err := page.Execute(w, time.Now().Year()); err != nil {
			log.Print(err)
		}
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
