module example.org/proxy

go 1.22
