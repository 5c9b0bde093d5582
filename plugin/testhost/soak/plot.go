package main

import (
	"bytes"
	"fmt"
)

// plot returns the memory over the time as an SVG: all of it, and Go's heap.
func plot(samples []sample) []byte {
	const width, height, left, bottom, top = 760, 300, 60, 40, 20
	most := 0
	for _, s := range samples {
		most = max(most, s.kilobytes)
	}
	step := 8 << 10 // KB between two lines
	for most/step > 8 {
		step *= 2
	}
	most = (most/step + 1) * step
	end := samples[len(samples)-1].after.Seconds()
	x := func(s sample) float64 { return left + (width-left-10)*s.after.Seconds()/end }
	y := func(kilobytes int) float64 {
		return height - bottom - (height-bottom-top)*float64(kilobytes)/float64(most)
	}

	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for kb := 0; kb <= most; kb += step {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d MB</text>`+"\n",
			left, y(kb), width-10, left-6, y(kb)+4, kb>>10)
	}
	line := func(color string, at int, name string, of func(sample) int) {
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, color)
		for _, s := range samples {
			fmt.Fprintf(&b, "%.1f,%.1f ", x(s), y(of(s)))
		}
		fmt.Fprintf(&b, `"/><text x="%d" y="%d" fill="%s">%s</text>`+"\n", at, top-8, color, name)
	}
	line("#1f5fa8", left, "resident memory", func(s sample) int { return s.kilobytes })
	line("#b5541c", left+120, "of it Go's heap", func(s sample) int { return s.goHeap })
	for quarter := range 5 {
		seconds := end * float64(quarter) / 4
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.0f s</text>`+"\n",
			left+(width-left-10)*seconds/end-12, height-bottom+16, seconds)
	}
	last := samples[len(samples)-1]
	fmt.Fprintf(&b, `<text x="%d" y="%d">%d events, %d threads and %d descriptors at the end</text>`+"\n</svg>\n",
		left, height-6, last.events, last.threads, last.files)
	return b.Bytes()
}
