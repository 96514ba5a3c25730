package main

import "image"

// scale makes a picture of the given width by taking the nearest pixel.
func scale(from image.Image, width int) image.Image {
	bounds := from.Bounds()
	height := bounds.Dy() * width / bounds.Dx()
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			to.Set(x, y, from.At(bounds.Min.X+x*bounds.Dx()/width, bounds.Min.Y+y*bounds.Dy()/height))
		}
	}
	return to
}
