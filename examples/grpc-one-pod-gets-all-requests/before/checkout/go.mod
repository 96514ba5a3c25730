module example.com/shop/checkout

go 1.24

require google.golang.org/grpc v1.76.0
