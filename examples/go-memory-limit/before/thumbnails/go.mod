module example.com/media/thumbnails

go 1.22
